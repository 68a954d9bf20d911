import { WasmReplError } from "../errors.js";
import type { Codec } from "./codec.js";
import { endsWithin, type ThreadHandle } from "./handle.js";
import type { GuestOptions } from "./messages.js";
import type { NetworkPort } from "./network-port.js";
import type { Platform } from "./platform.js";
import type { Language, PackageRequest, Runtime } from "./runtime.js";

/** Idle threads that are kept for the next sessions. */
const maxIdleThreads = 4;
/** Of these, how many have a guest made ahead, which takes some 10 MB each. */
const maxPreparedThreads = 2;
/** A thread for the next session is started when the last one has had time for its first cells. */
const spareDelayMs = 50;
/** When no session has begun or ended for so long, few are expected. */
const quietMs = 5000;

/** What the sessions of a process share: the loaded interpreters, and threads that are ready. */
export interface Engine {
  /**
   * The bundled interpreter, or the one in a directory. `RUNTIME_UNAVAILABLE` if its files cannot be read,
   * `INVALID_OPTION` for a directory or packages where the language has none, `PACKAGES_UNAVAILABLE`.
   */
  runtime(language: Language, directory?: string, packages?: PackageRequest): Promise<Runtime>;
  loadCodec(): Promise<Codec>;
  /** Whether the system tells the processor time of a thread. */
  tellsCpuTime(): boolean;
  openNetwork(): Promise<NetworkPort>;
  /** A thread for a session: one that waits, or a new one. `TOO_MANY_SESSIONS` at the limit. */
  takeThread(): ThreadHandle;
  /** A session has begun with these, new or from a state: another such session is likely. */
  prepareFor(runtime: Runtime, options: GuestOptions, isNew: boolean): void;
  /**
   * A thread in place of one that had to be ended. That one counts as a session until it has really come to its end;
   * if there is no room for both, it is waited for. `TOO_MANY_SESSIONS` if it does not end in time.
   */
  replaceThread(ended: ThreadHandle): Promise<ThreadHandle>;
  /** A session is over; its thread serves the next one. */
  returnThread(thread: ThreadHandle): Promise<void>;
  /**
   * A session is over, and its thread with it. Resolves when that has ended, or is waited for no longer; it counts as
   * a session until it has.
   */
  endThread(thread: ThreadHandle): Promise<void>;
}

export interface EngineOptions {
  /** The most sessions at one time. Default 256. */
  readonly maxSessions?: number;
  /** How long a thread that was ended is waited for: it may be in the middle of a call of the system. Default 5 s. */
  readonly longestEndMs?: number;
}

export function createEngine(platform: Platform, options: EngineOptions = {}): Engine {
  const { maxSessions = 256, longestEndMs = 5000 } = options;
  const { startThread } = platform;
  const runtimes = new Map<string, Promise<Runtime>>();
  const idle: ThreadHandle[] = [];
  const used = new WeakSet<ThreadHandle>();
  /** Idle threads that have been told to make a guest ahead. */
  const prepared = new Set<ThreadHandle>();
  let quiet: NodeJS.Timeout | undefined;
  /** Sessions, and threads of theirs that are on their way to their end. */
  let sessions = 0;
  /** What to make ahead: nothing before the second session, since many processes have only one. */
  let likely: { readonly runtime: Runtime; readonly options: GuestOptions } | undefined;
  let begun = 0;

  function take(): ThreadHandle {
    return takeIdle() ?? startThread();
  }

  /** One that has a guest if possible, and of these the one that has waited longest: it has had the most time. */
  function takeIdle(): ThreadHandle | undefined {
    for (const thread of [...prepared, ...idle]) {
      removeIdle(thread);
      if (!thread.ended) return thread;
    }
    return undefined;
  }

  function removeIdle(thread: ThreadHandle): void {
    prepared.delete(thread);
    const index = idle.indexOf(thread);
    if (index >= 0) idle.splice(index, 1);
  }

  function addIdle(thread: ThreadHandle): void {
    idle.push(thread);
    if (likely === undefined || prepared.size >= maxPreparedThreads) return;
    prepared.add(thread);
    thread.prepare(likely.runtime, likely.options);
  }

  function addSpare(): void {
    if (idle.length > 0) return;
    try {
      addIdle(startThread());
    } catch {
      // Nobody waits for it. Whoever needs a thread is told why there is none.
    }
  }

  async function endThread(thread: ThreadHandle): Promise<void> {
    void thread.terminate().then(() => sessions--);
    await endsWithin(thread, longestEndMs);
  }

  function awaitQuiet(): void {
    quiet ??= setTimeout(replaceUsed, quietMs).unref();
    quiet.refresh();
  }

  /**
   * Ends the idle threads that have had a guest: they hold memory that only their end frees, such as a stack that was
   * deep once. One that is fresh waits in their place.
   */
  function replaceUsed(): void {
    const ending = idle.filter((thread) => used.has(thread));
    for (const thread of ending) {
      removeIdle(thread);
      void thread.terminate();
    }
    if (ending.length > 0) addSpare();
  }

  function tooManySessions(): WasmReplError {
    return new WasmReplError("TOO_MANY_SESSIONS", `${maxSessions} sessions are open, and no more may be`);
  }

  return {
    runtime(language, directory, packages) {
      if (directory !== undefined && language !== "python") {
        throw new WasmReplError("INVALID_OPTION", "runtimeDirectory is for Python only");
      }
      if (packages !== undefined && (language !== "python" || directory !== undefined)) {
        throw new WasmReplError("INVALID_OPTION", "packages is for the bundled Python only");
      }
      // By what is in the directory now: its files may be others than they were, and then it is another runtime.
      const place = directory === undefined ? language : platform.stampOf(directory);
      const name = packages === undefined ? place : JSON.stringify([place, packages]);
      let runtime = runtimes.get(name);
      if (runtime === undefined) {
        runtime =
          packages === undefined
            ? load(platform, language, directory)
            : this.runtime(language, directory).then((base) => platform.addPackages(base, packages));
        runtimes.set(name, runtime);
        // What could not be loaded may be there the next time.
        runtime.catch(() => runtimes.delete(name));
      }
      return runtime;
    },
    loadCodec: platform.loadCodec,
    tellsCpuTime: platform.tellsCpuTime,
    openNetwork: platform.openNetwork,
    takeThread() {
      if (sessions >= maxSessions) throw tooManySessions();
      const thread = take();
      sessions++;
      awaitQuiet();
      return thread;
    },
    prepareFor(runtime, options, isNew) {
      begun++;
      // A guest that was made ahead is of no use to a session that wakes: its state is laid into it as it is made.
      if (!isNew) likely = undefined;
      // Mounts are opened when a session begins, not before.
      else if (begun > 1 && options.mounts.length === 0) likely = { runtime, options };
      if (idle.length === 0) setTimeout(addSpare, spareDelayMs).unref();
    },
    async replaceThread(ended) {
      if (sessions < maxSessions) {
        const thread = take();
        sessions++;
        void endThread(ended);
        return thread;
      }
      if (!(await endsWithin(ended, longestEndMs))) throw tooManySessions();
      return take();
    },
    async returnThread(thread) {
      used.add(thread);
      awaitQuiet();
      const isFree = await thread.release().then(
        () => true,
        () => false,
      );
      if (!isFree || idle.length >= maxIdleThreads) return endThread(thread);
      sessions--;
      addIdle(thread);
    },
    endThread,
  };
}

async function load(platform: Platform, language: Language, directory: string | undefined): Promise<Runtime> {
  try {
    return await platform.loadRuntime(language, directory);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new WasmReplError("RUNTIME_UNAVAILABLE", `cannot load the ${language} interpreter: ${detail}`, {
      cause,
    });
  }
}
