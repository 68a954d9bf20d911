import type { ThreadHandle } from "../engine/handle.js";
import { graceMs } from "./defaults.js";
import type { RunSignal } from "./options.js";

/** Ends a run that takes too long or is unwanted: by asking, by insisting, and at last by ending its thread. */
export interface Stopper {
  /** Why the run was asked to stop, if it was. The first reason stays. */
  readonly reason: "timeout" | "interrupt" | undefined;
  stop(reason: "timeout" | "interrupt"): void;
  /** The run is over. */
  dispose(): void;
}

/** The longest delay that a timer takes. */
const longestTimerMs = 2 ** 31 - 1;

export function createStopper(handle: ThreadHandle, timeoutMs: number, signal?: RunSignal): Stopper {
  let reason: Stopper["reason"];
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => stop("interrupt");

  function stop(why: "timeout" | "interrupt"): void {
    if (reason !== undefined) return;
    reason = why;
    clearTimeout(timer);
    handle.notify(1);
    timer = setTimeout(() => {
      handle.notify(2);
      timer = setTimeout(() => {
        void handle.terminate();
      }, graceMs.second);
    }, graceMs.first);
  }

  if (timeoutMs <= longestTimerMs) timer = setTimeout(() => stop("timeout"), timeoutMs);
  if (signal?.aborted) stop("interrupt");
  signal?.addEventListener("abort", onAbort);
  return {
    get reason() {
      return reason;
    },
    stop,
    dispose() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    },
  };
}
