import type { Engine } from "../engine/engine.js";
import { bytesToRestore, type GuestState, type SavedState, type StateChange } from "../engine/guest-state.js";
import { GuestFailedError, ThreadEndedError, type ThreadHandle } from "../engine/handle.js";
import type { GuestOptions, GuestOutcome } from "../engine/messages.js";
import type { Language, Runtime } from "../engine/runtime.js";
import { WasmReplError } from "../errors.js";
import type { InspectRequest } from "../guest/guest.js";
import { inspectTimeoutMs, longestRestoreMs, longestStartMs } from "./defaults.js";
import { createLastState } from "./last-state.js";
import {
  type CellResult,
  checkTimeout,
  guestOptions,
  type ProgramResult,
  type ProgramRunOptions,
  type RunOptions,
  type SessionOptions,
} from "./options.js";
import { interruptedBefore, lossOf, resultOf } from "./results.js";
import { createRunListener, runOf } from "./run.js";
import { acceptSnapshot } from "./snapshot.js";
import { createStopper, type Stopper } from "./stopper.js";

/** A live interpreter with one name space. What is asked of it is done one after the other, in order. */
export interface Session {
  readonly language: Language;
  /**
   * Runs one cell. What the code does wrong is in the result. Rejects if the session is closed, and with
   * `TOO_MANY_SESSIONS` if it has lost its thread, which does not end, and there is no place for another.
   */
  run(code: string, options?: RunOptions): Promise<CellResult>;
  /** Stops the cell that runs now, if any; its `run` resolves with `stopped`. */
  interrupt(): void;
  /** Asks about the session's names and of code that is being typed; see `InspectRequest`. */
  inspect(request: InspectRequest): Promise<unknown>;
  /** The state as it is now, for `restore`. Costs the memory of what has changed since the last one. */
  capture(): Promise<GuestState>;
  /** Puts the session back to a state that `capture` gave, of this session or one that it was forked from. */
  restore(state: GuestState): Promise<void>;
  /** Begins anew with an empty name space and the files of the start. */
  reset(): Promise<void>;
  /** The whole session as bytes, which `createSession` takes as `snapshot`. Mounts are not part of it. */
  snapshot(): Promise<Uint8Array>;
  /** A second session that goes on from here, with the same options unless given others. */
  fork(options?: SessionOptions): Promise<Session>;
  /**
   * Ends the session and frees its thread and memory, also while a cell runs. Resolves when the thread has ended; one
   * that cannot be ended is waited for 5 seconds, and counts as a session until it has. Never rejects.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface CreateSessionOptions extends SessionOptions {
  /** Begin from what `Session.snapshot` gave. `INVALID_SNAPSHOT` if it is none, or of another version. */
  readonly snapshot?: Uint8Array;
}

/** Starts a session. */
export async function openSession(
  engine: Engine,
  language: Language,
  options: CreateSessionOptions,
): Promise<Session> {
  if (language !== "python" && language !== "javascript") {
    throw new WasmReplError("INVALID_OPTION", `language must be "python" or "javascript", not ${language}`);
  }
  const { snapshot, ...sessionOptions } = options;
  const wanted = guestOptions(sessionOptions);
  const state =
    snapshot === undefined
      ? undefined
      : await acceptSnapshot(snapshot, await engine.runtime(language, options.runtimeDirectory), wanted);
  return startSession(engine, language, sessionOptions, state);
}

async function startSession(
  engine: Engine,
  language: Language,
  options: SessionOptions,
  state: SavedState | undefined,
): Promise<Session> {
  const wanted = guestOptions(options);
  // The thread comes up while the interpreter is loaded.
  const thread = engine.takeThread();
  try {
    const runtime = await engine.runtime(language, options.runtimeDirectory);
    const session = new LiveSession(engine, runtime, options, wanted, thread);
    await session.begin(state, true);
    return session;
  } catch (error) {
    await engine.endThread(thread);
    throw startFailure(error, state !== undefined);
  }
}

class LiveSession implements Session {
  readonly #engine: Engine;
  readonly #runtime: Runtime;
  readonly #sessionOptions: SessionOptions;
  readonly #options: GuestOptions;
  #thread: ThreadHandle;
  readonly #state = createLastState();
  /** The state is another session's: a guest that is made from it gets a start of its own. */
  #isForeign = false;
  /** Whether the thread holds this session's guest. */
  #isOpen = false;
  /** Runs whose effects `#state` does not hold yet. */
  #unsaved: Array<string | number> = [];
  /** Runs of this guest, and how many of them `#state` holds. */
  #guestRuns = 0;
  #savedRuns = 0;
  #stopper: Stopper | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #runs = 0;
  #closed: Promise<void> | undefined;

  constructor(
    engine: Engine,
    runtime: Runtime,
    sessionOptions: SessionOptions,
    options: GuestOptions,
    thread: ThreadHandle,
  ) {
    this.#engine = engine;
    this.#runtime = runtime;
    this.#sessionOptions = sessionOptions;
    this.#options = options;
    this.#thread = thread;
  }

  get language(): Language {
    return this.#runtime.language;
  }

  /** Makes the guest, from a state or new, and hears of its changes from then on. */
  async begin(state: SavedState | undefined, isForeign: boolean): Promise<void> {
    this.#isOpen = false;
    // What the guest before reports last is of no interest any more, and must not be taken for the new one's.
    this.#thread.onChange = undefined;
    if (this.#thread.ended) this.#thread = await this.#engine.replaceThread(this.#thread);
    const thread = this.#thread;
    this.#state.replace(state);
    this.#isForeign = isForeign;
    this.#unsaved = [];
    this.#guestRuns = 0;
    this.#savedRuns = 0;
    if (state === undefined) {
      await thread.open(this.#runtime, this.#options);
    } else {
      const restored = thread.restore(this.#runtime, this.#options, state);
      await endLate(restored, thread, longestRestoreMs(bytesToRestore(state)));
      // The state may be forged, and the guest in it may never come to its start's end.
      if (isForeign) await endLate(thread.start(this.#options.start), thread, longestStartMs);
    }
    this.#engine.prepareFor(this.#runtime, this.#options);
    this.#isOpen = true;
    thread.onChange = (change, runs) => {
      this.#learn(change);
      this.#saved(runs);
    };
  }

  run(code: string, options: RunOptions = {}): Promise<CellResult> {
    checkRun(code, options);
    return this.#inTurn(() => this.#run(code, options));
  }

  interrupt(): void {
    this.#stopper?.stop("interrupt");
  }

  inspect(request: InspectRequest): Promise<unknown> {
    return this.#inTurn(() => this.#inspect(request));
  }

  capture(): Promise<GuestState> {
    return this.#inTurn(() => this.#share());
  }

  restore(state: GuestState): Promise<void> {
    return this.#inTurn(() => this.begin(state, false));
  }

  reset(): Promise<void> {
    return this.#inTurn(() => this.#begin(undefined));
  }

  snapshot(): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      await this.#ensureOpen();
      return this.#thread.snapshot().catch(notSaved);
    });
  }

  fork(options?: SessionOptions): Promise<Session> {
    return this.#inTurn(async () =>
      startSession(this.#engine, this.language, { ...this.#sessionOptions, ...options }, await this.#share()),
    );
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const isRunning = this.#stopper !== undefined;
    if (isRunning) void this.#thread.terminate();
    await this.#last;
    if (this.#thread.ended) await this.#engine.endThread(this.#thread);
    else await this.#engine.returnThread(this.#thread);
    this.#thread.onChange = undefined;
    this.#state.replace(undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(() => {
      if (this.#closed) throw closed();
      return action();
    });
    // Not the result itself, which would be kept until the next one is there.
    const settled = () => {};
    this.#last = result.then(settled, settled);
    return result;
  }

  #learn(change: StateChange): GuestState {
    this.#isForeign = false;
    return this.#state.learn(change);
  }

  #saved(runs: number): void {
    this.#unsaved.splice(0, runs - this.#savedRuns);
    this.#savedRuns = runs;
  }

  async #save(): Promise<GuestState> {
    await this.#ensureOpen();
    // To the state as it is after that, since a report may have come in while this one was made.
    const state = this.#learn(await this.#thread.save().catch(notSaved));
    this.#saved(this.#guestRuns);
    return state;
  }

  async #share(): Promise<GuestState> {
    const state = await this.#save();
    this.#state.share();
    return state;
  }

  async #run(code: string, options: RunOptions): Promise<ProgramResult> {
    const number = ++this.#runs;
    if (options.signal?.aborted) return interruptedBefore();
    await this.#ensureOpen();
    this.#guestRuns++;
    this.#unsaved.push(options.id ?? number);
    const listener = createRunListener(options, () => this.interrupt());
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? Number.POSITIVE_INFINITY;
    const running = this.#thread.run(runOf(code, number, options), listener);
    const stopper = createStopper(this.#thread, timeoutMs, options.signal);
    this.#stopper = stopper;
    const outcome = await running.catch(threadEnded).finally(() => {
      // From here on nothing is to be stopped: what follows may be another guest.
      stopper.dispose();
      this.#stopper = undefined;
    });
    if (this.#closed && (outcome === undefined || outcome.ended)) throw closed("while the cell ran");
    const result =
      outcome === undefined || outcome.ended !== undefined
        ? await this.#recover(outcome, stopper)
        : resultOf(outcome, stopper.reason, timeoutMs);
    listener.finish();
    return isProgram(options) && outcome?.outputLimited ? { ...result, outputLimited: true } : result;
  }

  async #ensureOpen(): Promise<void> {
    if (!this.#isOpen) await this.#begin(this.#state.now);
  }

  /** As `begin`, for a session that is in use. The state is its own, or the one that it began from. */
  async #begin(state: SavedState | undefined): Promise<void> {
    try {
      await this.begin(state, this.#isForeign && state === this.#state.now);
    } catch (error) {
      throw startFailure(error, false);
    }
  }

  async #inspect(request: InspectRequest): Promise<unknown> {
    await this.#ensureOpen();
    const stopper = createStopper(this.#thread, inspectTimeoutMs);
    try {
      return await this.#thread.inspect(request);
    } catch (error) {
      if (error instanceof ThreadEndedError && this.#closed) throw closed();
      // The guest broke down over the question, and is put back.
      await this.#beginAgain();
      return undefined;
    } finally {
      stopper.dispose();
    }
  }

  /** Gives the state that the guest has now: the last known one, or none if that cannot be restored. */
  async #beginAgain(): Promise<SavedState | undefined> {
    const state = this.#state.now;
    if (state !== undefined) {
      try {
        await this.#begin(state);
        return state;
      } catch (error) {
        if (error instanceof WasmReplError && error.code === "TOO_MANY_SESSIONS") throw error;
        // What cannot be restored is lost; the session goes on without it.
      }
    }
    await this.#begin(undefined);
    return undefined;
  }

  /** Puts the guest back to its last known state after it was lost. */
  async #recover(outcome: GuestOutcome | undefined, stopper: Stopper): Promise<CellResult> {
    const lostRuns = this.#unsaved;
    const state = await this.#beginAgain();
    return {
      ...(outcome === undefined || outcome.output === "" ? {} : { output: outcome.output }),
      ...lossOf(outcome, stopper.reason),
      ...(stopper.reason === undefined ? {} : { stopped: stopper.reason }),
      state: state === undefined ? "lost" : "rolled_back",
      lostRuns,
    };
  }
}
function checkRun(code: unknown, { timeoutMs, stdin }: RunOptions): void {
  checkTimeout(timeoutMs);
  if (typeof code !== "string") throw new WasmReplError("INVALID_OPTION", "the code must be a string");
  if (stdin !== undefined && typeof stdin !== "string") {
    throw new WasmReplError("INVALID_OPTION", "stdin must be a string");
  }
}

function isProgram(options: ProgramRunOptions): boolean {
  return options.program !== undefined;
}

function closed(when = ""): WasmReplError {
  return new WasmReplError(
    "SESSION_CLOSED",
    when === "" ? "the session is closed" : `the session was closed ${when}`,
  );
}

/** Nothing came of the run, if that is because the thread is gone; any other failure is thrown on. */
function threadEnded(error: unknown): undefined {
  if (!(error instanceof ThreadEndedError)) throw error;
}

/** Ends the thread if something takes longer than it may, which fails with it. */
async function endLate(action: Promise<void>, thread: ThreadHandle, limitMs: number): Promise<void> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void thread.terminate();
  }, limitMs);
  try {
    await action;
  } catch (error) {
    throw isLate
      ? new GuestFailedError("TimeoutError", `it has not begun within ${limitMs / 1000} s`)
      : error;
  } finally {
    clearTimeout(timer);
  }
}

function notSaved(cause: unknown): never {
  throw new WasmReplError("THREAD_LOST", "the session's thread broke down before the state was saved", {
    cause,
  });
}

function startFailure(error: unknown, fromSnapshot: boolean): unknown {
  if (!(error instanceof GuestFailedError) && !(error instanceof ThreadEndedError)) return error;
  const reason = inOneLine(error.message);
  if (fromSnapshot && error instanceof GuestFailedError && error.kind !== "MountError") {
    return new WasmReplError("INVALID_SNAPSHOT", `the snapshot cannot be used: ${reason}`, { cause: error });
  }
  return new WasmReplError("START_FAILED", `the session cannot start: ${reason}`, { cause: error });
}

/** The guest in a snapshot has words of its own for what is wrong: as many as it likes, and any characters. */
function inOneLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length <= longestReason ? line : `${line.slice(0, longestReason)} ...`;
}

const longestReason = 300;
