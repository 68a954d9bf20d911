import { closeSync, existsSync, openSync, readlinkSync, readSync } from "node:fs";

/** Longer than the three numbers can be. */
const mostBytes = 64;

/** Whether the system tells the processor time of a thread. */
export function tellsThreadTime(): boolean {
  return process.platform === "linux" && existsSync("/proc/thread-self/schedstat");
}

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

/** Tells the processor time of a thread of this process. */
export interface ThreadClock {
  /** In milliseconds; undefined where the system does not tell, and once the thread has ended. */
  nowMs(): number | undefined;
  close(): void;
}

/** It is asked around every run, so its file stays open: to open it each time takes ten times as long. */
export function createThreadClock(number: Int32Array): ThreadClock {
  const bytes = new Uint8Array(mostBytes);
  let file: number | undefined;
  let isClosed = false;

  function open(): number | undefined {
    const id = Atomics.load(number, 0);
    if (isClosed || id === 0) return undefined;
    file = openSync(`/proc/self/task/${id}/schedstat`, "r");
    return file;
  }

  return {
    nowMs() {
      try {
        const opened = file ?? open();
        if (opened === undefined) return undefined;
        const length = readSync(opened, bytes, 0, mostBytes, 0);
        return firstNumber(bytes.subarray(0, length)) / 1e6;
      } catch {
        // The thread has ended, or the system was built without this.
        return undefined;
      }
    },
    close() {
      isClosed = true;
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** The decimal number that a text begins with. */
function firstNumber(text: Uint8Array): number {
  let number = 0;
  for (const byte of text) {
    const digit = byte - 0x30;
    if (digit < 0 || digit > 9) break;
    number = 10 * number + digit;
  }
  return number;
}
