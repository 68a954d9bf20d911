/** The flags of `open` as Emscripten's musl numbers them (arch/emscripten/bits/fcntl.h). */
import { ErrnoError } from "../../errno.js";
import type { OpenFile, OpenOptions } from "../../vfs/types.js";

const accessMode = 0o3;
const create = 0o100;
const exclusive = 0o200;
const truncate = 0o1000;
const append = 0o2000;
const nonBlocking = 0o4000;
const dataSync = 0o10000;
const directory = 0o200000;
const noFollow = 0o400000;
const pathOnly = 0o10000000;

export function openOptions(flags: number, mode: number): OpenOptions {
  const access = flags & accessMode;
  if (access === 3) throw new ErrnoError("EINVAL");
  return {
    read: access !== 1 || (flags & pathOnly) !== 0,
    write: access !== 0,
    append: (flags & append) !== 0,
    create: (flags & create) !== 0,
    exclusive: (flags & exclusive) !== 0,
    truncate: (flags & truncate) !== 0,
    directory: (flags & directory) !== 0,
    nonBlocking: (flags & nonBlocking) !== 0,
    sync: (flags & dataSync) !== 0,
    followSymlinks: (flags & noFollow) === 0,
    mode,
  };
}

/** What `fcntl(F_GETFL)` tells of a description. */
export function statusFlags(file: OpenFile): number {
  const access = file.writable ? (file.readable ? 2 : 1) : 0;
  return access | (file.append ? append : 0) | (file.nonBlocking ? nonBlocking : 0);
}

/** `fcntl(F_SETFL)`: only append and non-blocking can be changed. */
export function setStatusFlags(file: OpenFile, flags: number): void {
  file.append = (flags & append) !== 0;
  file.nonBlocking = (flags & nonBlocking) !== 0;
}
