/** C structures as Emscripten's musl lays them out for wasm32. */
import { maxNameBytes } from "../../vfs/names.js";
import type { FileStat, FileType, Space } from "../../vfs/types.js";
import type { GuestMemory } from "../guest-memory.js";

const typeBits: Record<FileType, number> = {
  fifo: 0o010000,
  character: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  file: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
  unknown: 0,
};

/** `d_type` of a directory entry. */
export const directoryEntryTypes: Record<FileType, number> = {
  unknown: 0,
  fifo: 1,
  character: 2,
  directory: 4,
  block: 6,
  file: 8,
  symlink: 10,
  socket: 12,
};

export const statBytes = 96;

/** `struct stat` (arch/emscripten/bits/stat.h). */
export function writeStat(memory: GuestMemory, pointer: number, stat: FileStat): void {
  memory.bytes(pointer, statBytes).fill(0);
  memory.setU32(pointer, Number(stat.device & 0xffff_ffffn));
  memory.setU32(pointer + 4, typeBits[stat.type] | stat.mode);
  memory.setU32(pointer + 8, stat.linkCount);
  memory.setU64(pointer + 24, BigInt(stat.size));
  memory.setU32(pointer + 32, 4096);
  memory.setU32(pointer + 36, Math.min(Math.ceil(stat.storedBytes / 512), 0x7fff_ffff));
  writeTime(memory, pointer + 40, wholeMicroseconds(stat.accessTimeNs));
  writeTime(memory, pointer + 56, wholeMicroseconds(stat.modifyTimeNs));
  writeTime(memory, pointer + 72, wholeMicroseconds(stat.changeTimeNs));
  memory.setU64(pointer + 88, stat.inode);
}

/**
 * CPython is built to set the times of a path by `utimes`, which has microseconds. What it is told has no more, so that
 * a time that is copied from one file to another is the same time.
 */
function wholeMicroseconds(timeNs: bigint): bigint {
  return timeNs - (((timeNs % 1000n) + 1000n) % 1000n);
}

const nanosecondsPerSecond = 1_000_000_000n;

/** `struct timespec`: 64-bit seconds, 32-bit nanoseconds, padded to 16 bytes. */
function writeTime(memory: GuestMemory, pointer: number, timeNs: bigint): void {
  const nanoseconds = ((timeNs % nanosecondsPerSecond) + nanosecondsPerSecond) % nanosecondsPerSecond;
  memory.setU64(pointer, (timeNs - nanoseconds) / nanosecondsPerSecond);
  memory.setU32(pointer + 8, Number(nanoseconds));
}

/** `UTIME_NOW` and `UTIME_OMIT` in a timespec's nanoseconds. */
const utimeNow = 0x3fff_ffff;
const utimeOmit = 0x3fff_fffe;

/** Reads a timespec for `utimensat`. */
export function readTime(memory: GuestMemory, pointer: number): bigint | "now" | undefined {
  const nanoseconds = memory.u32(pointer + 8);
  if (nanoseconds === utimeNow) return "now";
  if (nanoseconds === utimeOmit) return undefined;
  return BigInt.asIntN(64, memory.u64(pointer)) * nanosecondsPerSecond + BigInt(nanoseconds);
}

export const statfsBytes = 68;

const readOnlyFlag = 1;

/** `struct statfs` (arch/emscripten/bits/statfs.h). Room is told in whole blocks, never more than there is. */
export function writeStatfs(memory: GuestMemory, pointer: number, space: Space): void {
  const blockSize = 4096;
  const freeBlocks = BigInt(Math.floor(space.freeBytes / blockSize));
  memory.bytes(pointer, statfsBytes).fill(0);
  memory.setU32(pointer + 4, blockSize);
  memory.setU64(pointer + 8, BigInt(Math.floor(space.totalBytes / blockSize)));
  memory.setU64(pointer + 16, freeBlocks);
  memory.setU64(pointer + 24, freeBlocks);
  memory.setU64(pointer + 32, BigInt(space.totalNodes));
  memory.setU64(pointer + 40, BigInt(space.freeNodes));
  memory.setU32(pointer + 56, maxNameBytes);
  memory.setU32(pointer + 60, blockSize);
  memory.setU32(pointer + 64, space.readOnly ? readOnlyFlag : 0);
}

/** The calendar repeats itself after 400 years. */
const cycleYears = 400;
const cycleSeconds = 146_097 * 86_400;
// The C library adds 1900 to it.
const lastYearField = 0x7fff_ffff - 1900;

/**
 * `struct tm`. Times are UTC: the host's time zone is not the guest's business. A year that is too large for its
 * field becomes the largest (or smallest) there is.
 */
export function writeBrokenDownTime(memory: GuestMemory, pointer: number, seconds: number): void {
  // A JavaScript date covers fewer years than a `time_t`, so it is asked about the same day in the first cycle.
  const cycles = Math.floor(seconds / cycleSeconds);
  const date = new Date((seconds - cycles * cycleSeconds) * 1000);
  const year = date.getUTCFullYear() + cycles * cycleYears - 1900;
  const yearStart = Date.UTC(date.getUTCFullYear(), 0, 1);
  const fields = [
    date.getUTCSeconds(),
    date.getUTCMinutes(),
    date.getUTCHours(),
    date.getUTCDate(),
    date.getUTCMonth(),
    Math.max(-lastYearField - 1, Math.min(year, lastYearField)),
    date.getUTCDay(),
    Math.floor((date.getTime() - yearStart) / 86_400_000),
    0,
    0,
  ];
  for (const [index, field] of fields.entries()) memory.setU32(pointer + 4 * index, field);
}

/** Reads a `struct tm` as UTC, brings its fields into their ranges, and gives seconds since 1970 or -1. */
export function readBrokenDownTime(memory: GuestMemory, pointer: number): bigint {
  const field = (index: number) => memory.u32(pointer + 4 * index) | 0;
  const year = field(5) + 1900;
  const date = new Date(0);
  date.setUTCFullYear(year, field(4), field(3));
  date.setUTCHours(field(2), field(1), field(0));
  const seconds = date.getTime() / 1000;
  if (!Number.isFinite(seconds)) return -1n;
  writeBrokenDownTime(memory, pointer, seconds);
  return BigInt(Math.floor(seconds));
}
