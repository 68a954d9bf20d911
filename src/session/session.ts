import type { Language } from "../engine/runtime.js";
import type { SnapshotBytes } from "../engine/snapshot-chain.js";
import type { InspectRequest } from "../guest/guest.js";
import type { InspectAnswers, InspectKind } from "./inspection.js";
import type {
  CellResult,
  ResumeAnswer,
  ResumeOptions,
  RunOptions,
  SessionOptions,
  SnapshotOptions,
} from "./options.js";
import type { SessionFiles } from "./session-files.js";
import type { SessionState } from "./session-state.js";
import type { SessionStats } from "./stats.js";

/** A live interpreter with one name space. What is asked of it is done one after the other, in order. */
export interface Session {
  readonly language: Language;
  /**
   * Runs one cell. What the code does wrong is in the result. Rejects if the session is closed, and with
   * `TOO_MANY_SESSIONS` if it is hibernated and there is no place for it, or has lost its thread, which does not end,
   * and there is no place for another.
   */
  run(code: string, options?: RunOptions): Promise<CellResult>;
  /**
   * Goes on with the run that was suspended; see `CellResult.suspended`. What it gives is the run's result, or that it is
   * suspended again: it need not get all answers at once. Rejects as `run` does, with `NOT_SUSPENDED` if there is no such
   * run, and with `INVALID_OPTION` for an answer to a call that is not pending, or that cannot cross; then nothing has
   * happened.
   */
  resume(answers: readonly ResumeAnswer[], options?: ResumeOptions): Promise<CellResult>;
  /** Stops the cell that runs now, or for which the session wakes, if any; its `run` resolves with `stopped`. */
  interrupt(): void;
  /**
   * Asks about the session's names and of code that is being typed; see `InspectRequest`. Undefined if there is no
   * answer: the guest had no memory or time for it, or its code has spoilt it.
   */
  inspect<Kind extends InspectKind>(
    request: InspectRequest & { readonly kind: Kind },
  ): Promise<InspectAnswers[Kind] | undefined>;
  /**
   * The session's files, for the host. What is asked of them has its turn among the runs, and runs none of the guest's
   * code. A hibernated session is woken for it; see `hibernate`.
   */
  readonly files: SessionFiles;
  /** The state as it is now, for `restore`. Costs the memory of what has changed since the last one. */
  capture(): Promise<SessionState>;
  /**
   * Puts the session back to a state that `capture` gave, of this session or one that it was forked from. Anything else is
   * refused, and leaves the session as it is: `INVALID_SNAPSHOT`, or `RUNTIME_MISMATCH` for another interpreter.
   */
  restore(state: SessionState): Promise<void>;
  /** Begins anew with an empty name space and the files of the start. */
  reset(): Promise<void>;
  /**
   * The whole session as bytes, or what has changed of it, which `createSession` takes as `snapshot`. Mounts are not part
   * of it. The same state gives the same bytes; the reading of its clock is part of it, which stands still in
   * deterministic mode alone.
   *
   * @param options With `since`, the errors are those of `createSession`'s `snapshot`: among others `INVALID_SNAPSHOT` if
   *   it is itself what changed since another one, and so long ago that it is forgotten.
   */
  snapshot(options?: SnapshotOptions): Promise<Uint8Array>;
  /**
   * A second session that goes on from here, with the same options unless given others. `INVALID_SNAPSHOT` if their limits
   * are too small for it.
   */
  fork(options?: SessionOptions): Promise<Session>;
  /**
   * Gives up the thread and the interpreter, and keeps the state alone, compressed. What is asked next makes the
   * interpreter again, which is the same session in all respects: `run`, `inspect`, `capture`, `restore` and `reset`
   * need it, `snapshot`, `fork` and `stats` do not. A hibernated session does not count as open. Does nothing if it
   * is hibernated. Rejects with `THREAD_LOST` if the thread breaks down meanwhile.
   *
   * If it cannot be woken, what was asked rejects and the state stays: with `TOO_MANY_SESSIONS` while there is no place
   * for it, with `START_FAILED` if a mount is gone for instance.
   */
  hibernate(): Promise<void>;
  /** What it takes and has taken. Wakes no hibernated session; waits for the run at hand. */
  stats(): Promise<SessionStats>;
  /**
   * Ends the session and frees its thread and memory, also while a cell runs. Resolves when the thread has ended; one
   * that cannot be ended is waited for 5 seconds, and counts as a session until it has. Never rejects.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface CreateSessionOptions extends SessionOptions {
  /**
   * Begin from what `Session.snapshot` gave: a whole snapshot, or a chain of one and those that hold what changed since,
   * in order. `INVALID_SNAPSHOT` if it is none, or larger than the limits allow; `SNAPSHOT_DAMAGED`; `RUNTIME_MISMATCH` if
   * it is of another interpreter or format.
   */
  readonly snapshot?: SnapshotBytes;
}
