import type { Engine } from "../engine/engine.js";
import { bytesToRestore, type GuestState, type SavedState, type StateChange } from "../engine/guest-state.js";
import { GuestFailedError, type ThreadHandle } from "../engine/handle.js";
import type { GuestOptions } from "../engine/messages.js";
import type { Runtime } from "../engine/runtime.js";
import { readHeader } from "../engine/snapshot-header.js";
import { checkIdentity, stateFormat } from "../engine/state-identity.js";
import { WasmReplError } from "../errors.js";
import { longestRestoreMs, longestStartMs } from "./defaults.js";
import { notSaved, notUsable, startFailure } from "./failures.js";
import { createLastState } from "./last-state.js";
import type { SnapshotOptions } from "./options.js";
import { SessionState } from "./session-state.js";
import { acceptSnapshot } from "./snapshot.js";

/**
 * The guest of a session over its life: made, lost, and put back to the last state that is known of it. Its owner asks
 * one thing at a time; only `end` and `stop` may come at any time.
 */
export interface SessionGuest {
  /**
   * Makes the guest, from a state or new, and hears of its changes from then on.
   *
   * @param isForeign The state is another session's: the guest gets a start of its own.
   */
  begin(state: SavedState | undefined, isForeign: boolean): Promise<void>;
  /** As `begin` without a state, for a session that is in use. */
  beginNew(): Promise<void>;
  /** The thread that holds the guest, which is made from its last known state if it is not there. */
  open(): Promise<ThreadHandle>;
  /** A run begins, whose effects are unknown until the guest's state is. */
  ran(id: string | number): void;
  /** The guest as it is now, which is then the last known state. */
  save(): Promise<GuestState>;
  /** As `save`, for somebody who may keep it for as long as they like. */
  share(): Promise<SessionState>;
  /** Puts the guest to a state of this session, or of one that it was forked from. The errors of `SessionState.open`. */
  restore(state: unknown): Promise<void>;
  /** The guest as it is now, in the form in which it is stored. The errors of `snapshotRequest`. */
  snapshot(options: SnapshotOptions): Promise<Uint8Array>;
  /**
   * What to ask the guest's thread for, which can do it then. `INVALID_SNAPSHOT`, and the other errors of snapshots, if
   * the earlier one is none that it can tell the difference from.
   */
  snapshotRequest(options: SnapshotOptions): Promise<{ readonly since?: string }>;
  /**
   * Puts the guest back to its last known state after it was lost, or makes a new one if there is none that can be
   * restored. Tells which runs are lost with it.
   */
  recover(): Promise<{ readonly state: "rolled_back" | "lost"; readonly lostRuns: Array<string | number> }>;
  /** Ends the thread at once, and the guest with it. */
  stop(): void;
  /** Gives up the guest, its thread and its state. */
  end(): Promise<void>;
}

export function createSessionGuest(
  engine: Engine,
  runtime: Runtime,
  options: GuestOptions,
  firstThread: ThreadHandle,
): SessionGuest {
  let thread = firstThread;
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

  async function begin(state: SavedState | undefined, foreign: boolean): Promise<void> {
    isOpen = false;
    lastId = undefined;
    // What the guest before reports last is of no interest any more, and must not be taken for the new one's.
    thread.onChange = undefined;
    if (thread.ended) thread = await engine.replaceThread(thread);
    known.replace(state);
    isForeign = foreign;
    unsaved = [];
    guestRuns = 0;
    savedRuns = 0;
    if (state === undefined) {
      await thread.open(runtime, options);
    } else {
      const restored = thread.restore(runtime, options, state);
      await endLate(restored, thread, longestRestoreMs(bytesToRestore(state)));
      // The state may be forged, and the guest in it may never come to its start's end.
      if (foreign) await endLate(thread.start(options.start), thread, longestStartMs);
    }
    engine.prepareFor(runtime, options);
    isOpen = true;
    thread.onChange = (change, runs) => {
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

  async function open(): Promise<ThreadHandle> {
    if (!isOpen) await beginAgain(known.now);
    return thread;
  }

  async function save(): Promise<GuestState> {
    await open();
    // To the state as it is after that, since a report may have come in while this one was made.
    const state = learn(await thread.save().catch(notSaved));
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
      const snapshot = await acceptSnapshot(codec, since, runtime, options);
      await home.know(last.id, snapshot).catch(notUsable);
    }
    return { since: last.id };
  }

  return {
    begin,
    beginNew: () => beginAgain(undefined),
    open,
    ran(id) {
      guestRuns++;
      unsaved.push(id);
    },
    save,
    async share() {
      const state = await save();
      known.share();
      return new SessionState(state, options);
    },
    restore: (state) => begin(SessionState.open(state, runtime, options), false),
    async snapshot(wanted) {
      await open();
      const { since } = await snapshotRequest(wanted);
      const { bytes, id } = await thread.snapshot(since).catch(notSaved);
      lastId = id;
      return bytes;
    },
    snapshotRequest,
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
    stop() {
      void thread.terminate();
    },
    async end() {
      if (thread.ended) await engine.endThread(thread);
      else await engine.returnThread(thread);
      thread.onChange = undefined;
      known.replace(undefined);
    },
  };
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
