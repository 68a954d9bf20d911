import type { Engine } from "../engine/engine.js";
import type { Language } from "../engine/runtime.js";
import { WasmReplError } from "../errors.js";
import { createIdleTimer, type IdleTimer } from "./idle-timer.js";
import { createLanes } from "./lanes.js";
import { checkCpuLimit, checkRun, type LiveSession } from "./live-session.js";
import { type Beginning, startSession } from "./open-session.js";
import { checkOptions } from "./option-checks.js";
import { ownSessionsChecks, sessionsChecks } from "./option-tables.js";
import { guestOptions, packageRequest, type SessionOptions } from "./options.js";
import { interruptedBefore } from "./results.js";
import { createSeats } from "./seats.js";
import type { Session } from "./session.js";
import type { Sessions, SessionsOptions } from "./sessions.js";
import { acceptSnapshot } from "./snapshot.js";
import type { StateStore } from "./state-store.js";
import type { SessionStats } from "./stats.js";

/** The most characters of a name. */
const maxNameLength = 1000;
/** The most of a name that a message repeats. */
const maxQuotedLength = 100;

/** A session that is live, or has lost its thread and is to be put back. */
interface Entry {
  readonly session: LiveSession;
  readonly idle: IdleTimer;
  /** It is one of those that count against `maxLive`. */
  isSeated: boolean;
  /** Its state is in the store as it is now. */
  isKept: boolean;
}

/** @param store Where states are kept for longer than the process lives. Default: nowhere. */
export function openSessions(
  engine: Engine,
  language: Language,
  sessionsOptions: SessionsOptions,
  store?: StateStore,
): Sessions {
  checkOptions("createSessions", sessionsOptions, sessionsChecks);
  const {
    optionsFor,
    maxLive = 32,
    maxQueue = 1000,
    hibernateAfterMs,
    durable = false,
    ...common
  } = sessionsOptions;
  if (durable && store === undefined) {
    throw new WasmReplError("INVALID_OPTION", "durable needs a directory to keep the states in");
  }
  checkCpuLimit(common, engine.tellsCpuTime);

  const lanes = createLanes();
  const seats = createSeats(maxLive, maxQueue);
  const live = new Map<string, Entry>();
  /** The live ones that nothing is asked of, the one that has been idle longest first. */
  const idle = new Map<string, Entry>();
  /** Places that are about to become free. */
  let leaving = 0;
  /** The states of sessions that hibernate: without a store all, with one those that it could not keep. */
  const asleep = new Map<string, Uint8Array>();
  /** What is known of sessions that hibernate and were live in this process: their states are their own. */
  const known = new Map<string, SessionStats>();
  let isClosed = false;
  let closing: Promise<void> | undefined;

  function inLane<Result>(names: readonly string[], action: () => Promise<Result>): Promise<Result> {
    return lanes.take(names, async () => {
      if (isClosed) throw closedError();
      return action();
    });
  }

  // What follows is done in the lane of the name, so that nothing else happens to its session meanwhile.

  /** The session of that name, live. It is not idle until `leave`. */
  async function enter(name: string): Promise<Entry> {
    const entry = live.get(name);
    idle.delete(name);
    entry?.idle.stop();
    if (entry?.isSeated) return entry;
    await takeSeat();
    try {
      if (isClosed) throw closedError();
      if (entry === undefined) return admit(name, await wake(name));
      entry.isSeated = true;
      return entry;
    } catch (error) {
      seats.give();
      throw error;
    }
  }

  function admit(name: string, session: LiveSession): Entry {
    const idleTimer = createIdleTimer(hibernateAfterMs, () => void evict(name));
    const entry: Entry = { session, idle: idleTimer, isSeated: true, isKept: false };
    live.set(name, entry);
    asleep.delete(name);
    known.delete(name);
    return entry;
  }

  function leave(name: string, entry: Entry): void {
    idle.set(name, entry);
    entry.idle.start();
    makeRoom();
  }

  async function wake(name: string): Promise<LiveSession> {
    const state = asleep.get(name) ?? (await store?.read(name));
    const totals = known.get(name);
    // What the options say of a session's beginning is long past.
    return start(name, state, { ownOptions: {}, ...(totals === undefined ? {} : { totals }) });
  }

  function ownOptions(name: string): SessionOptions {
    const own = optionsFor?.(name) ?? {};
    checkOptions("optionsFor", own, ownSessionsChecks);
    return own;
  }

  async function start(name: string, snapshot: Uint8Array | undefined, beginning: Beginning = {}) {
    const options = { ...common, ...ownOptions(name) };
    if (snapshot === undefined) return startSession(engine, language, options, {});
    const runtime = await engine.runtime(language, options.runtimeDirectory, packageRequest(options));
    const state = await acceptSnapshot(engine, snapshot, runtime, guestOptions(options));
    return startSession(engine, language, options, { ...beginning, state });
  }

  /** Keeps the state of a session that is asleep from now on: in the store if that can be, else here. */
  async function lay(name: string, state: Uint8Array): Promise<void> {
    if (store !== undefined) {
      try {
        await store.write(name, state);
        asleep.delete(name);
        return;
      } catch {
        // It is tried again when the session has been used, and at the end.
      }
    }
    asleep.set(name, state);
  }

  /** Keeps the state of a live session in the store. */
  async function keep(name: string, entry: Entry): Promise<void> {
    if (store === undefined || entry.isKept) return;
    await put(name, await entry.session.keep());
    entry.isKept = true;
  }

  /** Keeps a state in the store, or else rejects. */
  async function put(name: string, state: Uint8Array): Promise<void> {
    try {
      await store?.write(name, state);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WasmReplError("STATE_NOT_KEPT", `the state of ${quote(name)} could not be kept: ${reason}`, {
        cause,
      });
    }
  }

  /** Puts a live session to sleep. */
  async function sleep(name: string, entry: Entry): Promise<void> {
    const { session } = entry;
    entry.idle.stop();
    idle.delete(name);
    const stats = await session.stats();
    const state = entry.isKept ? undefined : await session.snapshot();
    if (state !== undefined) await lay(name, state);
    known.set(name, { ...stats, state: "hibernated", stateBytes: state?.length ?? stats.stateBytes });
    live.delete(name);
    await session.close();
  }

  // What follows is done for any name at any time.

  async function takeSeat(): Promise<void> {
    const seat = seats.take();
    makeRoom();
    await seat;
  }

  /** Has as many idle sessions hibernate as are needed for those that wait. */
  function makeRoom(): void {
    for (const name of idle.keys()) {
      if (leaving >= seats.waiting) return;
      idle.delete(name);
      leaving++;
      void evict(name).then(() => {
        leaving--;
        makeRoom();
      });
    }
  }

  /** Puts a session to sleep in its turn, and gives its place to the next one. Never rejects. */
  function evict(name: string): Promise<void> {
    return lanes.take([name], async () => {
      const entry = live.get(name);
      if (!entry?.isSeated) return;
      // A session whose thread broke down has none any more: its next run tells what that has cost.
      await sleep(name, entry).catch(() => {});
      entry.isSeated = false;
      seats.give();
    });
  }

  async function act<Result>(
    name: string,
    action: (session: LiveSession) => Promise<Result>,
  ): Promise<Result> {
    const entry = await enter(name);
    entry.isKept = false;
    try {
      const result = await action(entry.session);
      if (durable) await keep(name, entry);
      return result;
    } finally {
      leave(name, entry);
    }
  }

  /** The state of a session, which is made if there is none. */
  async function stateOf(name: string): Promise<Uint8Array> {
    if (!live.has(name)) {
      const state = asleep.get(name)?.slice() ?? (await store?.read(name));
      if (state !== undefined) return state;
    }
    const entry = await enter(name);
    try {
      return await entry.session.snapshot();
    } finally {
      leave(name, entry);
    }
  }

  async function has(name: string): Promise<boolean> {
    return live.has(name) || asleep.has(name) || ((await store?.has(name)) ?? false);
  }

  async function close(): Promise<void> {
    isClosed = true;
    for (const { session } of live.values()) session.interrupt();
    await lanes.rest();
    await Promise.all([...live.keys()].map((name) => lanes.take([name], () => end(name))));
    if (store !== undefined) {
      for (const [name, state] of [...asleep]) await lay(name, state);
      const [name] = asleep.keys();
      if (name !== undefined) {
        const message = `the states of ${asleep.size} sessions could not be kept, among them that of ${quote(name)}`;
        throw new WasmReplError("STATE_NOT_KEPT", message);
      }
    }
    asleep.clear();
    store?.close();
  }

  async function end(name: string): Promise<void> {
    const entry = live.get(name);
    if (entry === undefined) return;
    if (store !== undefined) {
      await sleep(name, entry).catch(async () => {
        // Its thread broke down: a question has it put back to its last checkpoint, which is kept then.
        await entry.session.inspect({ kind: "variables", code: "" });
        await sleep(name, entry);
      });
    }
    live.delete(name);
    await entry.session.close();
  }

  function checkName(name: unknown): asserts name is string {
    if (typeof name !== "string" || name === "" || name.length > maxNameLength) {
      throw new WasmReplError(
        "INVALID_OPTION",
        `a session's name is a string of 1 to ${maxNameLength} characters`,
      );
    }
    store?.check(name);
  }

  const sessions: Sessions = {
    language,
    async run(name, code, options = {}) {
      checkName(name);
      checkRun(language, code, options);
      checkCpuLimit(options, engine.tellsCpuTime);
      return inLane([name], async () => {
        // It need not be woken for that.
        if (options.signal?.aborted) return interruptedBefore();
        return act(name, (session) => session.run(code, options));
      });
    },
    async resume(name, answers, options = {}) {
      checkName(name);
      return inLane([name], () => act(name, (session) => session.resume(answers, options)));
    },
    async use(name, action) {
      checkName(name);
      return inLane([name], () => act(name, (session: Session) => action(session)));
    },
    async fork(from, to) {
      checkName(from);
      checkName(to);
      return inLane([from, to], async () => {
        const exists = new WasmReplError("SESSION_EXISTS", `there is a session ${quote(to)} already`);
        if (from === to || (await has(to))) throw exists;
        const state = await stateOf(from);
        if (durable) await put(to, state);
        else await lay(to, state);
      });
    },
    async snapshot(name) {
      checkName(name);
      return inLane([name], () => stateOf(name));
    },
    async restore(name, snapshot) {
      checkName(name);
      return inLane([name], async () => {
        const before = live.get(name);
        idle.delete(name);
        before?.idle.stop();
        if (!before?.isSeated) await takeSeat();
        let entry: Entry;
        try {
          const bytes = typeof snapshot === "function" ? await snapshot() : snapshot;
          const session = await start(name, bytes);
          entry = admit(name, session);
        } catch (error) {
          if (before?.isSeated) leave(name, before);
          else seats.give();
          throw error;
        }
        try {
          await before?.session.close();
          if (durable) await keep(name, entry);
        } finally {
          leave(name, entry);
        }
      });
    },
    async stats(name) {
      checkName(name);
      return inLane([name], async () => {
        if (!live.has(name) && known.has(name)) return known.get(name);
        if (!(await has(name))) return undefined;
        const entered = await enter(name);
        try {
          return await entered.session.stats();
        } finally {
          leave(name, entered);
        }
      });
    },
    async delete(name) {
      checkName(name);
      return inLane([name], async () => {
        const entry = live.get(name);
        const isHere = entry !== undefined || asleep.has(name);
        // First what outlives the process: if that fails, nothing has changed.
        const isKept = (await store?.remove(name)) ?? false;
        entry?.idle.stop();
        idle.delete(name);
        live.delete(name);
        asleep.delete(name);
        known.delete(name);
        await entry?.session.close();
        if (entry?.isSeated) seats.give();
        return isHere || isKept;
      });
    },
    async has(name) {
      checkName(name);
      if (isClosed) throw closedError();
      return has(name);
    },
    async list() {
      if (isClosed) throw closedError();
      const here = [...live.keys(), ...asleep.keys()];
      return store === undefined ? here : [...new Set([...here, ...(await store.names())])];
    },
    get live() {
      return live.size;
    },
    close() {
      closing ??= close().catch((error) => {
        closing = undefined;
        throw error;
      });
      return closing;
    },
    [Symbol.asyncDispose]: () => sessions.close(),
  };
  return sessions;
}

function closedError(): WasmReplError {
  return new WasmReplError("SESSION_CLOSED", "the sessions are closed");
}

function quote(name: string): string {
  return JSON.stringify(name.length > maxQuotedLength ? `${name.slice(0, maxQuotedLength)}…` : name);
}
