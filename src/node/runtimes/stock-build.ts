import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

/** A directory that was given as a runtime is none. The message says which file is missing, and where. */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
}

/** The files of a stock CPython build for WASI. */
export interface StockFiles {
  readonly wasmPath: string;
  /** The directory with `os.py`. */
  readonly libraryPath: string;
}

/** What every stock build sees as its prefix; its library is below. */
export const stockPrefix = "/usr/local";

/** A module that every library has, by which CPython itself looks for it. */
const landmark = "os.py";

/**
 * Finds `python.wasm` and its library, which is `lib/python3.X` or `lib` itself. Of several versions of the library
 * the highest is taken.
 */
export function findStockFiles(directory: string): StockFiles {
  if (!isDirectory(directory)) throw new RuntimeError(`there is no directory ${directory}`);
  const wasmPath = join(directory, "python.wasm");
  if (!existsSync(wasmPath)) {
    throw new RuntimeError(`there is no python.wasm in ${directory} (looked for ${wasmPath})`);
  }
  const library = join(directory, "lib");
  const versions = isDirectory(library)
    ? readdirSync(library)
        .filter((name) => /^python3\.\d+$/.test(name) && existsSync(join(library, name, landmark)))
        .sort((a, b) => Number(b.slice(8)) - Number(a.slice(8)))
    : [];
  const libraryPath = join(library, versions[0] ?? "");
  if (!existsSync(join(libraryPath, landmark))) {
    const places = [join(library, "python3.*", landmark), join(library, landmark)];
    throw new RuntimeError(
      `there is no standard library in ${directory} (looked for ${places.join(" and ")})`,
    );
  }
  return { wasmPath, libraryPath: realpathSync(libraryPath) };
}

/**
 * Names what is in a directory at this moment, by names, sizes and times: a few milliseconds for a build of CPython.
 * Any text if there is no build in it.
 */
export function stampOf(directory: string): string {
  const path = resolve(directory);
  try {
    const { wasmPath, libraryPath } = findStockFiles(path);
    const { size, mtimeMs, ino } = statSync(wasmPath);
    return JSON.stringify([path, size, mtimeMs, ino, libraryStamp(libraryPath)]);
  } catch {
    return path;
  }
}

/** Names the files of a library by their names, sizes and times. */
export function libraryStamp(libraryPath: string): string {
  const hash = createHash("sha256");
  for (const name of filesBelow(libraryPath)) {
    const { size, mtimeMs } = statSync(join(libraryPath, name));
    hash.update(JSON.stringify([name, size, mtimeMs]));
  }
  return hash.digest("hex");
}

/** Names the files of a library by their names and all that is in them. */
export function libraryDigest(libraryPath: string): string {
  const hash = createHash("sha256");
  for (const name of filesBelow(libraryPath)) {
    const bytes = readFileSync(join(libraryPath, name));
    hash.update(JSON.stringify([name, bytes.length])).update(bytes);
  }
  return hash.digest("hex");
}

/** In an order that is the same everywhere. Links count as what they lead to, unless that is a directory. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.isFile())
    .map((name) => name.replaceAll("\\", "/"))
    .sort();
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
