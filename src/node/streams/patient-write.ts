import { constants, openSync, writeSync } from "node:fs";
import { ErrnoError } from "../../errno.js";

/** Waits up to so many milliseconds. True: there is something else to do than to go on. */
export type Wait = (timeoutMs: number) => boolean;

/** How long a stream that takes nothing is left alone: less at first, so that a reader who is quick waits for nothing. */
const waitsMs = { first: 0.02, longest: 5 };
/** How long a terminal may take nothing, where the process is about to end. */
const longestStopMs = 500;

/**
 * A terminal again, by a descriptor on which writes do not block. A thread that waits in a write cannot be ended, nor
 * can its process; pipes and sockets Node.js has made so already, by leading the thread's own streams to them. Whoever
 * else has the terminal open is not affected. Gives the descriptor itself where that cannot be.
 */
export function openTerminalAgain(descriptor: number): number {
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/proc/self/fd/${descriptor}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return descriptor;
  }
}

/**
 * Writes all bytes, and waits while they are not taken. If `wait` ends early, gives how many were written until then,
 * and throws `EINTR` if that is none. Throws the system's error for any other.
 */
export function writePatiently(descriptor: number, bytes: Uint8Array, wait: Wait): number {
  let delayMs = waitsMs.first;
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(descriptor, bytes, written);
      delayMs = waitsMs.first;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EAGAIN" && code !== "EINTR") throw error;
      if (wait(delayMs)) {
        if (written > 0) return written;
        throw new ErrnoError("EINTR");
      }
      delayMs = Math.min(2 * delayMs, waitsMs.longest);
    }
  }
  return bytes.length;
}

/**
 * Writes to a terminal for as long as it takes something, or has not been stopped for long: the end of a command must
 * not wait for one that nobody reads.
 */
export function writeBriefly(descriptor: number, bytes: Uint8Array): void {
  const end = performance.now() + longestStopMs;
  try {
    writePatiently(openTerminalAgain(descriptor), bytes, (timeoutMs) => {
      sleep(timeoutMs);
      return performance.now() > end;
    });
  } catch {
    // There is no one to tell.
  }
}

/** Waits for nothing but the time. */
export function sleep(timeoutMs: number): false {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, timeoutMs);
  return false;
}
