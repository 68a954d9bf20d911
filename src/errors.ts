import type { Errno } from "./errno.js";

/** Why a call of the library failed. What a guest's code does wrong is no error: it is part of the run's result. */
export type ErrorCode =
  /** The session, or the pool, was closed. */
  | "SESSION_CLOSED"
  /** As many sessions are open as there may be. */
  | "TOO_MANY_SESSIONS"
  /** As many runs wait, in a pool or for a place among live sessions, as may wait. */
  | "QUEUE_FULL"
  /** There is a session of that name. */
  | "SESSION_EXISTS"
  /** A session's state could not be written. What is in memory goes on. */
  | "STATE_NOT_KEPT"
  /** A session's state is there, and cannot be read: it is no file, or the system refuses. */
  | "STATE_UNREADABLE"
  /** The directory for the states of sessions is another process's, or cannot be used. */
  | "DIRECTORY_UNUSABLE"
  /** The interpreter does not start with these options: a mount that cannot be, too little memory. */
  | "START_FAILED"
  /** The session's thread broke down, so what was asked for could not be done; `run` tells what is lost. */
  | "THREAD_LOST"
  /** The files of an interpreter are missing or damaged. */
  | "RUNTIME_UNAVAILABLE"
  /** Packages cannot be had: there are none such, they do not go together, or their files are not as they should be. */
  | "PACKAGES_UNAVAILABLE"
  /** What was asked of a session's files could not be done; `errno` says why. */
  | "FILE_FAILED"
  /** The session's run is suspended: it goes on with `resume`, and until then nothing else can run. */
  | "SUSPENDED"
  /** There is nothing to resume. */
  | "NOT_SUSPENDED"
  /** An option has a value that it cannot have. */
  | "INVALID_OPTION"
  /** What should be a snapshot, or a state, is none, or goes over the session's limits, or its chain is broken. */
  | "INVALID_SNAPSHOT"
  /** It is a snapshot, and not as it was written: cut short, changed, or forged. */
  | "SNAPSHOT_DAMAGED"
  /** It is sound, and of another interpreter, another language or another format. */
  | "RUNTIME_MISMATCH";

/** The one class of errors that the library throws. `message` is one line for a person, `code` is for programs. */
export class WasmReplError extends Error {
  override readonly name = "WasmReplError";
  readonly code: ErrorCode;
  /** With `FILE_FAILED`: the name of the failure, as POSIX spells it, such as `ENOENT`. */
  declare readonly errno?: Errno;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; errno?: Errno }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    if (options?.errno !== undefined) this.errno = options.errno;
  }
}
