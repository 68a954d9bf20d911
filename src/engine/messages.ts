import type { Deterministic } from "../abi/doors.js";
import type { GuestStart, InspectRequest, RunRequest, RunResult } from "../guest/guest.js";
import type { CrossingValue, GuestCall, HostAnswer, Suspension } from "../guest/host-line.js";
import type { TerminalState } from "../terminal/changes.js";
import type { FileChanges } from "../vfs/change-journal.js";
import type { Mount } from "../vfs/mount-spec.js";
import type { FileRequest, FileStep } from "./file-requests.js";
import type { SavedState, Snapshot, StateChange } from "./guest-state.js";
import type { Runtime } from "./runtime.js";
import type { EncodedSnapshot } from "./snapshot-write.js";

/** What a session asks of the place where its guest lives. */
export interface GuestOptions {
  readonly start: SessionStart;
  /** Time and chance of a new guest. Default: the host's. */
  readonly deterministic?: Deterministic;
  /**
   * Where the guest's standard streams lead. `collect`: standard input is what each run brings, output comes back
   * with its outcome. `inherit`: the streams of this process.
   */
  readonly streams: "collect" | "inherit";
  /**
   * With inherited streams: where it is kept what the guest has changed of the terminals that its output leads to, which
   * then get text, colours, cursor movements and erasing alone. Default: they get everything.
   */
  readonly terminalState?: TerminalState;
  /** Whether each call that the guest makes of the host is told on the process's standard error. Default false. */
  readonly trace?: boolean;
  /** The most linear memory, in bytes. */
  readonly memoryBytes: number;
  /** The most output of one run, in bytes; writing more fails in the guest with `EFBIG`. */
  readonly maxOutputBytes: number;
  /** Whether a run that has met its limit of memory or output is stopped, besides the error that the guest gets. */
  readonly onLimit: "stop" | "raise";
  /** The most bytes and the most files, directories and links that the guest may have in memory. */
  readonly maxFileBytes: number;
  readonly maxFiles: number;
  readonly mounts: readonly Mount[];
  /** What the guest may ask of the host's functions. Absent: it cannot ask anything. */
  readonly calls?: CallLimits;
  /** Whether there is a network, which the guest asks for things by calls. Default false. */
  readonly network?: boolean;
  /** Whether changes are reported by themselves, so that the guest can be put back. */
  readonly checkpoints: boolean;
  /** The longest time of a run that does not say otherwise, in milliseconds. */
  readonly timeoutMs?: number;
}

/** What a guest may ask of its host's functions. */
export interface CallLimits {
  /** The most calls of one run. One more stops it. */
  readonly maxCalls: number;
  /** The most bytes of one call's arguments, and of one answer. */
  readonly maxCallBytes: number;
}

/** How a session begins, also one whose guest is made from a state. */
export interface SessionStart extends GuestStart {
  readonly cwd: string;
  /** A guest that is made from a state stays in its own directory, if that is there. Default false. */
  readonly keepsDirectory?: boolean;
  /** A guest that is made from a state has this from now on. Default: what it had. */
  readonly deterministic?: Deterministic;
}

export interface GuestRun extends RunRequest {
  /**
   * What the run may read from standard input: a text, or `ask` to ask the owner each time. Default: nothing.
   * Only with collected streams.
   */
  readonly stdin?: { readonly text: string } | "ask";
  /** Output is sent as it is written. Default false. */
  readonly stream?: boolean;
  /** The outcome has the output, whether it is streamed or not. Default true. */
  readonly keepOutput?: boolean;
  /** The guest as it is afterwards comes with the outcome: all of it, or what changed since a snapshot that it knows. */
  readonly snapshot?: { readonly since?: string };
  /** What the run has done to files in memory and on overlays comes with the outcome. Default false. */
  readonly files?: boolean;
}

/** A limit of a run's that its guest meets by itself; the others are for its owner to watch. */
export type GuestLimit = "memory" | "output" | "calls";

/** What a run has written, as text. */
export interface WrittenOutput {
  /** Both standard output and error, in the order written. */
  readonly output: string;
  /** Each by itself, if something was written to both. */
  readonly apart?: Readonly<Record<OutputStream, string>>;
  /** Otherwise: the one that `output` is of. Absent if that is standard output, or nothing was written. */
  readonly only?: "stderr";
}

/** How a run ended, and whether the guest is still there. With collected streams it has what was written. */
export interface GuestOutcome extends WrittenOutput {
  readonly result: RunResult;
  /** The limit that it has met first, if it was to be stopped at that. */
  readonly limit?: GuestLimit;
  /** Output was refused because it went over `maxOutputBytes`. Absent: none was. */
  readonly outputLimited?: true;
  /** As the run has asked for it, if the guest is still there. */
  readonly snapshot?: EncodedSnapshot;
  /** Absent: it waits for no answer that comes another day. */
  readonly suspension?: Suspension;
  /** What the code has shown, by MIME type. Absent: nothing. */
  readonly shown?: readonly CrossingValue[];
  /** As the run has asked for it, if the guest is still there. */
  readonly files?: FileChanges;
  /** The length of its memory, if the guest is still there. */
  readonly memoryBytes?: number;
  /**
   * The guest is gone: it exited by itself, or it crashed, or (`full`) the run has left so little of its memory that
   * nothing else can be run.
   */
  readonly ended?: {
    readonly reason: "exit" | "crash" | "full";
    readonly detail: string;
    readonly exitCode: number;
  };
}

/** What a guest takes at this moment. */
export interface GuestUsage {
  /** Length of its memory, which never becomes smaller. */
  readonly memoryBytes: number;
  /** Contents, names and link targets of its files in memory, those of overlays included. */
  readonly fileBytes: number;
  /** Files, directories and links in memory. */
  readonly files: number;
}

export type OutputStream = "stdout" | "stderr";

export type ToThread =
  | {
      readonly type: "open";
      readonly runtime: Runtime;
      readonly options: GuestOptions;
      /** The guest is to be made as it was, and not started. */
      readonly state?: SavedState;
    }
  /** See `ThreadHandle.start`. */
  | { readonly type: "start"; readonly start: SessionStart }
  /** Make a guest such as is likely to be asked for next. Not answered. */
  | { readonly type: "prepare"; readonly runtime: Runtime; readonly options: GuestOptions }
  | { readonly type: "run"; readonly run: GuestRun }
  | { readonly type: "inspect"; readonly request: InspectRequest }
  | { readonly type: "save" }
  | { readonly type: "snapshot"; readonly since?: string }
  /** See `GuestSnapshots.know`. */
  | { readonly type: "know"; readonly id: string; readonly snapshot?: Snapshot }
  | { readonly type: "usage" }
  /** See `GuestServer.image`. */
  | { readonly type: "image" }
  /** The first step of a request or, without one, the next step; see `FileWork`. */
  | { readonly type: "files"; readonly request?: FileRequest }
  | { readonly type: "close" };

export type FromThread =
  /** `suspension`: of the state that it goes on from. */
  | { readonly type: "opened"; readonly suspension?: Suspension }
  | { readonly type: "started" }
  | { readonly type: "closed" }
  /** The host's own fault, or a state that cannot be restored. */
  | { readonly type: "failed"; readonly kind: string; readonly message: string }
  | { readonly type: "done"; readonly outcome: GuestOutcome }
  | { readonly type: "inspected"; readonly answer: unknown }
  | { readonly type: "snapshot"; readonly snapshot: EncodedSnapshot }
  | { readonly type: "knows"; readonly isKnown: boolean }
  | { readonly type: "usage"; readonly usage: GuestUsage }
  | { readonly type: "image"; readonly bytes: Uint8Array }
  | { readonly type: "files"; readonly step: FileStep }
  /** All that has changed since the last report. Sent when asked for, and now and then by itself. */
  | {
      readonly type: "changed";
      readonly change: StateChange;
      /** How many runs there were since the guest was opened; the change holds the effects of them all. */
      readonly runs: number;
      readonly asked: boolean;
    }
  | {
      readonly type: "output";
      readonly stream: OutputStream;
      readonly text: string;
      /** How much of what the guest has written this stands for, and some bytes for the message itself. */
      readonly byteCount: number;
    }
  /** The run has met a limit at which it is to be stopped, and has its first notice. */
  | { readonly type: "limit" }
  /**
   * The guest calls functions of the host, and wants no answer any more to calls that it has made before. `answersTaken`:
   * it waits from now on, unless more answers have been sent than it says.
   */
  | {
      readonly type: "calls";
      readonly calls: readonly GuestCall[];
      readonly cancelled: readonly number[];
      readonly answersTaken?: number;
    }
  /** The guest waits no longer, though no answer has come. */
  | { readonly type: "woke" }
  /** The guest waits for standard input. The answer bears the same number. */
  | { readonly type: "input"; readonly number: number };

/** What the owner sends by a way of its own, since the thread may be waiting for it. */
export type ToRunning = InputAnswer | CallAnswers;

/** Answers to calls. Those that a guest does not wait for any more are dropped. */
export interface CallAnswers {
  readonly answers: readonly HostAnswer[];
}

/** The owner's answer to `input`. */
export interface InputAnswer {
  /** An answer to an earlier question is too late, and is dropped. */
  readonly number: number;
  /** Empty at the end of the input. */
  readonly bytes: Uint8Array;
}
