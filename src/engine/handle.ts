import type { InspectRequest } from "../guest/guest.js";
import type { GuestCall, HostAnswer, Suspension } from "../guest/host-line.js";
import type { FileRequest, FileStep } from "./file-requests.js";
import type { SavedState, Snapshot, StateChange } from "./guest-state.js";
import type {
  GuestLimit,
  GuestOptions,
  GuestOutcome,
  GuestRun,
  GuestUsage,
  OutputStream,
  SessionStart,
} from "./messages.js";
import type { Runtime } from "./runtime.js";
import type { EncodedSnapshot } from "./snapshot-write.js";

/** Hears what a guest does while it runs. */
export interface RunListener {
  /**
   * Streamed output, as it is written. It counts as read at once, or when the promise resolves, which must not
   * reject: a guest that is too far ahead of its reader waits, and so does the end of its run.
   */
  onOutput?(stream: OutputStream, text: string): Promise<void> | undefined;
  /** The guest waits for standard input: give the next piece, or undefined for its end. */
  onInput?(): Promise<Uint8Array | undefined>;
  /** The guest waits for answers to its calls, or does so no longer. */
  onWait?(isWaiting: boolean): void;
  /** The run has met a limit at which it is to be stopped, and has its first notice: it is time to insist. */
  onLimit?(): void;
}

/** A place where one guest at a time lives: a thread of its own, or the caller's. One call at a time. */
export interface GuestHandle {
  /** Makes a new guest, in place of the one before. */
  open(runtime: Runtime, options: GuestOptions): Promise<void>;
  /** Rejects with a `ThreadEndedError` if the place is gone before the run is over. */
  run(run: GuestRun, listener?: RunListener): Promise<GuestOutcome>;
}

/** A handle whose guest can be stopped and saved, because it does not share the caller's thread. */
export interface ThreadHandle extends GuestHandle {
  /**
   * Makes a guest as a state describes it, in place of the one before. Takes time in proportion to the state, even if
   * that is forged. None of the guest's code runs. Gives what it waits for that comes another day.
   */
  restore(runtime: Runtime, options: GuestOptions, state: SavedState): Promise<Suspension | undefined>;
  /**
   * Gives a guest that was restored from somebody else's state its own arguments, environment and random seeds. The
   * guest's own code does this, so with a forged state it may never end.
   */
  start(start: SessionStart): Promise<void>;
  /** Gives the running code notice; see `Signals.take` for the levels. Does nothing between runs. */
  notify(level: 1 | 2): void;
  /** The limit that the run at hand, or the last one, has met, as long as it was not stopped for another reason. */
  metLimit(): GuestLimit | undefined;
  /** See `Guest.inspect`. Rejects if the guest breaks down over it. */
  inspect(request: InspectRequest): Promise<unknown>;
  /** All changes since the last report. */
  save(): Promise<StateChange>;
  /** The guest as it is now, in the form in which it is stored; see `GuestSnapshots.take`. */
  snapshot(since?: string): Promise<EncodedSnapshot>;
  /** See `GuestSnapshots.know`. */
  know(id: string, snapshot?: Snapshot): Promise<boolean>;
  /** The guest as an image, encoded; see `GuestServer.image`. */
  image(): Promise<Uint8Array>;
  /** What the guest takes now. */
  usage(): Promise<GuestUsage>;
  /** The first step of what is asked of the guest's files or, without a request, the next one; see `FileWork`. */
  workOnFiles(request?: FileRequest): Promise<FileStep>;
  /**
   * The processor time of the thread since it began, in milliseconds, also while it is busy or after it has ended;
   * undefined where the system does not tell.
   */
  cpuMs(): number | undefined;
  /**
   * Hears of changes that the thread reports by itself, when the guest is idle. `runs` counts the runs since `open`
   * whose effects the change holds; a later one may have begun meanwhile.
   */
  onChange: ((change: StateChange, runs: number) => void) | undefined;
  /** Hears of the guest's calls of host functions, and of those whose answer it does not want any more. */
  onCalls: ((calls: readonly GuestCall[], cancelled: readonly number[]) => void) | undefined;
  /** Answers calls of the guest, whether it runs or not. The bytes belong to the guest from then on. */
  answerCalls(answers: readonly HostAnswer[]): void;
  /** The thread is gone, or about to go: nothing can be asked of it any more. */
  readonly ended: boolean;
  /**
   * Has a thread without a guest make one ahead, for an `open` with the same runtime and options; only the start's
   * own may differ. Costs the memory of a guest.
   */
  prepare(runtime: Runtime, options: GuestOptions): void;
  /** Gives the guest up and keeps the thread, for the next guest. */
  release(): Promise<void>;
  /** Ends the thread and its guest at once, whatever the guest is doing. Resolves when it has really ended. */
  terminate(): Promise<void>;
}

/** Ends a thread. Gives whether it has really ended after so many milliseconds at most. */
export async function endsWithin(thread: ThreadHandle, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const inTime = await Promise.race([thread.terminate().then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}

/** The thread went away, with its guest, while something was asked of it. */
export class ThreadEndedError extends Error {
  override readonly name = "ThreadEndedError";
}

/** A guest cannot be made with these options. `message` says why, in words that follow "cannot start:". */
export class StartRefusedError extends Error {
  override readonly name = "StartRefusedError";
}

/** The thread could not do what it was asked: the guest cannot be made like this, or is in no state to be saved. */
export class GuestFailedError extends Error {
  override readonly name = "GuestFailedError";
  /** The name of the error in the thread. */
  readonly kind: string;

  constructor(kind: string, message: string) {
    super(message);
    this.kind = kind;
  }
}
