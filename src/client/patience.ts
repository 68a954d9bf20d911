import { isTransient } from "./service-error.js";
import type { Stop } from "./stop.js";

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
 * @param stop Stopped when nobody waits for it any more.
 */
export function createPatience(mostMs: number, stop: Stop): Patience {
  let failures = 0;
  let sinceMs = 0;
  return {
    refresh() {
      failures = 0;
    },
    async wait(error) {
      stop.check();
      if (!isTransient(error)) throw error;
      const nowMs = performance.now();
      if (failures === 0) sinceMs = nowMs;
      const most = Math.min(longestPauseMs, firstPauseMs * 2 ** failures);
      failures++;
      // Not all at the same time, who lost their connection at the same time.
      const pauseMs = Math.max(most * (0.5 + Math.random() / 2), error.retryAfterMs ?? 0);
      if (nowMs + pauseMs - sinceMs > mostMs) throw error;
      await pause(pauseMs, stop);
    },
  };
}

/** Rejects with `SESSION_CLOSED` if it is stopped meanwhile. */
export async function pause(ms: number, stop: Stop): Promise<void> {
  stop.check();
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      off();
      resolve();
    };
    const timer = setTimeout(end, ms);
    const off = stop.onStop(end);
  });
  stop.check();
}
