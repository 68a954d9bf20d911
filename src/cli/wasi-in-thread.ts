import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { packageRoot } from "../node/package-root.js";
import { restoreTerminals } from "../node/streams/terminal-output.js";
import { stops } from "../session/stops.js";
import { exitAtOnce } from "./exit-at-once.js";
import { tell } from "./tell.js";
import type { WasiEnd, WasiRun } from "./wasi-run.js";
import type { FromWasiThread } from "./wasi-thread.js";

/** The stack of a thread unless an option says otherwise, in bytes. Only what is touched takes memory. */
const defaultStackBytes = 16 * 2 ** 20;
/** A thread that is in a call of the system, a read for instance, cannot be ended, and is not waited for any longer. */
const longestEndMs = 500;

/**
 * Runs a module in a thread of its own, so that it can have another stack than the main thread, and can be ended: after
 * `timeoutMs` of the time that the thread has, reading and compiling the module included.
 */
export async function runWasiInThread(run: WasiRun): Promise<WasiEnd> {
  const { timeoutMs, stackBytes = defaultStackBytes } = run.given;
  const worker = new Worker(join(packageRoot(), "dist", "wasi-thread.cjs"), {
    workerData: run,
    resourceLimits: { stackSizeMb: Math.ceil(stackBytes / 2 ** 20) },
    env: {},
    execArgv: [],
  });
  const end = await firstEnd(worker, timeoutMs);
  if (end !== undefined) return end;
  const isStuck = !(await endsInTime(worker));
  // The thread had no time for it.
  if (run.terminalState !== undefined) restoreTerminals(run.terminalState);
  const complaint = `stopped at its time limit of ${(timeoutMs as number) / 1000} s`;
  if (!isStuck) return { exitCode: stops.timeout.exitCode, complaint };
  tell("wasirun", complaint);
  return exitAtOnce(stops.timeout.exitCode);
}

/** How the module has ended; undefined if its time is over before. */
function firstEnd(worker: Worker, timeoutMs: number | undefined): Promise<WasiEnd | undefined> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    worker.on("message", (message: FromWasiThread) => {
      if (message !== "up") {
        clearTimeout(timer);
        resolve(message);
      } else if (timeoutMs !== undefined) timer = setTimeout(resolve, timeoutMs, undefined);
    });
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("the module's thread has ended without a word")));
  });
}

async function endsInTime(worker: Worker): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, longestEndMs, false);
  });
  const inTime = await Promise.race([worker.terminate().then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}
