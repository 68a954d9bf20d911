import { openTerminalAgain, sleep, writePatiently } from "../worker/patient-write.js";

/** How long a terminal may take nothing. */
const longestWaitMs = 500;

/**
 * Writes a line of ours to standard error. A terminal that takes nothing, because it is stopped or nobody reads it, is
 * given up after a moment: the exit status must not wait for it.
 */
export function tell(line: string): void {
  if (!process.stderr.isTTY) {
    process.stderr.write(`${line}\n`);
    return;
  }
  const end = performance.now() + longestWaitMs;
  try {
    writePatiently(openTerminalAgain(2), Buffer.from(`${line}\n`), (timeoutMs) => {
      sleep(timeoutMs);
      return performance.now() > end;
    });
  } catch {
    // There is no one to tell.
  }
}
