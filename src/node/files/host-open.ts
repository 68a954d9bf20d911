import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  statSync,
} from "node:fs";
import { ErrnoError } from "../../errno.js";
import { encodePath, isUtf8 } from "../../path-bytes.js";
import type { FileType } from "../../vfs/types.js";

/** Linux's `O_PATH`, which Node does not name; the same on every architecture that Node runs on. */
export const O_PATH = 0o10000000;

/** The path by which Linux reaches what a descriptor of ours stands for. */
export function descriptorPath(descriptor: number, directory = "/proc/self/fd"): string {
  return `${directory}/${descriptor}`;
}

/** The path of an entry of a directory, in what Node takes: bytes, if the name is not UTF-8. */
export function entryPath(directory: string, name: string): string | Buffer {
  const path = `${directory}/${name}`;
  return isUtf8(name) ? path : Buffer.from(encodePath(path));
}

/** Whether `/proc` serves as `openat` here, seen by trying it. */
export function canAnchorByHandle(hostPath: string): boolean {
  return process.platform === "linux" && leadsTo(hostPath, "/proc/self/fd");
}

/**
 * The directory of our descriptors by our number, which Linux finds a tenth sooner than by way of the link
 * `/proc/self`. The number is the one that this `/proc` has for us; `process.pid` may be another's there.
 */
export function descriptorDirectory(hostPath: string): string {
  const numbered = `/proc/${readlinkSync("/proc/self")}/fd`;
  return leadsTo(hostPath, numbered) ? numbered : "/proc/self/fd";
}

/** Whether a directory's descriptor is to be found there. */
function leadsTo(hostPath: string, descriptors: string): boolean {
  let handle: number | undefined;
  try {
    handle = openSync(hostPath, O_PATH | constants.O_DIRECTORY);
    const through = statSync(`${descriptorPath(handle, descriptors)}/.`, { bigint: true });
    const direct = fstatSync(handle, { bigint: true });
    return through.ino === direct.ino && through.dev === direct.dev;
  } catch {
    return false;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** In the words of `FileType` of `vfs/`. Asking `stats` kind by kind costs a comparison of big integers for each. */
export function typeOf(stats: BigIntStats): FileType {
  switch (Number(stats.mode) & constants.S_IFMT) {
    case constants.S_IFREG:
      return "file";
    case constants.S_IFDIR:
      return "directory";
    case constants.S_IFLNK:
      return "symlink";
    case constants.S_IFCHR:
      return "character";
    // Windows has no numbers for these.
    case constants.S_IFBLK ?? -1:
      return "block";
    case constants.S_IFIFO ?? -1:
      return "fifo";
    case constants.S_IFSOCK ?? -1:
      return "socket";
    default:
      return "unknown";
  }
}

/**
 * Opens a regular file, given by one name below an anchor. Never follows a link, and never opens anything else, not
 * even for a moment: a FIFO would block and some devices act on being opened.
 */
export function openRegularFile(path: string | Buffer, flags: number, usesHandles: boolean): number {
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
