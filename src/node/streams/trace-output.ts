import { closeSync, fstatSync } from "node:fs";
import type { TraceOutput } from "../../engine/platform.js";
import { openTerminalAgain, type Wait, writePatiently } from "./patient-write.js";

const standardError = 2;

/**
 * Writes lines to the process's standard error, each at once and whole, and waits while they are not taken: a reader
 * who is slow slows the guest down, and takes no memory. A line that a stop cuts short is lost, and all are once
 * nobody can read them.
 *
 * @param label What stands before each line.
 */
export function openTraceOutput(label: string, wait: Wait): TraceOutput {
  // A write that waits in the system could not be stopped. A file is written where it is, and never waits.
  const descriptor = isFile() ? standardError : openTerminalAgain(standardError);
  let isBroken = false;
  return {
    write(line) {
      if (isBroken) return;
      try {
        writePatiently(descriptor, Buffer.from(`${label}${line}\n`), wait);
      } catch (error) {
        isBroken = (error as NodeJS.ErrnoException).code !== undefined;
      }
    },
    close() {
      isBroken = true;
      if (descriptor !== standardError) closeSync(descriptor);
    },
  };
}

/** Also true for one that is closed: there is nothing to open. */
function isFile(): boolean {
  try {
    return fstatSync(standardError).isFile();
  } catch {
    return true;
  }
}
