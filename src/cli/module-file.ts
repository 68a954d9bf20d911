import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { CommandError } from "../guest/command/command-error.js";
import { sleep } from "../node/streams/patient-write.js";

const standardInput = 0;
const firstRoomBytes = 65_536;
/** A pipe that another program made non-blocking is tried again after this long. */
const retryMs = 5;

/**
 * Reads a module from a file, or for `-` from standard input. What cannot be one is not read to its end, which it may
 * not have: it begins otherwise, or has more than `mostBytes`. A `CommandError` then, the system's error for what
 * cannot be read.
 */
export function readModule(path: string, mostBytes: number): Uint8Array {
  if (path === "-") return readWhole(standardInput, mostBytes);
  const descriptor = openSync(path, "r");
  try {
    return readWhole(descriptor, mostBytes);
  } finally {
    closeSync(descriptor);
  }
}

function readWhole(descriptor: number, mostBytes: number): Uint8Array {
  // One byte more tells the end, without a further step.
  const most = mostBytes + 1;
  const pieces: Uint8Array[] = [];
  let length = 0;
  let roomBytes = Math.max(firstRoomBytes, fstatSync(descriptor).size + 1);
  for (;;) {
    const room = new Uint8Array(Math.min(roomBytes, most - length));
    const filled = fill(descriptor, room, pieces.length === 0);
    pieces.push(room.subarray(0, filled));
    length += filled;
    if (filled < room.length) return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
    if (length === most)
      throw new CommandError(`it has more than the ${Math.floor(mostBytes / 2 ** 20)} MiB that are allowed`);
    roomBytes = length;
  }
}

/** Reads until there is no more room, or no more to be read. @param isFirst The module begins here. */
function fill(descriptor: number, room: Uint8Array, isFirst: boolean): number {
  let length = 0;
  while (length < room.length) {
    const read = readSome(descriptor, room.subarray(length));
    if (read === 0) break;
    length += read;
    if (isFirst && !mayBegin(room.subarray(0, length)))
      throw new CommandError("it is not a WebAssembly binary");
  }
  return length;
}

function readSome(descriptor: number, room: Uint8Array): number {
  for (;;) {
    try {
      return readSync(descriptor, room);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Windows reports the end of a pipe as an error.
      if (code === "EOF") return 0;
      if (code !== "EAGAIN" && code !== "EINTR") throw error;
      sleep(retryMs);
    }
  }
}

const magicNumber = [0x00, 0x61, 0x73, 0x6d];

function mayBegin(bytes: Uint8Array): boolean {
  return magicNumber.every((byte, index) => index >= bytes.length || bytes[index] === byte);
}
