import type { CallArguments } from "../session/host-functions/bind-arguments.js";
import type { HostCallContext, HostFunctions } from "../session/host-functions/types.js";
import type { RunSignal } from "../session/options.js";
import { checkDeclared, type DeclaredFunctions, relayedFunctions } from "../wire/declared-functions.js";
import { toJsonLine } from "../wire/json-text.js";
import { fromJsonValue, toJsonValue } from "../wire/json-values.js";
import { type CallRequest, defaultSession, quote, type RequestId } from "./requests.js";
import type { StreamWriter } from "./stream-writer.js";

/** The host functions of sessions that clients of JSON lines have declared, and carry out. */
export interface HostCalls {
  /** Those of the session of that name. */
  functionsOf(session: string): HostFunctions;
  /** Gives the session other functions than it had. An error of one line if no session can have them. */
  declare(session: string, declared: DeclaredFunctions): void;
  /** The second session has those of the first. */
  copy(from: string, to: string): void;
  /** The session has those that all have. */
  forget(session: string): void;
  /** Takes what a client says of a call. An error of one line if nobody waits for that. */
  answer(request: CallRequest): void;
  /** Nobody answers any more: runs that wait for an answer, or call from now on, are stopped. */
  end(): void;
  /** Whether a run was stopped for that reason. */
  readonly hasStoppedRuns: boolean;
}

interface PendingCall {
  readonly runId: RequestId;
  answer(value: unknown): void;
  fail(error: { readonly name: string; readonly message: string }): void;
  suspend(): void;
}

/**
 * @param common The functions of every session that has none of its own.
 * @param stopRun Stops what runs in a session, if it has that id. False if it has another.
 */
export function createHostCalls(
  common: DeclaredFunctions,
  output: StreamWriter,
  stopRun: (session: string, runId: RequestId) => boolean,
): HostCalls {
  const own = new Map<string, DeclaredFunctions>();
  const pending = new Map<string, PendingCall>();
  /** Calls are told one after the other, so that they are in order and no more of them wait for their reader than one. */
  let telling: Promise<void> = Promise.resolve();
  let isOver = false;
  let hasStoppedRuns = false;

  const write = (message: object) => void output.write(toJsonLine(message));

  /** Does it when all calls before are told, and there is room for one more. */
  function inOrder<Result>(signal: RunSignal, action: () => Result): Promise<Result> {
    const told = telling.then(async () => {
      await output.room(signal);
      return action();
    });
    telling = told.then(
      () => {},
      () => {},
    );
    return told;
  }

  /** A call that is made when nobody answers any more: that of a run that is stopped has no answer. */
  function leave(session: string, runId: RequestId): Promise<never> {
    if (!stopRun(session, runId)) throw nobody;
    hasStoppedRuns = true;
    return new Promise(() => {});
  }

  async function relay(
    session: string,
    name: string,
    { args, kwargs }: CallArguments,
    { signal, callId, runId, suspend }: HostCallContext,
  ): Promise<unknown> {
    const place = session === defaultSession ? {} : { session };
    const key = keyOf(session, callId);
    // A promise in an object, for it is not to be waited for in the queue.
    const { answered } = await inOrder<{ answered?: Promise<unknown> }>(signal, () => {
      // Then nobody waits for what comes of it.
      if (signal.aborted) return {};
      if (isOver) return { answered: leave(session, runId) };
      const line = { id: runId, event: "call", ...place, call: callId, function: name };
      write({ ...line, args: args.map(toJsonValue), kwargs: toJsonValue(kwargs) });
      const answered = new Promise((resolve, reject) => {
        const call = { runId, answer: resolve, fail: reject, suspend: () => resolve(suspend()) };
        pending.set(key, call);
        signal.addEventListener(
          "abort",
          () => {
            if (pending.get(key) !== call) return;
            pending.delete(key);
            write({ id: runId, event: "cancel", ...place, call: callId });
          },
          { once: true },
        );
      });
      return { answered };
    });
    return answered;
  }

  return {
    functionsOf(session) {
      const declared = own.get(session) ?? common;
      return relayedFunctions(declared, (name, given, context) => relay(session, name, given, context));
    },
    declare(session, declared) {
      checkDeclared(declared);
      own.set(session, declared);
    },
    copy(from, to) {
      const declared = own.get(from);
      if (declared === undefined) own.delete(to);
      else own.set(to, declared);
    },
    forget: (session) => void own.delete(session),
    answer(request) {
      const { session, call } = request;
      const key = keyOf(session, call);
      const waiting = pending.get(key);
      if (waiting === undefined) throw new Error(`no call ${quote(call)} waits for an answer`);
      // What is wrong with an answer leaves the call as it was.
      if (request.op === "suspend") waiting.suspend();
      else if ("error" in request) waiting.fail(failureOf(request.error));
      else waiting.answer(fromJsonValue(request.value));
      pending.delete(key);
    },
    end() {
      isOver = true;
      for (const [key, { runId, fail }] of pending) {
        const session = key.slice(key.indexOf(" ") + 1);
        if (stopRun(session, runId)) hasStoppedRuns = true;
        else fail(nobody);
      }
    },
    get hasStoppedRuns() {
      return hasStoppedRuns;
    },
  };
}

const nobody = { name: "HostError", message: "the input has ended: nobody answers calls any more" };

/** Calls are numbered in each session. */
function keyOf(session: string, call: string): string {
  return `${call} ${session}`;
}

function failureOf(error: unknown): { name: string; message: string } {
  const { type = "HostError", message, ...others } = Object(error);
  const isRight = typeof type === "string" && typeof message === "string" && Object.keys(others).length === 0;
  if (!isRight)
    throw new Error('"error" is {"type", "message"}, two strings of which the first may be absent');
  return { name: type, message };
}
