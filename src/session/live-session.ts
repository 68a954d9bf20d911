import { ThreadEndedError } from "../engine/handle.js";
import type { GuestOutcome } from "../engine/messages.js";
import type { Language } from "../engine/runtime.js";
import { WasmReplError } from "../errors.js";
import type { InspectRequest } from "../guest/guest.js";
import { inspectTimeoutMs } from "./defaults.js";
import { closed, threadEnded } from "./failures.js";
import {
  type CellResult,
  checkTimeout,
  type ProgramResult,
  type ProgramRunOptions,
  type RunOptions,
  type SessionOptions,
} from "./options.js";
import { interruptedBefore, lossOf, resultOf } from "./results.js";
import { createRunListener, runOf } from "./run.js";
import type { Session } from "./session.js";
import type { SessionGuest } from "./session-guest.js";
import type { SessionState } from "./session-state.js";
import { createStopper, type Stopper } from "./stopper.js";
import { createTurns } from "./turns.js";

/**
 * A session around its guest, which has begun.
 *
 * @param timeoutMs The longest time of a run that does not say otherwise.
 * @param start Starts a session from a state, with the options of this one and others in place of some of them.
 */
export function createLiveSession(
  language: Language,
  guest: SessionGuest,
  timeoutMs: number | undefined,
  start: (state: SessionState, options: SessionOptions | undefined) => Promise<Session>,
): Session {
  const turns = createTurns();
  let stopper: Stopper | undefined;
  let runs = 0;
  let closing: Promise<void> | undefined;

  function inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    return turns.take(async () => {
      if (closing !== undefined) throw closed();
      return action();
    });
  }

  async function run(code: string, options: RunOptions): Promise<ProgramResult> {
    const number = ++runs;
    if (options.signal?.aborted) return interruptedBefore();
    const snapshot =
      options.snapshot === undefined
        ? {}
        : { snapshot: await guest.snapshotRequest(options.snapshot === true ? {} : options.snapshot) };
    const thread = await guest.open();
    guest.ran(options.id ?? number);
    const listener = createRunListener(options, session.interrupt);
    const limitMs = options.timeoutMs ?? timeoutMs ?? Number.POSITIVE_INFINITY;
    const running = thread.run({ ...runOf(code, number, options), ...snapshot }, listener);
    const current = createStopper(thread, limitMs, options.signal);
    stopper = current;
    const outcome = await running.catch(threadEnded).finally(() => {
      // From here on nothing is to be stopped: what follows may be another guest.
      current.dispose();
      stopper = undefined;
    });
    if (closing !== undefined && (outcome === undefined || outcome.ended)) throw closed("while the cell ran");
    const result =
      outcome === undefined || outcome.ended !== undefined
        ? await recover(outcome, current)
        : resultOf(outcome, current.reason, limitMs);
    listener.finish();
    return isProgram(options) && outcome?.outputLimited ? { ...result, outputLimited: true } : result;
  }

  /** The guest was lost. */
  async function recover(outcome: GuestOutcome | undefined, { reason }: Stopper): Promise<CellResult> {
    const recovered = await guest.recover();
    return {
      ...(outcome === undefined || outcome.output === "" ? {} : { output: outcome.output }),
      ...lossOf(outcome, reason),
      ...(reason === undefined ? {} : { stopped: reason }),
      ...recovered,
    };
  }

  async function inspect(request: InspectRequest): Promise<unknown> {
    const thread = await guest.open();
    const current = createStopper(thread, inspectTimeoutMs);
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

  async function close(): Promise<void> {
    if (stopper !== undefined) guest.stop();
    await turns.rest();
    await guest.end();
  }

  const session: Session = {
    language,
    async run(code, options = {}) {
      checkRun(code, options);
      return inTurn(() => run(code, options));
    },
    interrupt() {
      stopper?.stop("interrupt");
    },
    inspect: (request) => inTurn(() => inspect(request)),
    capture: () => inTurn(guest.share),
    restore: (state) => inTurn(() => guest.restore(state)),
    reset: () => inTurn(guest.beginNew),
    snapshot: (options = {}) => inTurn(() => guest.snapshot(options)),
    fork: (options) => inTurn(async () => start(await guest.share(), options)),
    close() {
      closing ??= close();
      return closing;
    },
    [Symbol.asyncDispose]: () => session.close(),
  };
  return session;
}

function checkRun(code: unknown, { timeoutMs, stdin }: RunOptions): void {
  checkTimeout(timeoutMs);
  if (typeof code !== "string") throw new WasmReplError("INVALID_OPTION", "the code must be a string");
  if (stdin !== undefined && typeof stdin !== "string") {
    throw new WasmReplError("INVALID_OPTION", "stdin must be a string");
  }
}

function isProgram(options: ProgramRunOptions): boolean {
  return options.program !== undefined;
}
