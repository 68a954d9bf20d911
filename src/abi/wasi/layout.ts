import { ErrnoError } from "../../errno.js";
import type { FileStat, FileType, PathContext, TimeChange } from "../../vfs/types.js";
import { type GuestMemory, maxPathBytes } from "../guest-memory.js";

/** How preview 1 writes the things that several function families share. Numbers are those of the `.witx` file. */

/** `fdflags` */
export const fdFlags = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const;
export const syncFlags = fdFlags.dsync | fdFlags.rsync | fdFlags.sync;
export const allFdFlags = 31;

/** `oflags` */
export const openFlags = { creat: 1, directory: 2, excl: 4, trunc: 8 } as const;
export const allOpenFlags = 15;

/** `lookupflags` has one flag. */
const symlinkFollow = 1;

/** `fstflags` */
const timeFlags = { atim: 1, atimNow: 2, mtim: 4, mtimNow: 8 } as const;
const allTimeFlags = 15;

/** `filetype`; preview 1 has no number for a pipe, and one for each kind of socket. */
const fileTypes: Readonly<Record<FileType, number>> = {
  unknown: 0,
  block: 1,
  character: 2,
  directory: 3,
  file: 4,
  socket: 6,
  symlink: 7,
  fifo: 0,
};

export function fileTypeNumber(type: FileType): number {
  return fileTypes[type];
}

export const filestatBytes = 64;

/** Writes a `filestat`: dev, ino, filetype, nlink, size, atim, mtim, ctim. */
export function writeFilestat(memory: GuestMemory, pointer: number, stat: FileStat): void {
  const view = memory.viewFor(pointer, filestatBytes);
  const at = pointer >>> 0;
  view.setBigUint64(at, stat.device, true);
  view.setBigUint64(at + 8, stat.inode, true);
  setSafeInteger(view, at + 16, fileTypes[stat.type]);
  setSafeInteger(view, at + 24, stat.linkCount);
  setSafeInteger(view, at + 32, stat.size);
  view.setBigUint64(at + 40, stat.accessTimeNs, true);
  view.setBigUint64(at + 48, stat.modifyTimeNs, true);
  view.setBigUint64(at + 56, stat.changeTimeNs, true);
}

/** In 64 bits, without a big integer in between. */
function setSafeInteger(view: DataView, at: number, value: number): void {
  view.setUint32(at, value, true);
  view.setUint32(at + 4, value / 2 ** 32, true);
}

/** Reads a path. `ENAMETOOLONG`, `EINVAL` (holds a zero byte), `EFAULT`. */
export function readPath(memory: GuestMemory, pointer: number, length: number): string {
  return memory.string(pointer, length, maxPathBytes);
}

/** How a path given beside a directory descriptor is resolved: it never leaves that directory. */
export function beneath(directory: { readonly file: PathContext["base"] & object }): PathContext {
  return { base: directory.file, beneath: true };
}

/** `lookupflags` as an option of the file system's calls. `EINVAL` for unknown flags. */
export function readLookupFlags(flags: number): { followSymlinks: boolean } {
  if ((flags & ~symlinkFollow) !== 0) throw new ErrnoError("EINVAL");
  return { followSymlinks: flags === symlinkFollow };
}

/** `fstflags` and two timestamps. `EINVAL` for unknown flags, and if a time is both given and to be now. */
export function readTimeChange(accessTimeNs: bigint, modifyTimeNs: bigint, flags: number): TimeChange {
  const bothAccess = timeFlags.atim | timeFlags.atimNow;
  const bothModify = timeFlags.mtim | timeFlags.mtimNow;
  if (
    (flags & ~allTimeFlags) !== 0 ||
    (flags & bothAccess) === bothAccess ||
    (flags & bothModify) === bothModify
  ) {
    throw new ErrnoError("EINVAL");
  }
  const change: { accessTimeNs?: bigint | "now"; modifyTimeNs?: bigint | "now" } = {};
  if (flags & timeFlags.atim) change.accessTimeNs = BigInt.asUintN(64, accessTimeNs);
  if (flags & timeFlags.atimNow) change.accessTimeNs = "now";
  if (flags & timeFlags.mtim) change.modifyTimeNs = BigInt.asUintN(64, modifyTimeNs);
  if (flags & timeFlags.mtimNow) change.modifyTimeNs = "now";
  return change;
}

/** An unsigned file offset or size. `EFBIG` beyond what a number holds exactly, 2^53 - 1. */
export function readFileSize(value: bigint): number {
  const size = BigInt.asUintN(64, value);
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new ErrnoError("EFBIG");
  return Number(size);
}
