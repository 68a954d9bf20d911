import type { GuestStart, RunRequest, RunResult } from "../guest/guest.js";
import type { Runtime } from "../runtimes/bundled.js";

/** What a session asks of the place where its guest lives. */
export interface GuestOptions {
  readonly start: GuestStart;
  /**
   * Where the guest's standard streams lead. `collect`: standard input is what each run brings, output comes back
   * with its outcome. `inherit`: the streams of this process.
   */
  readonly streams: "collect" | "inherit";
  /** The most linear memory, in bytes. */
  readonly memoryBytes: number;
  /** The most output of one run that is collected, in bytes; writing more fails in the guest with `EFBIG`. */
  readonly maxOutputBytes: number;
}

export interface GuestRun extends RunRequest {
  /** What the run may read from standard input. Default: nothing. Only with collected streams. */
  readonly stdin?: string;
}

/** How a run ended, and whether the guest is still there. */
export interface GuestOutcome {
  readonly result: RunResult;
  /** What was written to standard output and error, in the order written. Only with collected streams. */
  readonly output: string;
  /** The guest is gone: it exited by itself, or it crashed. */
  readonly ended?: { readonly reason: "exit" | "crash"; readonly detail: string; readonly exitCode: number };
}

export type ToThread =
  | { readonly type: "open"; readonly runtime: Runtime; readonly options: GuestOptions }
  | { readonly type: "run"; readonly run: GuestRun };

export type FromThread =
  | { readonly type: "opened" }
  /** The host's own fault: the guest could not be made. */
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "done"; readonly outcome: GuestOutcome };
