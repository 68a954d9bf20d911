import { WasmReplError } from "../errors.js";
import { type Language, loadBundledRuntime, type Runtime, withImageBytes } from "../runtimes/bundled.js";
import type { ThreadHandle } from "../worker/handle.js";
import { createThreadHandle } from "../worker/thread-handle.js";
import { defaults } from "./defaults.js";

/** Idle threads that are kept for the next sessions. */
const maxIdleThreads = 4;

/** What the sessions of a process share: the loaded interpreters, and threads that are ready. */
export interface Engine {
  /** `RUNTIME_UNAVAILABLE` if the interpreter's files cannot be read. */
  runtime(language: Language): Runtime;
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
  const runtimes = new Map<Language, Runtime>();
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
    runtime(language) {
      let runtime = runtimes.get(language);
      if (runtime === undefined) {
        try {
          runtime = withImageBytes(loadBundledRuntime(language));
        } catch (cause) {
          const detail = cause instanceof Error ? cause.message : String(cause);
          throw new WasmReplError(
            "RUNTIME_UNAVAILABLE",
            `cannot load the ${language} interpreter: ${detail}`,
            {
              cause,
            },
          );
        }
        runtimes.set(language, runtime);
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
