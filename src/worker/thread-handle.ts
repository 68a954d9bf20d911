import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { packageRoot } from "../package-root.js";
import type { GuestHandle } from "./handle.js";
import type { FromThread, GuestOutcome, ToThread } from "./messages.js";

/**
 * CPython bounds its recursion by 10 MB of its own stack, for which V8 needs up to six times as much of this one:
 * where that is missing, deep recursion destroys the interpreter instead of raising an error. Only what is touched
 * takes memory.
 */
const stackSizeMb = 256;

/** A guest in a thread of its own, so that the caller's event loop goes on and the guest can be ended. */
export function createThreadHandle(): GuestHandle {
  const worker = new Worker(join(packageRoot(), "dist", "thread.cjs"), {
    resourceLimits: { stackSizeMb },
    // The guest's environment is a matter of the session; the thread itself needs none of the host's.
    env: {},
    execArgv: [],
  });
  // A session alone must not keep a process alive.
  worker.unref();

  let waiting: { resolve(message: FromThread): void; reject(error: Error): void } | undefined;
  worker.on("message", (message: FromThread) => settle((promise) => promise.resolve(message)));
  worker.on("error", (error) => settle((promise) => promise.reject(error)));
  worker.on("exit", () => settle((promise) => promise.reject(new Error("the session's thread was ended"))));

  function settle(action: (promise: NonNullable<typeof waiting>) => void): void {
    const promise = waiting;
    waiting = undefined;
    worker.unref();
    if (promise !== undefined) action(promise);
  }

  function ask(message: ToThread): Promise<FromThread> {
    worker.ref();
    return new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      worker.postMessage(message);
    });
  }

  return {
    async open(runtime, options) {
      const answer = await ask({ type: "open", runtime, options });
      if (answer.type === "failed") throw new Error(answer.message);
    },
    async run(run): Promise<GuestOutcome> {
      const answer = await ask({ type: "run", run });
      if (answer.type !== "done") throw new Error("the session's thread answered out of turn");
      return answer.outcome;
    },
    async close() {
      await worker.terminate();
    },
  };
}
