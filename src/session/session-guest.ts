import type { Engine } from "../engine/engine.js";
import {
  bytesToRestore,
  type GuestState,
  isSnapshot,
  type SavedState,
  type Snapshot,
  type StateChange,
} from "../engine/guest-state.js";
import { GuestFailedError, ThreadEndedError, type ThreadHandle } from "../engine/handle.js";
import type { GuestOptions, GuestUsage } from "../engine/messages.js";
import type { Runtime } from "../engine/runtime.js";
import { readHeader } from "../engine/snapshot-header.js";
import { checkIdentity, stateFormat } from "../engine/state-identity.js";
import { WasmReplError } from "../errors.js";
import type { Suspension } from "../guest/host-line.js";
import { createCpuMeter } from "./cpu-meter.js";
import { longestRestoreMs, longestStartMs } from "./defaults.js";
import { notSaved, notUsable, notWorkedOn, startFailure, wakeFailure } from "./failures.js";
import type { Dispatcher } from "./host-functions/dispatcher.js";
import { createLastState } from "./last-state.js";
import type { SnapshotOptions } from "./options.js";
import type { PerformFileRequest } from "./session-files.js";
import { CapturedState } from "./session-state.js";
import { acceptSnapshot } from "./snapshot.js";
import type { SessionStats, SessionTotals } from "./stats.js";

/**
 * The guest of a session over its life: made, lost and put back to the last state that is known of it, put to sleep
 * and woken. A guest that sleeps is its state alone: it has no thread. Its owner asks one thing at a time; only `stop`
 * may come at any time.
 */
export interface SessionGuest {
  /**
   * Makes the guest, from a state or new, and hears of its changes from then on. If that fails, a guest that slept
   * sleeps on.
   *
   * @param isForeign The state is another session's: the guest gets a start of its own.
   */
  begin(state: SavedState | undefined, isForeign: boolean): Promise<void>;
  /** As `begin` without a state, for a session that is in use. */
  beginNew(): Promise<void>;
  /**
   * The thread that holds the guest, which is woken, or made from its last known state, if it is not there.
   * `TOO_MANY_SESSIONS` if it needs a thread and there is none.
   */
  open(): Promise<ThreadHandle>;
  /** A run begins, whose effects are unknown until the guest's state is. */
  ran(id: string | number): void;
  /** What the guest waits for that comes another day, also while it sleeps. A run's end may change it. */
  suspension: Suspension | undefined;
  /** Functions of the host are to be declared: the guest that is there has been told of none, or of others. */
  isUndeclared: boolean;
  /** The guest as it is now, for somebody who may keep it for as long as they like. */
  share(): Promise<CapturedState>;
  /** What another guest can be made from. Does not wake one that sleeps. */
  copy(): Promise<CapturedState | Snapshot>;
  /** Puts the guest to a state of this session, or of one that it was forked from. The errors of `CapturedState.open`. */
  restore(state: unknown): Promise<void>;
  /**
   * The guest as it is now, in the form in which it is stored. Does not wake one that sleeps, unless with `since`. The
   * errors of `snapshotRequest`.
   */
  snapshot(options: SnapshotOptions): Promise<Uint8Array>;
  /**
   * What to ask the guest's thread for, which can do it then. `INVALID_SNAPSHOT`, and the other errors of snapshots, if
   * the earlier one is none that it can tell the difference from.
   */
  snapshotRequest(options: SnapshotOptions): Promise<{ readonly since?: string }>;
  /** As `snapshot`, and never again will the guest be put back to a state before this one. */
  keep(): Promise<Uint8Array>;
  /** Gives up the thread and keeps the state. `THREAD_LOST` if the thread broke down; `recover` is next then. */
  sleep(): Promise<void>;
  /**
   * Has something done to the guest's files, in its thread, and none of its code run. Wakes one that sleeps.
   * `THREAD_LOST` if the thread breaks down meanwhile.
   */
  workOnFiles: PerformFileRequest;
  /** What it takes; when it sleeps, what it took before that. */
  usage(): Promise<Omit<SessionStats, keyof SessionTotals>>;
  /** Processor time of its threads so far, in milliseconds; undefined where the system does not tell. */
  cpuMs(): number | undefined;
  tellsCpuTime(): boolean;
  /**
   * Puts the guest back to its last known state after it was lost, or makes a new one if there is none that can be
   * restored. Tells which runs are lost with it.
   */
  recover(): Promise<{ readonly state: "rolled_back" | "lost"; readonly lostRuns: Array<string | number> }>;
  /** The guest is being made or put to sleep. */
  readonly isChanging: boolean;
  /** Ends the thread at once, and the guest with it. No other is made. */
  stop(): void;
  /** Gives up the guest, its thread and its state. */
  end(): Promise<void>;
}

export function createSessionGuest(
  engine: Engine,
  runtime: Runtime,
  options: GuestOptions,
  firstThread: ThreadHandle,
  dispatcher: Pick<Dispatcher, "connect" | "take">,
): SessionGuest {
  let thread: ThreadHandle | undefined = firstThread;
  const cpu = createCpuMeter();
  cpu.begin(firstThread);
  /** What is left of the guest when it sleeps. */
  let asleep: Asleep | undefined;
  let suspension: Suspension | undefined;
  let isUndeclared = true;
  /** What is being done that `stop` cuts short. */
  let changes = 0;
  let isStopped = false;
  const known = createLastState();
  /** The known state is another session's. */
  let isForeign = false;
  /** Whether the thread holds this session's guest. */
  let isOpen = false;
  /** Runs whose effects the known state does not hold yet. */
  let unsaved: Array<string | number> = [];
  /** Runs of this guest, and how many of them the known state holds. */
  let guestRuns = 0;
  let savedRuns = 0;
  /** The snapshot that this guest has given last. */
  let lastId: string | undefined;

  function learn(change: StateChange): GuestState {
    isForeign = false;
    return known.learn(change);
  }

  function saved(runs: number): void {
    unsaved.splice(0, runs - savedRuns);
    savedRuns = runs;
  }

  /** Does something that `stop` cuts short. */
  async function changing<Result>(action: () => Promise<Result>): Promise<Result> {
    if (isStopped) throw new ThreadEndedError("the session is over");
    changes++;
    try {
      return await action();
    } finally {
      changes--;
    }
  }

  async function takeThread(): Promise<ThreadHandle> {
    if (thread !== undefined && !thread.ended) return thread;
    if (thread !== undefined) cpu.end();
    thread = thread === undefined ? engine.takeThread() : await engine.replaceThread(thread);
    cpu.begin(thread);
    // While the old one was waited for.
    if (isStopped) void thread.terminate();
    return thread;
  }

  async function leaveThread(): Promise<void> {
    const left = thread;
    if (left === undefined) return;
    isOpen = false;
    lastId = undefined;
    left.onChange = undefined;
    left.onCalls = undefined;
    dispatcher.connect(() => {});
    thread = undefined;
    cpu.end();
    known.replace(undefined);
    if (left.ended) await engine.endThread(left);
    else await engine.returnThread(left);
  }

  function begin(state: SavedState | undefined, foreign: boolean): Promise<void> {
    return changing(async () => {
      try {
        await make(state, foreign);
        asleep = undefined;
      } catch (error) {
        if (asleep !== undefined) await leaveThread();
        throw error;
      }
    });
  }

  async function make(state: SavedState | undefined, foreign: boolean): Promise<void> {
    isOpen = false;
    lastId = undefined;
    // What the guest before reports last is of no interest any more, and must not be taken for the new one's.
    if (thread !== undefined) {
      thread.onChange = undefined;
      thread.onCalls = undefined;
    }
    dispatcher.connect(() => {});
    const current = await takeThread();
    known.replace(state);
    isForeign = foreign;
    unsaved = [];
    guestRuns = 0;
    savedRuns = 0;
    if (state === undefined) {
      await current.open(runtime, options);
      suspension = undefined;
    } else {
      const restored = current.restore(runtime, options, state);
      suspension = await endLate(restored, current, longestRestoreMs(bytesToRestore(state)));
      // The state may be forged, and the guest in it may never come to its start's end.
      if (foreign) await endLate(current.start(options.start), current, longestStartMs);
    }
    engine.prepareFor(runtime, options, state === undefined);
    isOpen = true;
    isUndeclared = true;
    current.onCalls = dispatcher.take;
    dispatcher.connect((answers) => current.answerCalls(answers));
    current.onChange = (change, runs) => {
      learn(change);
      saved(runs);
    };
  }

  /** As `begin`, for a session that is in use. The state is its own, or the one that it began from. */
  async function beginAgain(state: SavedState | undefined): Promise<void> {
    try {
      await begin(state, isForeign && state === known.now);
    } catch (error) {
      throw startFailure(error, false);
    }
  }

  async function wake({ snapshot }: Asleep): Promise<void> {
    try {
      // It goes on where it was: it is not started again, and keeps its random numbers.
      await changing(async () => begin(await acceptSnapshot(engine, snapshot, runtime, options), false));
    } catch (error) {
      throw wakeFailure(error);
    }
  }

  async function open(): Promise<ThreadHandle> {
    if (asleep !== undefined) await wake(asleep);
    else if (!isOpen) await beginAgain(known.now);
    return thread as ThreadHandle;
  }

  async function save(): Promise<GuestState> {
    const change = await (await open()).save().catch(notSaved);
    // To the state as it is after that, since a report may have come in while this one was made.
    const state = learn(change);
    saved(guestRuns);
    return state;
  }

  async function snapshotRequest({ since }: SnapshotOptions): Promise<{ readonly since?: string }> {
    if (since === undefined) return {};
    const codec = await engine.loadCodec();
    const last = readHeader(codec, Array.isArray(since) ? since.at(-1) : since);
    checkIdentity({ ...last.header, format: stateFormat }, runtime);
    if (last.id === lastId) return { since: last.id };
    const home = await open();
    if (!(await home.know(last.id).catch(notSaved))) {
      // What is a part of a chain is refused here, unless all of the chain is there.
      const snapshot = await acceptSnapshot(engine, since, runtime, options);
      await home.know(last.id, snapshot).catch(notUsable);
    }
    return { since: last.id };
  }

  async function share(): Promise<CapturedState> {
    const state = await save();
    known.share();
    return new CapturedState(state, options);
  }

  async function snapshot(wanted: SnapshotOptions): Promise<Uint8Array> {
    if (asleep !== undefined && wanted.since === undefined) return asleep.snapshot.slice();
    const { since } = await snapshotRequest(wanted);
    const taken = await (await open()).snapshot(since).catch(notSaved);
    lastId = taken.id;
    return taken.bytes;
  }

  return {
    begin,
    beginNew: () => beginAgain(undefined),
    open,
    ran(id) {
      guestRuns++;
      unsaved.push(id);
    },
    share,
    restore: (state) => begin(CapturedState.open(state, runtime, options), false),
    snapshotRequest,
    copy: async () =>
      asleep === undefined ? share() : acceptSnapshot(engine, asleep.snapshot, runtime, options),
    snapshot,
    async keep() {
      if (asleep === undefined) await save();
      return snapshot({});
    },
    async sleep() {
      if (asleep !== undefined) return;
      const current = await open();
      await changing(async () => {
        const usage = await current.usage().catch(notSaved);
        const { bytes } = await current.snapshot().catch(notSaved);
        asleep = { snapshot: bytes, usage };
        await leaveThread();
      });
    },
    async workOnFiles(request, take) {
      const home = await open();
      return changing(async () => {
        let step = await home.workOnFiles(request).catch(notWorkedOn);
        for (;;) {
          if (step.part !== undefined) take(step.part);
          if (step.isLast) return step.failure;
          step = await home.workOnFiles().catch(notWorkedOn);
        }
      });
    },
    async usage() {
      const { usage, state, stateBytes } =
        asleep === undefined
          ? {
              usage: await (await open()).usage().catch(notSaved),
              state: "live" as const,
              stateBytes: keptBytes(known.now),
            }
          : { usage: asleep.usage, state: "hibernated" as const, stateBytes: asleep.snapshot.length };
      return { state, ...usage, stateBytes };
    },
    cpuMs: cpu.total,
    tellsCpuTime: engine.tellsCpuTime,
    async recover() {
      const lostRuns = unsaved;
      const state = known.now;
      if (state !== undefined) {
        try {
          await beginAgain(state);
          return { state: "rolled_back", lostRuns };
        } catch (error) {
          if (error instanceof WasmReplError && error.code === "TOO_MANY_SESSIONS") throw error;
          // What cannot be restored is lost; the session goes on without it.
        }
      }
      await beginAgain(undefined);
      return { state: "lost", lostRuns };
    },
    get suspension() {
      return suspension;
    },
    set suspension(now) {
      suspension = now;
    },
    get isUndeclared() {
      return isUndeclared;
    },
    set isUndeclared(now) {
      isUndeclared = now;
    },
    get isChanging() {
      return changes > 0;
    },
    stop() {
      isStopped = true;
      void thread?.terminate();
    },
    async end() {
      asleep = undefined;
      await leaveThread();
    },
  };
}

interface Asleep {
  readonly snapshot: Uint8Array;
  readonly usage: GuestUsage;
}

function keptBytes(state: SavedState | undefined): number {
  if (state === undefined) return 0;
  return isSnapshot(state)
    ? state.parts.reduce((sum, { body }) => sum + body.length, 0)
    : bytesToRestore(state);
}

/** Ends the thread if something takes longer than it may, which fails with it. */
async function endLate<Result>(
  action: Promise<Result>,
  thread: ThreadHandle,
  limitMs: number,
): Promise<Result> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void thread.terminate();
  }, limitMs);
  try {
    return await action;
  } catch (error) {
    throw isLate
      ? new GuestFailedError("TimeoutError", `it has not begun within ${limitMs / 1000} s`)
      : error;
  } finally {
    clearTimeout(timer);
  }
}
