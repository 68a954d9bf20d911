import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync } from "node:fs";
import { ErrnoError } from "../errno.js";
import { descriptorPath, O_PATH } from "./host-anchors.js";
import type { FileType } from "./types.js";

export function typeOf(stats: BigIntStats): FileType {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isCharacterDevice()) return "character";
  if (stats.isBlockDevice()) return "block";
  if (stats.isFIFO()) return "fifo";
  return stats.isSocket() ? "socket" : "unknown";
}

/**
 * Opens a regular file, given by one name below an anchor. Never follows a link, and never opens anything else, not
 * even for a moment: a FIFO would block and some devices act on being opened.
 */
export function openRegularFile(path: string, flags: number, usesHandles: boolean): number {
  if (!usesHandles) {
    const seen = lstatSync(path, { bigint: true });
    requireRegular(seen);
    const descriptor = openSync(path, flags | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const opened = fstatSync(descriptor, { bigint: true });
    if (opened.ino === seen.ino && opened.dev === seen.dev && opened.isFile()) return descriptor;
    closeSync(descriptor);
    throw new ErrnoError("EACCES", "the file was replaced");
  }
  // First without access, which has no effect on anything; then, once it is known to be a file, that very object.
  const object = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    requireRegular(fstatSync(object, { bigint: true }));
    return openSync(descriptorPath(object), flags | constants.O_NONBLOCK);
  } finally {
    closeSync(object);
  }
}

function requireRegular(stats: BigIntStats): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw new ErrnoError("EISDIR");
  if (stats.isSymbolicLink()) throw new ErrnoError("ELOOP");
  throw new ErrnoError("EACCES", "devices, FIFOs and sockets are not opened");
}
