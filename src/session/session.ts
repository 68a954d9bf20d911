import { WasmReplError } from "../errors.js";
import type { Language, Runtime } from "../runtimes/bundled.js";
import { applyChange, type GuestState } from "../worker/guest-state.js";
import { type RunListener, ThreadEndedError, type ThreadHandle } from "../worker/handle.js";
import type { GuestOptions, GuestOutcome, GuestRun } from "../worker/messages.js";
import { createEngine, type Engine } from "./engine.js";
import {
  type CellResult,
  checkTimeout,
  guestOptions,
  type RunOptions,
  type SessionOptions,
} from "./options.js";
import { decodeSnapshot, encodeSnapshot } from "./snapshot.js";
import { createStopper, type Stopper } from "./stopper.js";

/** A live interpreter with one name space. What is asked of it is done one after the other, in order. */
export interface Session {
  readonly language: Language;
  /** Runs one cell. What the code does wrong is in the result; rejects only if the session is closed. */
  run(code: string, options?: RunOptions): Promise<CellResult>;
  /** Stops the cell that runs now, if any; its `run` resolves with `stopped`. */
  interrupt(): void;
  /** Begins anew with an empty name space and the files of the start. */
  reset(): Promise<void>;
  /** The whole session as bytes, which `createSession` takes as `snapshot`. Mounts are not part of it. */
  snapshot(): Promise<Uint8Array>;
  /** A second session that goes on from here, with the same options unless given others. */
  fork(options?: SessionOptions): Promise<Session>;
  /** Ends the session and frees its thread and memory, also while a cell runs. Never rejects. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface CreateSessionOptions extends SessionOptions {
  /** Begin from what `Session.snapshot` gave. `INVALID_SNAPSHOT` if it is none, or of another version. */
  readonly snapshot?: Uint8Array;
}

let sharedEngine: Engine | undefined;

/** The engine that all sessions of this process share; made when the first is. */
export function defaultEngine(): Engine {
  sharedEngine ??= createEngine();
  return sharedEngine;
}

/** Starts a session with the bundled interpreter. */
export async function createSession(
  language: Language,
  options: CreateSessionOptions = {},
  engine: Engine = defaultEngine(),
): Promise<Session> {
  if (language !== "python" && language !== "javascript") {
    throw new WasmReplError("INVALID_OPTION", `language must be "python" or "javascript", not ${language}`);
  }
  const { snapshot, ...sessionOptions } = options;
  const wanted = guestOptions(sessionOptions);
  const state =
    snapshot === undefined
      ? undefined
      : await decodeSnapshot(snapshot, await engine.runtime(language, options.runtimeDirectory), wanted);
  return startSession(engine, language, sessionOptions, state);
}

async function startSession(
  engine: Engine,
  language: Language,
  options: SessionOptions,
  state: GuestState | undefined,
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
    engine.forgetThread();
    await thread.terminate();
    throw error;
  }
}

class LiveSession implements Session {
  readonly #engine: Engine;
  readonly #runtime: Runtime;
  readonly #sessionOptions: SessionOptions;
  readonly #options: GuestOptions;
  #thread: ThreadHandle;
  /** The last state that is known; what a session that lost its guest goes back to. */
  #state: GuestState | undefined;
  /** Runs whose effects `#state` does not hold yet. */
  #unsaved: Array<string | number> = [];
  #stopper: Stopper | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #runs = 0;
  #closed = false;

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
  async begin(state: GuestState | undefined, fresh: boolean): Promise<void> {
    const thread = this.#thread;
    this.#state = state;
    this.#unsaved = [];
    thread.onChange = (change) => {
      if (thread !== this.#thread) return;
      this.#state = applyChange(this.#state, change);
      this.#unsaved = [];
    };
    await thread.open(this.#runtime, this.#options, state, fresh);
  }

  run(code: string, options: RunOptions = {}): Promise<CellResult> {
    checkTimeout(options.timeoutMs);
    return this.#inTurn(() => this.#run(code, options));
  }

  interrupt(): void {
    this.#stopper?.stop("interrupt");
  }

  reset(): Promise<void> {
    return this.#inTurn(() => this.begin(undefined, true));
  }

  snapshot(): Promise<Uint8Array> {
    return this.#inTurn(async () => encodeSnapshot(await this.#save(), this.#runtime));
  }

  fork(options?: SessionOptions): Promise<Session> {
    return this.#inTurn(async () =>
      startSession(this.#engine, this.language, { ...this.#sessionOptions, ...options }, await this.#save()),
    );
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const idle = this.#stopper === undefined;
    if (idle) {
      await this.#last;
      await this.#engine.returnThread(this.#thread);
    } else {
      this.#engine.forgetThread();
      await this.#thread.terminate();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(() => {
      if (this.#closed) throw new WasmReplError("SESSION_CLOSED", "the session is closed");
      return action();
    });
    this.#last = result.catch(() => {});
    return result;
  }

  async #save(): Promise<GuestState> {
    const change = await this.#thread.save();
    // Only now: the thread may have reported changes by itself meanwhile.
    this.#state = applyChange(this.#state, change);
    this.#unsaved = [];
    return this.#state;
  }

  async #run(code: string, options: RunOptions): Promise<CellResult> {
    const number = ++this.#runs;
    this.#unsaved.push(options.id ?? number);
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? Number.POSITIVE_INFINITY;
    const stopper = createStopper(this.#thread, timeoutMs, options.signal);
    this.#stopper = stopper;
    try {
      const outcome = await this.#thread.run(runOf(code, number, options), listenerOf(options));
      if (outcome.ended !== undefined) return await this.#recover(outcome, stopper);
      return resultOf(outcome, stopper.reason, timeoutMs);
    } catch (error) {
      if (!(error instanceof ThreadEndedError)) throw error;
      if (this.#closed)
        throw new WasmReplError("SESSION_CLOSED", "the session was closed while the cell ran");
      this.#thread = this.#engine.replaceThread();
      return await this.#recover(undefined, stopper);
    } finally {
      stopper.dispose();
      this.#stopper = undefined;
    }
  }

  /** Gives the state that the guest has now: the last known one, or none if that cannot be restored. */
  async #beginAgain(): Promise<GuestState | undefined> {
    const state = this.#state;
    try {
      await this.begin(state, state === undefined);
      return state;
    } catch (error) {
      if (state === undefined) throw error;
      await this.begin(undefined, true);
      return undefined;
    }
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

function runOf(code: string, number: number, { stdin, onInput, onOutput }: RunOptions): GuestRun {
  return {
    mode: "cell",
    code,
    filename: `<cell ${number}>`,
    ...(onInput !== undefined ? { stdin: "ask" } : stdin !== undefined ? { stdin: { text: stdin } } : {}),
    ...(onOutput === undefined ? {} : { stream: true }),
  };
}

function listenerOf({ onInput, onOutput }: RunOptions): RunListener {
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  return {
    ...(onOutput === undefined
      ? {}
      : {
          onOutput(stream, bytes) {
            const text = decoders[stream].decode(bytes, { stream: true });
            if (text !== "") onOutput(stream, text);
          },
        }),
    ...(onInput === undefined
      ? {}
      : {
          async onInput() {
            const text = await onInput();
            return text === undefined ? undefined : new TextEncoder().encode(text);
          },
        }),
  };
}

function resultOf(outcome: GuestOutcome, reason: Stopper["reason"], timeoutMs: number): CellResult {
  const { result, output } = outcome;
  const written = output === "" ? {} : { output };
  // A run that was over before the notice reached it has not been stopped.
  if (reason === undefined || result.error === undefined) return { ...written, ...result };
  const why = reason === "timeout" ? `its time limit of ${timeoutMs / 1000} s is over` : "it was interrupted";
  return {
    ...written,
    ...result,
    error: `${result.error}\nThe run was stopped: ${why}.`,
    stopped: reason,
    state: "kept",
  };
}

/** What is reported of a run whose guest was lost. */
function lossOf(outcome: GuestOutcome | undefined, reason: Stopper["reason"]): CellResult {
  const ended = outcome?.ended;
  const [type, message] =
    ended === undefined
      ? reason === "timeout"
        ? ["TimeoutError", "the run took longer than its time limit and did not stop when asked"]
        : reason === "interrupt"
          ? ["InterruptedError", "the run did not stop when it was interrupted"]
          : ["Crash", "the session's thread broke down"]
      : ended.reason === "exit"
        ? ["SystemExit", `the code ended the interpreter with exit code ${ended.exitCode}`]
        : ["Crash", `the interpreter crashed: ${ended.detail}`];
  return {
    error: `${type}: ${message}`,
    exception: { type, message },
    ...(ended === undefined ? {} : { exitCode: ended.exitCode }),
  };
}
