import { setQuietTimeout, type Timer } from "../engine/timers.js";
import { longestTimerMs } from "./defaults.js";

/** Tells once when nothing has happened for a while. It keeps no process alive, and knows no time of day. */
export interface IdleTimer {
  /** Nothing happens from now on. */
  start(): void;
  stop(): void;
}

/** @param afterMs Undefined, or longer than a timer can be: never. */
export function createIdleTimer(afterMs: number | undefined, onIdle: () => void): IdleTimer {
  let timer: Timer | undefined;
  return {
    start() {
      clearTimeout(timer);
      if (afterMs !== undefined && afterMs <= longestTimerMs) timer = setQuietTimeout(onIdle, afterMs);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
