import { readWholeFile } from "../../../abi/quickjs/file-calls.js";
import { ErrnoError } from "../../../errno.js";
import type { FileSystem, FileType } from "../../../vfs/types.js";
import { ModuleError } from "./error.js";
import { type PackageJson, parsePackageJson } from "./package-json.js";

/** The most bytes of a module's source. */
const maxSourceBytes = 64 * 1024 * 1024;
/** The most bytes of a `package.json`. The largest that are published have a tenth of it. */
const maxPackageBytes = 2 * 1024 * 1024;
/** What is kept of `package.json` files: so many, of so many bytes together. */
const maxKept = { files: 1000, bytes: 16 * 1024 * 1024 };
/** As Linux follows them. */
const maxLinks = 40;

/** What the look-up of modules sees of the guest's files. */
export interface ModuleFiles {
  isFile(path: string): boolean;
  isDirectory(path: string): boolean;
  /** The path without symbolic links, of a file that is there. */
  realPath(path: string): string;
  /** What `package.json` in a directory says; undefined if there is none. A `ModuleError` if it is none that can be used. */
  packageAt(directory: string): PackageJson | undefined;
  /** A file's bytes. A `ModuleError` if it cannot be read. */
  read(path: string): Uint8Array;
  /** Files may have changed meanwhile. */
  forget(): void;
}

/** Files that were found are taken to stay as they are until `forget`; one that is missing may appear at any time. */
export function createModuleFiles(fileSystem: FileSystem): ModuleFiles {
  const packages = new Map<string, PackageJson>();
  const realDirectories = new Map<string, string>();
  let keptBytes = 0;

  function typeOf(path: string, followSymlinks = true): FileType | undefined {
    try {
      return fileSystem.stat(path, { followSymlinks }).type;
    } catch (error) {
      if (error instanceof ErrnoError) return undefined;
      throw error;
    }
  }

  function packageAt(directory: string): PackageJson | undefined {
    const known = packages.get(directory);
    if (known !== undefined) return known;
    const path = `${directory === "/" ? "" : directory}/package.json`;
    if (typeOf(path) !== "file") return undefined;
    const bytes = readWholeFile(fileSystem, path, maxPackageBytes);
    if (typeof bytes === "string") {
      const reason =
        bytes === "EFBIG" ? `it has more than ${maxPackageBytes} bytes` : `it cannot be read: ${bytes}`;
      throw new ModuleError("ERR_INVALID_PACKAGE_CONFIG", `Invalid package config ${path}: ${reason}`);
    }
    const found = parsePackageJson(bytes, path, directory);
    if (packages.size >= maxKept.files || keptBytes + bytes.length > maxKept.bytes) {
      packages.clear();
      keptBytes = 0;
    }
    packages.set(directory, found);
    keptBytes += bytes.length;
    return found;
  }

  /** The real path of an entry of a real directory. */
  function followLinks(path: string): string {
    let pending = path.split("/").filter((name) => name !== "");
    let real: string[] = [];
    for (let links = 0; pending.length > 0; ) {
      const name = pending.shift() as string;
      if (name === ".") continue;
      if (name === "..") {
        real.pop();
        continue;
      }
      const at = `/${[...real, name].join("/")}`;
      const target = typeOf(at, false) === "symlink" ? fileSystem.readLink(at) : undefined;
      if (target === undefined) {
        real.push(name);
        continue;
      }
      if (++links > maxLinks) throw new ErrnoError("ELOOP");
      if (target.startsWith("/")) real = [];
      pending = [...target.split("/").filter((part) => part !== ""), ...pending];
    }
    return `/${real.join("/")}`;
  }

  function realPath(path: string): string {
    try {
      const directory = path.slice(0, path.lastIndexOf("/"));
      let real = realDirectories.get(directory);
      if (real === undefined) {
        real = followLinks(directory);
        if (realDirectories.size >= maxKept.files) realDirectories.clear();
        realDirectories.set(directory, real);
      }
      const at = `${real === "/" ? "" : real}${path.slice(directory.length)}`;
      return typeOf(at, false) === "symlink" ? followLinks(at) : at;
    } catch (error) {
      // It has gone meanwhile, or a mount does not show what a link leads to.
      if (error instanceof ErrnoError) return path;
      throw error;
    }
  }

  function read(path: string): Uint8Array {
    const type = typeOf(path);
    const bytes =
      type === "directory"
        ? "EISDIR"
        : type === "file"
          ? readWholeFile(fileSystem, path, maxSourceBytes)
          : "ENOENT";
    if (typeof bytes !== "string") return bytes;
    if (bytes === "ENOENT") throw new ModuleError("ERR_MODULE_NOT_FOUND", `Cannot find module '${path}'`);
    const reason = bytes === "EFBIG" ? `it has more than ${maxSourceBytes} bytes` : bytes;
    throw new ModuleError("ERR_MODULE_NOT_READABLE", `Cannot read module '${path}': ${reason}`);
  }

  return {
    isFile: (path) => typeOf(path) === "file",
    isDirectory: (path) => typeOf(path) === "directory",
    realPath,
    packageAt,
    read,
    forget() {
      packages.clear();
      realDirectories.clear();
      keptBytes = 0;
    },
  };
}
