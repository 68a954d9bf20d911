import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { FilePlace } from "./file-place.js";
import { FileRefusedError } from "./held-directory.js";
import { openRegularFile, typeOf } from "./host-open.js";

/** The most bytes of one call of the system. */
const mostTransferBytes = 2 ** 30;
/** The temporary of a file: its name, the process that writes it, and something that tells it from others. */
const temporaryName = /^(.+)\.([1-9]\d{0,9})\.[0-9a-f]{16}\.tmp$/;
/**
 * A process that cannot be seen may be of another container or machine that has the same directory. What it writes is
 * younger than this.
 */
const longestUnseenMs = 10_000;
/** What a process writes that can be seen is younger than this, or it is a later process of the same number. */
const longestSeenMs = 600_000;
const makeNew = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
export const ownerOnly = 0o600;

const kinds: Readonly<Record<string, string>> = {
  directory: "it is a directory",
  symlink: "it is a symbolic link, and these are not followed",
  fifo: "it is a FIFO and not a file",
  socket: "it is a socket and not a file",
  character: "it is a device and not a file",
  block: "it is a device and not a file",
};

/** What the system says of the file; undefined if there is none. What is no regular file is refused. */
export function regularStats(place: FilePlace): BigIntStats | undefined {
  const stats = lstatSync(place.path(), { bigint: true, throwIfNoEntry: false });
  if (stats === undefined || stats.isFile()) return stats;
  throw new FileRefusedError(kinds[typeOf(stats)] ?? "it is no file");
}

/**
 * All of a file, or undefined if there is none. Never follows a link and never waits: what is no regular file, or
 * is larger than `mostBytes`, is refused.
 */
export function readWhole(place: FilePlace, mostBytes: number): Buffer | undefined {
  const file = openToRead(place);
  if (file === undefined) return undefined;
  try {
    const { size } = fstatSync(file);
    if (size > mostBytes)
      throw new FileRefusedError(`it has ${size} bytes, and ${mostBytes} is the most here`);
    const bytes = Buffer.allocUnsafeSlow(size);
    let done = 0;
    while (done < size) {
      const read = readSync(file, bytes, done, Math.min(size - done, mostTransferBytes), null);
      if (read === 0) break;
      done += read;
    }
    return bytes.subarray(0, done);
  } finally {
    closeSync(file);
  }
}

export interface WriteOptions {
  /** Default true: the bytes are on the disk before the file is replaced. */
  readonly durable?: boolean;
  /** The permissions of the file, less the process's mask. Default: the owner's alone. */
  readonly mode?: number;
}

/**
 * Puts bytes in the place of a file, which afterwards holds either all of them or what it held before, even if the
 * process or the machine stops in between. What is there must be a regular file, if it is anything; else it is
 * refused and stays. The bytes go to a new file of a random name in the same directory, which takes the file's name
 * then; a process that is killed leaves it behind, see `removeTemporaries`.
 */
export function writeWhole(
  place: FilePlace,
  bytes: Uint8Array,
  { durable = true, mode = ownerOnly }: WriteOptions = {},
): void {
  regularStats(place);
  const temporary = makeTemporary(place, bytes, durable, mode);
  try {
    renameSync(temporary.path(), place.path());
  } catch (error) {
    remove(temporary);
    throw error;
  }
  if (durable) place.sync();
}

/**
 * Makes a file that has its content from the beginning. False if there is something of that name, or if somebody who
 * uses the name removed our temporary.
 */
export function createWhole(place: FilePlace, bytes: Uint8Array): boolean {
  const temporary = makeTemporary(place, bytes, false, ownerOnly);
  try {
    linkSync(temporary.path(), place.path());
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST") || isCode(error, "ENOENT")) return false;
  } finally {
    remove(temporary);
  }
  // A file system without links: there, the content comes an instant later.
  try {
    fill(place, bytes, false, ownerOnly);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** Adds bytes to the end of a file, which is made if there is none. What is no regular file is refused. */
export function appendWhole(place: FilePlace, bytes: Uint8Array): void {
  const file = openToAppend(place);
  try {
    writeAll(file, bytes);
  } finally {
    closeSync(file);
  }
}

/**
 * Removes what killed processes left behind of a file: its temporaries that are regular files. Only for who keeps other
 * writers of the file away. What cannot be removed stays.
 */
export function removeTemporaries(place: FilePlace): void {
  for (const { temporary } of temporariesOf(place)) remove(temporary);
}

/** As `removeTemporaries`, for files that others may be writing: only what none of them can need. */
export function removeDeadTemporaries(place: FilePlace): void {
  for (const { temporary, pid, ageMs } of temporariesOf(place)) {
    if (ageMs > (isRunning(pid) ? longestSeenMs : longestUnseenMs)) remove(temporary);
  }
}

/** Which file a name is a temporary of; undefined if it is none. */
export function fileOfTemporary(name: string): string | undefined {
  return temporaryName.exec(name)?.[1];
}

function* temporariesOf(place: FilePlace) {
  let names: string[] = [];
  try {
    names = place.siblings();
  } catch {
    // A directory that can be written and not be read.
  }
  for (const name of names) {
    const [, file, pid] = temporaryName.exec(name) ?? [];
    if (file !== place.name) continue;
    const temporary = place.named(name);
    const stats = lstatSync(temporary.path(), { throwIfNoEntry: false });
    if (stats?.isFile()) yield { temporary, pid: Number(pid), ageMs: Date.now() - stats.mtimeMs };
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another failure is a process that we may not send signals to.
    return !isCode(error, "ESRCH");
  }
}

/** Removes a name that is no directory's; nothing happens to what it leads to. False if it is gone or has to stay. */
export function remove(place: FilePlace): boolean {
  try {
    unlinkSync(place.path());
    return true;
  } catch {
    return false;
  }
}

/** A name that nothing has yet, in all likelihood, and that `removeTemporaries` knows. */
export function temporaryBeside(place: FilePlace): FilePlace {
  return place.beside(`.${process.pid}.${randomName()}.tmp`);
}

function makeTemporary(place: FilePlace, bytes: Uint8Array, durable: boolean, mode: number): FilePlace {
  for (;;) {
    const temporary = temporaryBeside(place);
    try {
      fill(temporary, bytes, durable, mode);
      return temporary;
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
    }
  }
}

/** Makes a new file with these bytes. `EEXIST` if there is anything of that name; no file after any other failure. */
function fill(place: FilePlace, bytes: Uint8Array, durable: boolean, mode: number): void {
  const file = openSync(place.path(), makeNew, mode);
  try {
    try {
      writeAll(file, bytes);
      if (durable) fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    remove(place);
    throw error;
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, Math.min(bytes.length - done, mostTransferBytes));
  }
}

function openToRead(place: FilePlace): number | undefined {
  if (regularStats(place) === undefined) return undefined;
  try {
    return openRegularFile(place.path(), constants.O_RDONLY, place.usesHandles);
  } catch (error) {
    // It was removed meanwhile.
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function openToAppend(place: FilePlace): number {
  for (;;) {
    if (regularStats(place) !== undefined) {
      return openRegularFile(place.path(), constants.O_WRONLY | constants.O_APPEND, place.usesHandles);
    }
    try {
      return openSync(place.path(), makeNew | constants.O_APPEND, ownerOnly);
    } catch (error) {
      // Another process was first.
      if (!isCode(error, "EEXIST")) throw error;
    }
  }
}

/** No secret: whoever guesses it can make us choose another. */
function randomName(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex");
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
