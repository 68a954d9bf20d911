import type { Engine } from "../engine/engine.js";
import type { Language } from "../engine/runtime.js";
import { WasmReplError } from "../errors.js";
import { checkCpuLimit, checkRun } from "./live-session.js";
import { checkLanguage, openSession } from "./open-session.js";
import { aCount, type Checks, checkOptions } from "./option-checks.js";
import { createSessionChecks } from "./option-tables.js";
import type { CellResult, RunOptions, RunSignal } from "./options.js";
import { interruptedBefore } from "./results.js";
import type { CreateSessionOptions, Session } from "./session.js";

export interface PoolOptions extends CreateSessionOptions {
  /** Sessions that are kept ready. Default 1. */
  readonly size?: number;
  /** The most runs at one time; further ones wait. Default 4. */
  readonly maxConcurrent?: number;
  /** The most runs that may wait. Default 1000. */
  readonly maxQueue?: number;
}

/** Runs pieces of code that know nothing of each other, each in a session of its own that is ready beforehand. */
export interface Pool {
  readonly language: Language;
  /**
   * Runs code in a fresh session, which is gone afterwards. Rejects with `QUEUE_FULL` if too many runs wait, and
   * with `SESSION_CLOSED` if the pool is closed. A run whose `signal` is aborted while it waits gives its place up.
   */
  run(code: string, options?: RunOptions): Promise<CellResult>;
  /** Ends the runs at hand and frees everything. Runs that wait are rejected. Never rejects. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const poolChecks: Checks<PoolOptions> = {
  ...createSessionChecks,
  size: aCount(1),
  maxConcurrent: aCount(1),
  maxQueue: aCount(0),
};

interface Waiting {
  start(): void;
  reject(error: Error): void;
}

/** Rejects, as `openSession` does, if sessions cannot be made with these options. */
export async function openPool(engine: Engine, language: Language, options: PoolOptions): Promise<Pool> {
  checkLanguage(language);
  checkOptions("createPool", options, poolChecks);
  const { size = 1, maxConcurrent = 4, maxQueue = 1000, ...sessionOptions } = options;
  // A session that is thrown away after its first run has nothing to go back to.
  const make = () => openSession(engine, language, { ...sessionOptions, checkpoints: false });

  const ready: Array<Promise<Session>> = [];
  const inUse = new Set<Session>();
  const queue: Waiting[] = [];
  let running = 0;
  let isClosed = false;
  let closing: Promise<void> | undefined;

  function refill(): void {
    while (!isClosed && ready.length < size) {
      const session = make();
      // A failure is told to the run that takes this session.
      session.catch(() => {});
      ready.push(session);
    }
  }

  async function perform(code: string, runOptions: RunOptions): Promise<CellResult> {
    const taken = ready.shift() ?? make();
    // The next one gets ready while this one is in use.
    refill();
    let session: Session;
    try {
      session = await taken;
    } catch (error) {
      end();
      throw error;
    }
    inUse.add(session);
    try {
      if (isClosed) throw closedError();
      const { lostRuns: _, state: __, ...result } = await session.run(code, runOptions);
      return result;
    } finally {
      // The result does not wait for that, but the place of the run is free only then.
      void session.close().then(() => {
        inUse.delete(session);
        end();
      });
    }
  }

  /** A run's place is free again. */
  function end(): void {
    running--;
    if (running < maxConcurrent) queue.shift()?.start();
  }

  /** Resolves when the run may begin, which `running` then counts: true; or when its signal is aborted: false. */
  async function turn(signal: RunSignal | undefined): Promise<boolean> {
    if (signal?.aborted) return false;
    if (running < maxConcurrent) {
      running++;
      return true;
    }
    if (queue.length >= maxQueue) {
      throw new WasmReplError("QUEUE_FULL", `${queue.length} runs wait in the pool, and no more may`);
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        queue.splice(queue.indexOf(waiting), 1);
        resolve(false);
      };
      const waiting: Waiting = {
        start() {
          signal?.removeEventListener("abort", onAbort);
          running++;
          resolve(true);
        },
        reject(error) {
          signal?.removeEventListener("abort", onAbort);
          reject(error);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      queue.push(waiting);
    });
  }

  async function close(): Promise<void> {
    isClosed = true;
    for (const { reject } of queue.splice(0)) reject(closedError());
    const idle = await Promise.allSettled(ready.splice(0));
    const sessions = idle.flatMap((made) => (made.status === "fulfilled" ? [made.value] : []));
    await Promise.all([...sessions, ...inUse].map((session) => session.close()));
  }

  const pool: Pool = {
    language,
    async run(code, runOptions = {}) {
      checkRun(language, code, runOptions);
      checkCpuLimit(runOptions, engine.tellsCpuTime);
      if (isClosed) throw closedError();
      if (!(await turn(runOptions.signal))) return interruptedBefore();
      return perform(code, runOptions);
    },
    close() {
      closing ??= close();
      return closing;
    },
    [Symbol.asyncDispose]: () => pool.close(),
  };

  refill();
  try {
    await Promise.all(ready);
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}

function closedError(): WasmReplError {
  return new WasmReplError("SESSION_CLOSED", "the pool is closed");
}
