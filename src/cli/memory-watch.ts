import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { packageRoot } from "../node/package-root.js";
import type { MemoryWatchData } from "./memory-watch-thread.js";

/**
 * Ends the process by SIGKILL once it has `moreBytes` of memory more than it has now, with `complaint` on standard
 * error. For what no count beforehand can bound: V8 takes gigabytes to compile some small modules. Watching costs the
 * process a thread, some 25 ms.
 */
export function watchMemory(moreBytes: number, complaint: string): void {
  const workerData: MemoryWatchData = { limitBytes: process.memoryUsage.rss() + moreBytes, complaint };
  const thread = join(packageRoot(), "dist", "memory-watch-thread.cjs");
  new Worker(thread, { workerData, env: {}, execArgv: [] }).unref();
}
