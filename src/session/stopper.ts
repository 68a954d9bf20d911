import type { ThreadHandle } from "../engine/handle.js";
import type { Timer } from "../engine/timers.js";
import { graceMs, leastCpuCheckMs, longestTimerMs } from "./defaults.js";
import type { RunSignal } from "./options.js";
import type { StopReason } from "./stops.js";

/** Ends a run that takes too much or is unwanted: by asking, by insisting, and at last by ending its thread. */
export interface Stopper {
  /** Why the run was asked to stop, if it was. The first reason stays. */
  readonly reason: StopReason | undefined;
  /** Whether it waits for its host's functions, or did so when it was asked to stop. */
  readonly isWaiting: boolean;
  stop(reason: "timeout" | "cpu" | "interrupt"): void;
  /** The guest has met a limit of its own, and has asked itself. */
  insist(): void;
  /** The guest waits for its host's functions, which is not the run's time; or does so no longer. */
  wait(isWaiting: boolean): void;
  /** The run is over. */
  dispose(): void;
}

export interface StopperLimits {
  /** By the clock. Default: no limit. */
  readonly timeoutMs?: number | undefined;
  /** Of processor time. Default: no limit. */
  readonly cpuTimeoutMs?: number | undefined;
  /** Of all time that it waits for its host's functions. Default: no limit. */
  readonly maxWaitMs?: number | undefined;
  readonly signal?: RunSignal | undefined;
}

/** To be made when the run begins. */
export function createStopper(
  handle: Pick<ThreadHandle, "notify" | "metLimit" | "terminate" | "cpuMs">,
  { timeoutMs, cpuTimeoutMs, maxWaitMs, signal }: StopperLimits,
): Stopper {
  let reason: Stopper["reason"];
  let timer: Timer | undefined;
  let cpuTimer: Timer | undefined;
  let isWaiting = false;
  /** Since when it waits, or has not waited. */
  let since = performance.now();
  /** What is left of the run's own time, and of its waiting. */
  let leftMs = timeoutMs ?? Number.POSITIVE_INFINITY;
  let leftWaitMs = maxWaitMs ?? Number.POSITIVE_INFINITY;
  const onAbort = () => stop("interrupt");

  function stop(why: StopReason): void {
    if (reason !== undefined) return;
    // However late this comes about: what the guest has met before is the reason.
    const met = handle.metLimit();
    reason = met ?? why;
    clearTimeout(timer);
    clearTimeout(cpuTimer);
    if (met === undefined) handle.notify(1);
    timer = setTimeout(() => {
      handle.notify(2);
      timer = setTimeout(() => {
        void handle.terminate();
      }, graceMs.second);
    }, graceMs.first);
  }

  /** No timer takes a longer delay. */
  function stopAfter(delayMs: number): void {
    clearTimeout(timer);
    timer = undefined;
    if (delayMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.min(delayMs, longestTimerMs);
    timer = setTimeout(() => (waitMs < delayMs ? stopAfter(delayMs - waitMs) : stop("timeout")), waitMs);
  }

  /** A thread takes no more processor time than the clock, so it need not be looked at before that can be over. */
  function watchCpu(limitMs: number): void {
    const startMs = handle.cpuMs() ?? 0;
    const look = () => {
      const leftMs = limitMs - ((handle.cpuMs() ?? 0) - startMs);
      if (leftMs <= 0) stop("cpu");
      else cpuTimer = setTimeout(look, Math.min(Math.max(leftMs, leastCpuCheckMs), longestTimerMs));
    };
    look();
  }

  function wait(waits: boolean): void {
    if (waits === isWaiting || reason !== undefined) return;
    const now = performance.now();
    if (isWaiting) leftWaitMs -= now - since;
    else leftMs -= now - since;
    since = now;
    isWaiting = waits;
    stopAfter(Math.max(waits ? leftWaitMs : leftMs, 0));
  }

  stopAfter(leftMs);
  if (cpuTimeoutMs !== undefined && cpuTimeoutMs < Number.POSITIVE_INFINITY) watchCpu(cpuTimeoutMs);
  if (signal?.aborted) stop("interrupt");
  signal?.addEventListener("abort", onAbort);
  return {
    get reason() {
      return reason;
    },
    get isWaiting() {
      return isWaiting;
    },
    stop,
    wait,
    insist() {
      const met = handle.metLimit();
      if (met !== undefined) stop(met);
    },
    dispose() {
      clearTimeout(timer);
      clearTimeout(cpuTimer);
      signal?.removeEventListener("abort", onAbort);
    },
  };
}
