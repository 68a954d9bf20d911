import type { Language } from "../engine/runtime.js";
import type { CellResult, ResumeAnswer, ResumeOptions, RunOptions, SessionOptions } from "./options.js";
import type { Session } from "./session.js";
import type { SessionStats } from "./stats.js";

export interface SessionsOptions extends Omit<SessionOptions, "hibernateAfterMs"> {
  /** What the session of a name has instead of, or besides, the options that all have. */
  readonly optionsFor?: (name: string) => Omit<SessionOptions, "hibernateAfterMs">;
  /**
   * The most sessions that have an interpreter at one time. When another needs one, the session that has been idle
   * longest hibernates; if none is idle, it is waited for. Default 32.
   */
  readonly maxLive?: number;
  /** The most requests that may wait for an interpreter. Default 1000. */
  readonly maxQueue?: number;
  /** A session hibernates after so many milliseconds without a request. Default: only when another needs its place. */
  readonly hibernateAfterMs?: number;
  /**
   * With a store only: the state is kept before a request is answered. Default false: it is kept when the session
   * hibernates, and at the end.
   */
  readonly durable?: boolean;
}

/**
 * Any number of sessions by name. A name's session is made when it is first asked for, and from then on it is there,
 * whether it has an interpreter at the moment or not. What is asked of one name is done in order; different names do
 * not wait for each other, but for a place among the live sessions.
 */
export interface Sessions {
  readonly language: Language;
  /**
   * Runs a cell in the session of that name; see `Session.run`. Rejects with `QUEUE_FULL` if too many wait, and as
   * `createSession` does if the session cannot be made or woken; its state stays as it is then. With `durable` also
   * with `STATE_NOT_KEPT` if the state could not be kept: the cell has had its effect, and it is kept with the next
   * one that can be.
   */
  run(name: string, code: string, options?: RunOptions): Promise<CellResult>;
  /** Goes on with the suspended run of the session of that name; see `Session.resume`, and `run` for how it rejects. */
  resume(name: string, answers: readonly ResumeAnswer[], options?: ResumeOptions): Promise<CellResult>;
  /**
   * Does something with the session of that name, which is live meanwhile. The session is not to be used afterwards,
   * nor closed, and the action must not wait for anything else that is asked of the same name.
   */
  use<Result>(name: string, action: (session: Session) => Promise<Result>): Promise<Result>;
  /** Makes a second session, which goes on from here. `SESSION_EXISTS` if there is one of that name. */
  fork(from: string, to: string): Promise<void>;
  /** The whole session as bytes; see `Session.snapshot`. */
  snapshot(name: string): Promise<Uint8Array>;
  /**
   * Puts a session that goes on from a snapshot in the name's place. If it cannot be made, nothing has changed. A
   * function is asked for the snapshot when it is the name's turn.
   */
  restore(name: string, snapshot: Uint8Array | (() => Promise<Uint8Array>)): Promise<void>;
  /**
   * What the session takes and has taken, in this process; undefined if there is none. Wakes it only if this process
   * has not had it live.
   */
  stats(name: string): Promise<SessionStats | undefined>;
  /** Ends the session and forgets its state. False if there is none. */
  delete(name: string): Promise<boolean>;
  has(name: string): Promise<boolean>;
  /** The names that there are, in no order. */
  list(): Promise<string[]>;
  /** How many sessions have an interpreter now. */
  readonly live: number;
  /**
   * Interrupts what runs, rejects what waits, has every state kept and frees everything. With a store: rejects with
   * `STATE_NOT_KEPT` if a state could not be kept; nothing is lost then, and it can be called again.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
