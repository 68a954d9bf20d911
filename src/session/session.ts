import { WasmReplError } from "../errors.js";
import type { RunResult } from "../guest/guest.js";
import { type Language, loadBundledRuntime, type Runtime } from "../runtimes/bundled.js";
import type { GuestHandle } from "../worker/handle.js";
import type { GuestOptions, GuestOutcome } from "../worker/messages.js";
import { createThreadHandle } from "../worker/thread-handle.js";
import { defaults } from "./defaults.js";

export interface SessionOptions {
  /** The guest's whole environment. Default: `HOME` only; nothing is inherited from the host. */
  readonly env?: Readonly<Record<string, string>>;
  /** `sys.argv` in Python, what follows the script in `process.argv` in JavaScript. Default `[""]`. */
  readonly args?: readonly string[];
  /** The most memory of the guest, in bytes. Going over it is a `MemoryError` in Python. Default 1 GiB. */
  readonly memoryBytes?: number;
  /** The most output of one run, in bytes; writing more fails in the guest. Default 16 MiB. */
  readonly maxOutputBytes?: number;
}

export interface RunOptions {
  /** Text that the cell may read from standard input. Default: end of file at once. */
  readonly stdin?: string;
}

/** How a cell ended. Fields that have nothing to say are absent. */
export interface CellResult extends RunResult {
  /** What the cell wrote to standard output and error, in the order written. */
  readonly output?: string;
  /** `lost`: the interpreter ended or crashed, and the session goes on with an empty one. Absent: all is kept. */
  readonly state?: "lost";
}

/** A live interpreter with one name space. Cells run one after the other, in the order of the calls. */
export interface Session {
  run(code: string, options?: RunOptions): Promise<CellResult>;
  /** Ends the session and frees its thread and memory, also while a cell runs. Never rejects. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a session with the bundled interpreter. `RUNTIME_UNAVAILABLE` if its files cannot be read. */
export async function createSession(language: Language, options: SessionOptions = {}): Promise<Session> {
  const handle = createThreadHandle();
  try {
    const runtime = loadRuntime(language);
    const guestOptions = guestOptionsOf(options);
    await handle.open(runtime, guestOptions);
    return new LiveSession(handle, runtime, guestOptions);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const loaded = new Map<Language, Runtime>();

function loadRuntime(language: Language): Runtime {
  let runtime = loaded.get(language);
  if (runtime === undefined) {
    try {
      runtime = loadBundledRuntime(language);
    } catch (cause) {
      throw new WasmReplError("RUNTIME_UNAVAILABLE", `cannot load the ${language} interpreter`, { cause });
    }
    loaded.set(language, runtime);
  }
  return runtime;
}

function guestOptionsOf(options: SessionOptions): GuestOptions {
  return {
    start: { args: options.args ?? [""], env: { HOME: defaults.home, ...options.env }, cwd: defaults.home },
    streams: "collect",
    memoryBytes: options.memoryBytes ?? defaults.memoryBytes,
    maxOutputBytes: options.maxOutputBytes ?? defaults.maxOutputBytes,
  };
}

class LiveSession implements Session {
  readonly #handle: GuestHandle;
  readonly #runtime: Runtime;
  readonly #options: GuestOptions;
  #last: Promise<unknown> = Promise.resolve();
  #cells = 0;
  #closed = false;

  constructor(handle: GuestHandle, runtime: Runtime, options: GuestOptions) {
    this.#handle = handle;
    this.#runtime = runtime;
    this.#options = options;
  }

  run(code: string, options: RunOptions = {}): Promise<CellResult> {
    const result = this.#last.then(() => this.#runNow(code, options));
    this.#last = result.catch(() => {});
    return result;
  }

  async #runNow(code: string, { stdin }: RunOptions): Promise<CellResult> {
    if (this.#closed) throw new WasmReplError("SESSION_CLOSED", "the session is closed");
    const filename = `<cell ${++this.#cells}>`;
    const outcome = await this.#handle.run({
      mode: "cell",
      code,
      filename,
      ...(stdin === undefined ? {} : { stdin }),
    });
    if (outcome.ended !== undefined) await this.#handle.open(this.#runtime, this.#options);
    return cellResult(outcome);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function cellResult({ result, output, ended }: GuestOutcome): CellResult {
  const written = output === "" ? {} : { output };
  if (ended === undefined) return { ...written, ...result };
  const [type, error] =
    ended.reason === "exit"
      ? ["SystemExit", `the code ended the interpreter with exit code ${ended.exitCode}; its state is lost`]
      : ["Crash", `the interpreter crashed (${ended.detail}); its state is lost`];
  return { ...written, error, exception: { type, message: error }, exitCode: ended.exitCode, state: "lost" };
}
