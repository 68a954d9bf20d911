import { readFileSync, readlinkSync } from "node:fs";

/** Where a thread tells how Linux numbers it. Elsewhere, and before it has, the number is 0. */
export function createThreadNumber(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** To be called in the thread. */
export function tellThreadNumber(number: Int32Array): void {
  if (process.platform !== "linux") return;
  try {
    Atomics.store(number, 0, Number(readlinkSync("/proc/thread-self").split("/").at(-1)));
  } catch {
    // There is no `/proc`, so its time cannot be read either.
  }
}

/** Processor time of a thread of this process, in milliseconds; undefined where the system does not tell. */
export function threadTimeMs(number: Int32Array): number | undefined {
  const id = Atomics.load(number, 0);
  if (id === 0) return undefined;
  try {
    const [nanoseconds] = readFileSync(`/proc/self/task/${id}/schedstat`, "latin1").split(" ");
    return Number(nanoseconds) / 1e6;
  } catch {
    // The thread has ended, or the system was built without this.
    return undefined;
  }
}
