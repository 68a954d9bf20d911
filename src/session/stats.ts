import type { GuestUsage } from "../engine/messages.js";

/** What a session has done so far. */
export interface SessionTotals {
  /** Runs that have begun. */
  readonly runs: number;
  /** How long they took by the clock, what they waited for included, and those that were ended by force too. */
  readonly runMs: number;
  /**
   * Processor time of the session's threads: its runs, and what else is done for it there, such as checkpoints and
   * waking. Absent where the system does not tell it: on Linux it does.
   */
  readonly cpuMs?: number;
}

/** What a session takes, and has taken so far. Sizes are in bytes, times in milliseconds. */
export interface SessionStats extends SessionTotals, GuestUsage {
  /** A hibernated session has no thread and no interpreter; its sizes are those that it will have again. */
  readonly state: "live" | "hibernated";
  /** What is kept to make the interpreter again: the last checkpoint, or the whole of a hibernated session. */
  readonly stateBytes: number;
}
