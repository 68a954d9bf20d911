import type { ThreadHandle } from "../engine/handle.js";
import { graceMs, longestTimerMs } from "./defaults.js";
import type { RunSignal } from "./options.js";
import type { StopReason } from "./stops.js";

/** Ends a run that takes too long or is unwanted: by asking, by insisting, and at last by ending its thread. */
export interface Stopper {
  /** Why the run was asked to stop, if it was. The first reason stays. */
  readonly reason: StopReason | undefined;
  stop(reason: StopReason): void;
  /** The run is over. */
  dispose(): void;
}

export function createStopper(handle: ThreadHandle, timeoutMs: number, signal?: RunSignal): Stopper {
  let reason: Stopper["reason"];
  let timer: NodeJS.Timeout | undefined;
  const onAbort = () => stop("interrupt");

  function stop(why: StopReason): void {
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
