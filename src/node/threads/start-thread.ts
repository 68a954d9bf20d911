import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { ThreadEndedError, type ThreadHandle } from "../../engine/handle.js";
import { createControl } from "../../engine/signals.js";
import { createThreadHandle } from "../../engine/thread-handle.js";
import { packageRoot } from "../package-root.js";
import type { ThreadData } from "./thread-data.js";
import { createThreadClock, createThreadNumber } from "./thread-time.js";

/**
 * CPython bounds its recursion by 10 MB of its own stack, for which V8 needs up to six times as much of this one:
 * where that is missing, deep recursion destroys the interpreter instead of raising an error. Only what is touched
 * takes memory.
 */
const stackSizeMb = 256;

/**
 * Starts a thread. It comes up while the caller goes on; what is asked of it meanwhile waits.
 *
 * @param env The thread's environment, not the guest's. Default: empty, since it needs none of the host's.
 */
export function startThread(env: Record<string, string> = {}): ThreadHandle {
  const control = createControl();
  const input = new MessageChannel();
  const number = createThreadNumber();
  const clock = createThreadClock(number);
  const data: ThreadData = { control, number, input: input.port2 };
  const worker = new Worker(join(packageRoot(), "dist", "thread.cjs"), {
    resourceLimits: { stackSizeMb },
    workerData: data,
    transferList: [input.port2],
    env,
    execArgv: [],
  });
  return createThreadHandle({
    control,
    post(message, moved) {
      worker.postMessage(
        message,
        moved.map(({ buffer }) => buffer as ArrayBuffer),
      );
    },
    mail(message, moved) {
      input.port1.postMessage(
        message,
        moved.map(({ buffer }) => buffer as ArrayBuffer),
      );
    },
    listen(onMessage, onEnd) {
      worker.on("message", onMessage);
      worker.on("error", (cause) =>
        onEnd(new ThreadEndedError("the session's thread broke down", { cause })),
      );
      worker.on("exit", () => onEnd(new ThreadEndedError("the session's thread was ended")));
      // A session alone must not keep a process alive. Adding a listener takes this back, so it comes last.
      worker.unref();
    },
    keepAlive(isNeeded) {
      if (isNeeded) worker.ref();
      else worker.unref();
    },
    cpuMs: clock.nowMs,
    release() {
      input.port1.close();
      clock.close();
    },
    async terminate() {
      await worker.terminate();
    },
  });
}
