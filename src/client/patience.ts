import { isTransient, ServiceError } from "./service-error.js";

/** How long, and how often, something that fails is tried again. */
export interface Patience {
  /** Something went well: the time begins anew with the next failure. */
  refresh(): void;
  /** Waits until it is to be tried again. Rejects with the error if it is not. */
  wait(error: unknown): Promise<void>;
}

const firstPauseMs = 100;
const longestPauseMs = 5000;

/**
 * @param mostMs From the first failure on.
 * @param stopped Aborted when nobody waits for it any more; rejects with its reason.
 */
export function createPatience(mostMs: number, stopped: AbortSignal): Patience {
  let failures = 0;
  let sinceMs = 0;
  return {
    refresh() {
      failures = 0;
    },
    async wait(error) {
      stopped.throwIfAborted();
      if (!isTransient(error)) throw error;
      const nowMs = performance.now();
      if (failures === 0) sinceMs = nowMs;
      const most = Math.min(longestPauseMs, firstPauseMs * 2 ** failures);
      failures++;
      // Not all at the same time, who lost their connection at the same time.
      const pauseMs = Math.max(most * (0.5 + Math.random() / 2), error.retryAfterMs ?? 0);
      if (nowMs + pauseMs - sinceMs > mostMs) throw error;
      await pause(pauseMs, stopped);
    },
  };
}

/** Rejects with the signal's reason. */
export function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(stopped.reason);
    };
    const timer = setTimeout(() => {
      stopped.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (stopped.aborted) stop();
    else stopped.addEventListener("abort", stop, { once: true });
  });
}

/** What a signal is aborted with by `close`. */
export function closed(): ServiceError {
  return new ServiceError("SESSION_CLOSED", "the client has closed it");
}
