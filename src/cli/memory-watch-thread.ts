/** The entry of the thread that `memory-watch.ts` starts. It stands alone: nothing else is to be loaded for it. */
import { write } from "node:fs";
import { workerData } from "node:worker_threads";

export interface MemoryWatchData {
  /** The most resident memory of the process, in bytes. */
  readonly limitBytes: number;
  /** What is said on standard error if there is more. */
  readonly complaint: string;
}

const intervalMs = 25;
/** Standard error may be a pipe that nobody reads. */
const longestComplaintMs = 100;
const standardError = 2;

const { limitBytes, complaint } = workerData as MemoryWatchData;
const timer = setInterval(() => {
  if (process.memoryUsage.rss() <= limitBytes) return;
  clearInterval(timer);
  // The main thread is busy, and cannot be asked to end the process.
  const end = () => process.kill(process.pid, "SIGKILL");
  write(standardError, complaint, end);
  setTimeout(end, longestComplaintMs);
}, intervalMs);
