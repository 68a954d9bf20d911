import { type BundleSource, createBundleVolume } from "../vfs/bundle-volume.js";
import { createDeviceVolume } from "../vfs/device-volume.js";
import { createFileSystem } from "../vfs/file-system.js";
import { createMemoryVolume, type MemoryVolume } from "../vfs/memory-volume.js";
import type { MountedVolume } from "../vfs/namespace.js";
import type { FileSystem } from "../vfs/types.js";

/** Where every session begins, and what `HOME` names. */
export const homeDirectory = "/home/user";

export interface GuestFilesOptions {
  /** The most bytes that files in memory may take. Default 256 MiB. */
  readonly maxFileBytes?: number;
  /** The most files, directories and links in memory. Default 65,536. */
  readonly maxFiles?: number;
  /** A read-only library that the interpreter imports from, and its guest path. */
  readonly library?: { readonly guestPath: string; readonly source: BundleSource };
  /** Host directories. */
  readonly mounts?: readonly MountedVolume[];
}

/** The files of one session: a root in memory with `/tmp` and a home, `/dev`, the library and the mounts. */
export interface GuestFiles {
  readonly fileSystem: FileSystem;
  readonly memory: MemoryVolume;
}

export function createGuestFiles(options: GuestFilesOptions = {}): GuestFiles {
  const { maxFileBytes, maxFiles, library, mounts = [] } = options;
  const memory = createMemoryVolume({
    ...(maxFileBytes === undefined ? {} : { maxBytes: maxFileBytes }),
    ...(maxFiles === undefined ? {} : { maxNodes: maxFiles }),
  });
  const fileSystem = createFileSystem({
    root: memory,
    mounts: [
      { path: "/dev", volume: createDeviceVolume() },
      ...(library === undefined
        ? []
        : [{ path: library.guestPath, volume: createBundleVolume(library.source) }]),
      ...mounts,
    ],
  });
  const sharedDirectoryMode = 0o1777;
  fileSystem.makeDirectory("/tmp", sharedDirectoryMode);
  makeDirectories(fileSystem, homeDirectory);
  return { fileSystem, memory };
}

/** Makes a directory and those above it, where they are missing. */
function makeDirectories(fileSystem: FileSystem, path: string): void {
  const parts = path.split("/").slice(1);
  for (const index of parts.keys()) {
    const directory = `/${parts.slice(0, index + 1).join("/")}`;
    try {
      fileSystem.stat(directory);
    } catch {
      fileSystem.makeDirectory(directory, 0o755);
    }
  }
}
