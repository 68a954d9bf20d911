/** The entry of the thread that `wasi-in-thread.ts` starts. */
import { parentPort, workerData } from "node:worker_threads";
import { runWasi, type WasiEnd, type WasiRun } from "./wasi-run.js";

/** What the thread tells: that it is up, and how the module has ended. */
export type FromWasiThread = "up" | WasiEnd;

parentPort?.postMessage("up" satisfies FromWasiThread);
runWasi(workerData as WasiRun).then((end) => parentPort?.postMessage(end satisfies FromWasiThread));
