import type { Engine } from "../engine/engine.js";
import type { Snapshot } from "../engine/guest-state.js";
import type { Language } from "../engine/runtime.js";
import { WasmReplError } from "../errors.js";
import { defaults, longestNetworkWaitMs } from "./defaults.js";
import { startFailure } from "./failures.js";
import { createDispatcher } from "./host-functions/dispatcher.js";
import { functionTable } from "./host-functions/table.js";
import { checkCpuLimit, createLiveSession, type LiveSession } from "./live-session.js";
import { withNetworkOf } from "./network/with-network.js";
import { checkOptions } from "./option-checks.js";
import { createSessionChecks } from "./option-tables.js";
import { guestOptions, packageRequest, type SessionOptions } from "./options.js";
import type { CreateSessionOptions, Session } from "./session.js";
import { createSessionGuest } from "./session-guest.js";
import { CapturedState } from "./session-state.js";
import { acceptSnapshot } from "./snapshot.js";
import type { SessionTotals } from "./stats.js";

/**
 * Starts a session.
 *
 * @param totals See `Beginning`.
 */
export async function openSession(
  engine: Engine,
  language: Language,
  options: CreateSessionOptions,
  totals?: SessionTotals,
): Promise<Session> {
  checkLanguage(language);
  checkOptions("createSession", options, createSessionChecks);
  const { snapshot, ...sessionOptions } = options;
  const state =
    snapshot === undefined
      ? undefined
      : await acceptSnapshot(
          engine,
          snapshot,
          await engine.runtime(language, options.runtimeDirectory, packageRequest(options)),
          guestOptions(sessionOptions),
        );
  const beginning = totals === undefined ? {} : { totals };
  return startSession(engine, language, sessionOptions, state === undefined ? {} : { state, ...beginning });
}

export function checkLanguage(language: unknown): asserts language is Language {
  if (language === "python" || language === "javascript") return;
  throw new WasmReplError("INVALID_OPTION", `language must be "python" or "javascript", not ${language}`);
}

/** Where a session begins. */
export interface Beginning {
  /** Default: with an empty name space. */
  readonly state?: CapturedState | Snapshot;
  /**
   * The state is the session's own, and this is what it had done: it goes on as it was. Default: the state is another
   * session's, and the interpreter is started anew in it.
   */
  readonly totals?: SessionTotals;
  /** Those of the options that go before what is in the state. Default: all of them. */
  readonly ownOptions?: SessionOptions;
}

export async function startSession(
  engine: Engine,
  language: Language,
  options: SessionOptions,
  { state, totals, ownOptions = options }: Beginning,
): Promise<LiveSession> {
  checkCpuLimit(options, engine.tellsCpuTime);
  const wanted = guestOptions(options, ownOptions);
  if (language !== "python" && (options.interpreterOptions ?? []).length > 0) {
    throw new WasmReplError("INVALID_OPTION", "interpreterOptions is for Python only");
  }
  if (options.network !== undefined && options.runtimeDirectory !== undefined) {
    throw new WasmReplError(
      "INVALID_OPTION",
      "network needs the bundled interpreter: builds for WASI have no sockets",
    );
  }
  // The thread comes up while the interpreter is loaded.
  const thread = engine.takeThread();
  try {
    const runtime = await engine.runtime(language, options.runtimeDirectory, packageRequest(options));
    const { maxConcurrentCalls = defaults.maxConcurrentCalls, maxCallBytes = defaults.maxCallBytes } =
      options;
    const functions = functionTable(options.functions ?? {});
    const limitsOfCalls = { maxConcurrentCalls, maxCallBytes };
    const dispatcher = await withNetworkOf(
      options.network,
      createDispatcher(language, limitsOfCalls, functions),
      engine.openNetwork,
    );
    const guest = createSessionGuest(engine, runtime, wanted, thread, dispatcher);
    const begun = state instanceof CapturedState ? CapturedState.open(state, runtime, wanted) : state;
    await guest.begin(begun, totals === undefined);
    // What a fork is not told of anew, it has from the session that it is of, and not from that one's beginning.
    const fork = (forked: CapturedState | Snapshot, others: SessionOptions) =>
      startSession(engine, language, { ...options, ...others }, { state: forked, ownOptions: others });
    const { timeoutMs, cpuTimeoutMs, hibernateAfterMs } = options;
    const { maxWaitMs = options.network === undefined ? undefined : longestNetworkWaitMs } = options;
    const { memoryBytes, maxOutputBytes } = wanted;
    const { maxCalls = defaults.maxCalls } = options;
    const limits = {
      timeoutMs,
      cpuTimeoutMs,
      maxWaitMs,
      memoryBytes,
      maxOutputBytes,
      maxCalls,
      maxCallBytes,
    };
    return createLiveSession(language, guest, dispatcher, limits, hibernateAfterMs, totals, fork);
  } catch (error) {
    await engine.endThread(thread);
    throw startFailure(error, state !== undefined);
  }
}
