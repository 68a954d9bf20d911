import type { Snapshot } from "../engine/guest-state.js";
import { ThreadEndedError, type ThreadHandle } from "../engine/handle.js";
import type { GuestOutcome, GuestRun } from "../engine/messages.js";
import type { Language } from "../engine/runtime.js";
import { WasmReplError } from "../errors.js";
import type { InspectRequest } from "../guest/guest.js";
import type { HostAnswer } from "../guest/host-line.js";
import { inspectTimeoutMs } from "./defaults.js";
import { closed, isThreadGone, notSuspended, suspended, threadEnded } from "./failures.js";
import type { Dispatcher } from "./host-functions/dispatcher.js";
import { answersOf, awaitedCalls } from "./host-functions/suspended-calls.js";
import { declarationsOf, functionTable } from "./host-functions/table.js";
import type { HostFunctions } from "./host-functions/types.js";
import { createIdleTimer } from "./idle-timer.js";
import { checkedAnswer, checkQuestion } from "./inspection.js";
import { aText, checkOptions } from "./option-checks.js";
import { resumeChecks, runChecks, sessionChecks, snapshotChecks } from "./option-tables.js";
import type { ProgramResult, ProgramRunOptions, RunOptions, SessionOptions } from "./options.js";
import { interruptedBefore, lossOf, type RunMeasures, resultOf } from "./results.js";
import { createRunListener, runOf } from "./run.js";
import type { Session } from "./session.js";
import { createSessionFiles } from "./session-files.js";
import type { SessionGuest } from "./session-guest.js";
import type { CapturedState } from "./session-state.js";
import type { SessionTotals } from "./stats.js";
import { createStopper, type Stopper } from "./stopper.js";
import type { RunLimits } from "./stops.js";
import { createTurns } from "./turns.js";

/** A session with what only those need who keep sessions. */
export interface LiveSession extends Session {
  /** As `snapshot`; whatever happens from now on, the session does not go back to a state before this one. */
  keep(): Promise<Uint8Array>;
  /** What it has done so far. */
  readonly totals: SessionTotals;
  /** The functions of the host that its code may call from the next run on, in place of those before. */
  declare(functions: HostFunctions): void;
  /** The calls that its suspended run waits for, by name; empty if there is none. */
  readonly awaited: readonly string[];
}

export interface SessionLimits extends RunLimits {
  readonly maxCallBytes: number;
}

/**
 * A session around its guest, which has begun.
 *
 * @param limits Those of a run that has none of its own.
 * @param earlier What it had done before it was made again from its state.
 * @param start Starts a session from a state, with the options of this one and others in place of some of them.
 */
export function createLiveSession(
  language: Language,
  guest: SessionGuest,
  dispatcher: Dispatcher,
  limits: SessionLimits,
  hibernateAfterMs: number | undefined,
  earlier: SessionTotals | undefined,
  start: (state: CapturedState | Snapshot, options: SessionOptions) => Promise<Session>,
): LiveSession {
  const turns = createTurns();
  const idle = createIdleTimer(hibernateAfterMs, () => void hibernateIfIdle());
  let stopper: Stopper | undefined;
  /** A run that has its turn and waits for its guest. */
  let waiting: { isCalledOff: boolean } | undefined;
  let { runs, runMs } = earlier ?? { runs: 0, runMs: 0 };
  /** Requests that have not been answered yet. */
  let uses = 0;
  /** There were other functions before. */
  let isReplaced = false;
  let closing: Promise<void> | undefined;

  function inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    return turns.take(async () => {
      try {
        if (closing !== undefined) throw closed();
        return await action();
      } catch (error) {
        throw closing !== undefined && isThreadGone(error) ? closed() : error;
      }
    });
  }

  /** As `inTurn`, and the session has not been idle until it is done. */
  async function inUse<Result>(action: () => Promise<Result>): Promise<Result> {
    uses++;
    idle.stop();
    try {
      return await inTurn(action);
    } finally {
      uses--;
      if (uses === 0 && closing === undefined) idle.start();
    }
  }

  async function hibernateIfIdle(): Promise<void> {
    // A thread that is lost is for the next run to tell of.
    await inTurn(async () => {
      // An answer that it waits for would be lost.
      if (uses === 0 && dispatcher.pending === 0) await guest.sleep();
    }).catch(() => {});
  }

  async function run(
    code: string,
    options: ProgramRunOptions,
    answers?: HostAnswer[],
  ): Promise<ProgramResult> {
    const number = ++runs;
    const call = { isCalledOff: options.signal?.aborted === true };
    if (call.isCalledOff) return interruptedBefore();
    if (answers === undefined && guest.suspension?.ofRun) throw suspended(awaitedCalls(guest.suspension));
    waiting = call;
    const prepare = async () => {
      const { snapshot } = options;
      const wanted = snapshot && { snapshot: await guest.snapshotRequest(snapshot === true ? {} : snapshot) };
      return { wanted, thread: await guest.open() };
    };
    const { wanted, thread } = await prepare().finally(() => {
      waiting = undefined;
    });
    if (call.isCalledOff || options.signal?.aborted) return interruptedBefore();
    if (options.onInput !== undefined && thread.unreachable !== undefined) {
      throw new WasmReplError("INVALID_OPTION", `onInput cannot be used: ${thread.unreachable}`);
    }
    const id = options.id ?? number;
    guest.ran(id);
    dispatcher.begin(id);
    const { timeoutMs = limits.timeoutMs, cpuTimeoutMs = limits.cpuTimeoutMs, signal } = options;
    const { maxWaitMs = limits.maxWaitMs } = options;
    const listener = createRunListener(options, session.interrupt);
    const measure = startMeasuring(options.measuresCpu === false ? undefined : thread);
    const onLimit = () => stopper?.insist();
    const onWait = (isWaiting: boolean) => stopper?.wait(isWaiting);
    if (answers !== undefined && answers.length > 0) thread.answerCalls(answers);
    const request = { ...runOf(code, number, options), ...declared(), ...wanted };
    const running = thread.run(answers === undefined ? request : { ...request, mode: "resume" }, {
      ...listener,
      onLimit,
      onWait,
    });
    const current = createStopper(thread, { timeoutMs, cpuTimeoutMs, maxWaitMs, signal });
    stopper = current;
    let outcome: GuestOutcome | undefined;
    let measures: RunMeasures;
    try {
      outcome = await running.catch(threadEnded);
    } finally {
      // From here on nothing is to be stopped: what follows may be another guest.
      current.dispose();
      stopper = undefined;
      measures = measure();
      runMs += measures.durationMs;
    }
    if (closing !== undefined && (outcome === undefined || outcome.ended)) throw closed("while the cell ran");
    if (outcome?.ended === undefined) guest.suspension = outcome?.suspension;
    if (current.reason !== undefined || outcome?.limit !== undefined) {
      dispatcher.abort("the run that made the call was stopped");
    }
    const own = { ...limits, timeoutMs, cpuTimeoutMs, maxWaitMs, hasWaited: current.isWaiting };
    const result =
      outcome === undefined || outcome.ended !== undefined
        ? { ...lossOf(outcome, current.reason, own, measures), ...(await guest.recover()) }
        : resultOf(outcome, current.reason, own, measures, dispatcher.named);
    listener.finish();
    return isProgram(options) && outcome?.outputLimited ? { ...result, outputLimited: true } : result;
  }

  /** What the guest does not know yet of the functions that it may call. */
  function declared(): Pick<GuestRun, "functions"> {
    if (!guest.isUndeclared) return {};
    guest.isUndeclared = false;
    if (dispatcher.table.size === 0 && !isReplaced) return {};
    return { functions: declarationsOf(dispatcher.table) };
  }

  async function inspect(request: InspectRequest): Promise<unknown> {
    const thread = await guest.open();
    const current = createStopper(thread, { timeoutMs: inspectTimeoutMs });
    try {
      return await thread.inspect(request);
    } catch (error) {
      if (error instanceof ThreadEndedError && closing !== undefined) throw closed();
      // The guest broke down over the question, and is put back.
      await guest.recover();
      return undefined;
    } finally {
      current.dispose();
    }
  }

  function totals(): SessionTotals {
    const cpuMs = guest.cpuMs();
    return { runs, runMs, ...(cpuMs === undefined ? {} : { cpuMs: (earlier?.cpuMs ?? 0) + cpuMs }) };
  }

  async function close(): Promise<void> {
    idle.stop();
    if (stopper !== undefined || guest.isChanging) guest.stop();
    await turns.rest();
    await guest.end();
  }

  idle.start();
  const session: LiveSession = {
    language,
    get totals() {
      return totals();
    },
    async run(code, options = {}) {
      checkRun(language, code, options);
      checkCpuLimit(options, guest.tellsCpuTime);
      return inUse(() => run(code, options));
    },
    async resume(answers, options = {}) {
      checkOptions("resume", options, resumeChecks);
      checkCpuLimit(options, guest.tellsCpuTime);
      return inUse(async () => {
        if (!guest.suspension?.ofRun) throw notSuspended();
        return run("", options, answersOf(answers, guest.suspension.calls, limits.maxCallBytes));
      });
    },
    interrupt() {
      if (waiting !== undefined) waiting.isCalledOff = true;
      stopper?.stop("interrupt");
    },
    async inspect(request) {
      checkQuestion(request);
      return checkedAnswer(request.kind, await inUse(() => inspect(request)));
    },
    files: createSessionFiles((request, take) => inUse(() => guest.workOnFiles(request, take))),
    capture: () => inUse(guest.share),
    restore: (state) => inUse(() => guest.restore(state)),
    reset: () => inUse(guest.beginNew),
    async snapshot(options = {}) {
      checkOptions("snapshot", options, snapshotChecks);
      return inUse(() => guest.snapshot(options));
    },
    keep: () => inUse(guest.keep),
    declare(functions) {
      dispatcher.declare(functionTable(functions));
      guest.isUndeclared = true;
      isReplaced = true;
    },
    get awaited() {
      return awaitedCalls(guest.suspension);
    },
    async fork(options = {}) {
      checkOptions("fork", options, sessionChecks);
      return inUse(async () => start(await guest.copy(), options));
    },
    hibernate: () => inTurn(guest.sleep),
    stats: () => inTurn(async () => ({ ...(await guest.usage()), ...totals() })),
    close() {
      closing ??= close();
      return closing;
    },
    [Symbol.asyncDispose]: () => session.close(),
  };
  return session;
}

/** See `LiveSession.declare`: every session of ours is one. */
export function declareFunctions(session: Session, functions: HostFunctions): void {
  (session as LiveSession).declare(functions);
}

/** See `LiveSession.awaited`. */
export function awaitedBy(session: Session): readonly string[] {
  return (session as LiveSession).awaited;
}

/** `INVALID_OPTION` for what `run` cannot be given. */
export function checkRun(language: Language, code: unknown, options: RunOptions): void {
  const fault = aText(code, "the code");
  if (fault !== undefined) throw new WasmReplError("INVALID_OPTION", fault);
  checkOptions("run", options, runChecks);
  if (options.language !== undefined && language !== "javascript") {
    throw new WasmReplError(
      "INVALID_OPTION",
      `language is for sessions of JavaScript, and this one is of ${language}`,
    );
  }
  if (options.stdin !== undefined && options.onInput !== undefined) {
    throw new WasmReplError("INVALID_OPTION", "stdin and onInput do not go together: give one of them");
  }
}

/**
 * `INVALID_OPTION` for a limit of processor time where the system does not tell any.
 *
 * @param isTold Is asked only where there is such a limit: it takes longer than a short run.
 */
export function checkCpuLimit(
  { cpuTimeoutMs }: Pick<RunOptions, "cpuTimeoutMs">,
  isTold: () => boolean,
): void {
  if (cpuTimeoutMs === undefined || isTold()) return;
  throw new WasmReplError(
    "INVALID_OPTION",
    "cpuTimeoutMs cannot be kept to: this system does not tell the processor time of a thread; give timeoutMs",
  );
}

/** Gives what tells how long the run has taken from now on, and how much of that the thread has computed. */
function startMeasuring(thread: ThreadHandle | undefined): () => RunMeasures {
  const begun = { ms: performance.now(), cpuMs: thread?.cpuMs() };
  return () => {
    const cpuMs = thread?.cpuMs();
    return {
      durationMs: toMicroseconds(performance.now() - begun.ms),
      ...(begun.cpuMs === undefined || cpuMs === undefined
        ? {}
        : { cpuMs: toMicroseconds(cpuMs - begun.cpuMs) }),
    };
  };
}

/** The clock tells no more than that. */
function toMicroseconds(timeMs: number): number {
  return Math.round(timeMs * 1000) / 1000;
}

function isProgram(options: ProgramRunOptions): boolean {
  return options.program !== undefined;
}
