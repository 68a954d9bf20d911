import { resolve } from "node:path";
import { WasmReplError } from "../errors.js";
import { type Language, loadBundledRuntime, type Runtime, withImageBytes } from "../runtimes/bundled.js";
import type { ThreadHandle } from "../worker/handle.js";
import { createThreadHandle } from "../worker/thread-handle.js";
import { defaults } from "./defaults.js";

/** Idle threads that are kept for the next sessions. */
const maxIdleThreads = 4;

/** What the sessions of a process share: the loaded interpreters, and threads that are ready. */
export interface Engine {
  /**
   * The bundled interpreter, or the one in a directory. `RUNTIME_UNAVAILABLE` if its files cannot be read,
   * `INVALID_OPTION` for a directory where the language has none.
   */
  runtime(language: Language, directory?: string): Promise<Runtime>;
  /** A thread for a session: one that waits, or a new one. `TOO_MANY_SESSIONS` at the limit. */
  takeThread(): ThreadHandle;
  /** A thread in place of one that had to be ended. */
  replaceThread(): ThreadHandle;
  /** A session is over; its thread serves the next one. */
  returnThread(thread: ThreadHandle): Promise<void>;
  /** A session is over, and its thread is gone. */
  forgetThread(): void;
}

export function createEngine(maxSessions: number = defaults.maxSessions): Engine {
  const runtimes = new Map<string, Promise<Runtime>>();
  const idle: ThreadHandle[] = [];
  let sessions = 0;

  function take(): ThreadHandle {
    const thread = takeIdle() ?? createThreadHandle();
    // The next session finds a thread that has come up by then.
    if (idle.length === 0) setImmediate(addSpare);
    return thread;
  }

  function takeIdle(): ThreadHandle | undefined {
    for (;;) {
      const thread = idle.pop();
      if (thread === undefined || !thread.ended) return thread;
    }
  }

  function addSpare(): void {
    if (idle.length === 0) idle.push(createThreadHandle());
  }

  return {
    runtime(language, directory) {
      if (directory !== undefined && language !== "python") {
        throw new WasmReplError("INVALID_OPTION", "runtimeDirectory is for Python only");
      }
      const name = directory === undefined ? language : `python in ${resolve(directory)}`;
      let runtime = runtimes.get(name);
      if (runtime === undefined) {
        runtime = load(language, directory);
        runtimes.set(name, runtime);
        // What could not be loaded may be there the next time.
        runtime.catch(() => runtimes.delete(name));
      }
      return runtime;
    },
    takeThread() {
      if (sessions >= maxSessions) {
        throw new WasmReplError("TOO_MANY_SESSIONS", `${maxSessions} sessions are open, and no more may be`);
      }
      sessions++;
      return take();
    },
    replaceThread: take,
    async returnThread(thread) {
      sessions--;
      try {
        await thread.release();
      } catch {
        await thread.terminate();
        return;
      }
      if (idle.length < maxIdleThreads) idle.push(thread);
      else await thread.terminate();
    },
    forgetThread() {
      sessions--;
    },
  };
}

async function load(language: Language, directory: string | undefined): Promise<Runtime> {
  try {
    if (directory === undefined) return withImageBytes(loadBundledRuntime(language));
    const { loadStockRuntime } = await import("../runtimes/stock-python.js");
    return await loadStockRuntime(directory);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new WasmReplError("RUNTIME_UNAVAILABLE", `cannot load the ${language} interpreter: ${detail}`, {
      cause,
    });
  }
}
