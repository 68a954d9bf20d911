import type { Language } from "../../engine/runtime.js";
import {
  type CrossingValue,
  type GuestCall,
  type HostAnswer,
  type HostFailure,
  networkCallPrefix,
} from "../../guest/host-line.js";
import { withoutNetwork } from "../../guest/no-network.js";
import type { SuspendedCall } from "../options.js";
import { bindArguments, type CallArguments, readArguments } from "./bind-arguments.js";
import type { CheckArguments } from "./check-arguments.js";
import { type FunctionTable, parametersOf, type TableEntry } from "./table.js";
import type { CallSignal, HostCallContext } from "./types.js";
import { CrossingError, encodeValue } from "./values.js";

/** Carries out a session's calls of host functions, and answers them. */
export interface Dispatcher {
  /** The functions that there are; see `declare`. */
  readonly table: FunctionTable;
  /** Calls of other functions from now on. */
  declare(table: FunctionTable): void;
  /** Another guest is there: nothing that the one before has asked for is for it. */
  connect(send: (answers: readonly HostAnswer[]) => void): void;
  /** A run begins, whose calls these are from now on. */
  begin(runId: string | number): void;
  take(calls: readonly GuestCall[], cancelled: readonly number[]): void;
  /** The run that made them was stopped, or the guest is gone: aborts all calls, whose answers are dropped. */
  abort(reason: string): void;
  /** A call that waits, with its arguments by their names, as the function gets them. */
  named(call: SuspendedCall): SuspendedCall;
  /** How many wait for an answer. */
  readonly pending: number;
}

export interface DispatcherLimits {
  readonly maxConcurrentCalls: number;
  readonly maxCallBytes: number;
}

interface Call {
  readonly call: GuestCall;
  readonly runId: string | number;
  readonly controller: AbortController;
}

/** What a function returns whose answer comes another day. */
const suspended = Symbol("suspended");

const longestMessage = 10_000;
const longestType = 200;

export function createDispatcher(
  language: Language,
  limits: DispatcherLimits,
  first: FunctionTable,
): Dispatcher {
  let table = first;
  let send: (answers: readonly HostAnswer[]) => void = () => {};
  let runId: string | number = 0;
  const pending = new Map<number, Call>();
  let waiting: Call[] = [];
  let running = 0;
  const runningOf = new Map<TableEntry, number>();
  const checks = new Map<TableEntry, Promise<CheckArguments>>();
  let outbox: HostAnswer[] = [];

  function answer(given: Call, made: HostAnswer): void {
    // Not if it was dropped meanwhile, or another guest has a call of the same number.
    if (pending.get(given.call.id) !== given) return;
    pending.delete(given.call.id);
    if (outbox.push(made) > 1) return;
    // What else is settled by now goes with it.
    queueMicrotask(() => queueMicrotask(flush));
  }

  function flush(): void {
    const answers = outbox;
    outbox = [];
    if (answers.length > 0) send(answers);
  }

  /** Begins those that may begin, in order. */
  function advance(): void {
    if (waiting.length === 0) return;
    const left: Call[] = [];
    for (const given of waiting) {
      if (pending.get(given.call.id) !== given) continue;
      const entry = table.get(given.call.name);
      if (running >= limits.maxConcurrentCalls || isBusy(entry)) left.push(given);
      else void perform(given, entry);
    }
    waiting = left;
  }

  function isBusy(entry: TableEntry | undefined): boolean {
    return entry?.concurrency !== undefined && (runningOf.get(entry) ?? 0) >= entry.concurrency;
  }

  async function perform(given: Call, entry: TableEntry | undefined): Promise<void> {
    const { id, name, args } = given.call;
    if (entry === undefined) {
      if (name.startsWith(networkCallPrefix)) answer(given, withoutNetwork(given.call));
      else answer(given, failed(id, "HostError", `this session has no host function ${name}`));
      return;
    }
    running++;
    runningOf.set(entry, (runningOf.get(entry) ?? 0) + 1);
    try {
      const value = await callWithin(given, entry, args);
      if (value === suspended) answer(given, { id, isSuspended: true });
      else answer(given, { id, value: encodeResult(name, value) });
    } catch (error) {
      answer(given, { id, error: failureOf(error) });
    } finally {
      running--;
      runningOf.set(entry, (runningOf.get(entry) ?? 1) - 1);
      advance();
    }
  }

  /** The function's value or failure, or that it is late. A later one is nobody's, and no rejection goes unhandled. */
  function callWithin(given: Call, entry: TableEntry, args: CrossingValue): Promise<unknown> {
    const called = callFunction(given, entry, args);
    const { timeoutMs } = entry;
    const { signal } = given.controller;
    return new Promise((resolve, reject) => {
      const timer =
        timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY
          ? undefined
          : setTimeout(() => {
              const late = new HostTimeout(`${given.call.name} took longer than ${timeoutMs / 1000} s`);
              reject(late);
              given.controller.abort(late);
            }, timeoutMs);
      const onAbort = () => reject(signal.reason);
      // A function that takes no notice must not hold its place for ever.
      signal.addEventListener("abort", onAbort, { once: true });
      called.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
      });
    });
  }

  async function callFunction(given: Call, entry: TableEntry, value: CrossingValue): Promise<unknown> {
    const { args, kwargs } = readArguments(value);
    if (entry.plain !== undefined) {
      return entry.plain(...args, ...(Object.keys(kwargs).length === 0 ? [] : [kwargs]));
    }
    const context: HostCallContext = {
      signal: given.controller.signal as CallSignal,
      callId: callName(given.call.id),
      runId: given.runId,
      suspend: () => suspended,
    };
    if (entry.relay !== undefined && entry.parameters === undefined) {
      return entry.relay({ args, kwargs }, context);
    }
    const bound = await checkedArguments(given.call.name, entry, { args, kwargs });
    return entry.relay === undefined ? entry.run?.(bound, context) : entry.relay({ args, kwargs }, context);
  }

  async function checkedArguments(
    name: string,
    entry: TableEntry,
    given: CallArguments,
  ): Promise<Record<string, unknown>> {
    const { parameters } = entry;
    const names = parameters === undefined ? undefined : parametersOf(parameters).map(({ name }) => name);
    let bound: Record<string, unknown>;
    let fault: string | undefined;
    try {
      bound = bindArguments(language, given, names);
      fault = parameters === undefined ? undefined : (await checkOf(entry))(bound);
    } catch (error) {
      throw new TypeError(`${name}: ${(error as Error).message}`);
    }
    if (fault !== undefined) throw new TypeError(`${name}: ${fault}`);
    return bound;
  }

  function checkOf(entry: TableEntry): Promise<CheckArguments> {
    let check = checks.get(entry);
    if (check === undefined) {
      check = import("./check-arguments.js").then(({ argumentCheck }) =>
        argumentCheck(entry.parameters ?? {}),
      );
      checks.set(entry, check);
    }
    return check;
  }

  function encodeResult(name: string, value: unknown): CrossingValue {
    try {
      return encodeValue(value, limits.maxCallBytes);
    } catch (error) {
      const reason =
        error instanceof CrossingError ? error.message : `reading it failed: ${messageOf(error)}`;
      throw new TypeError(`what ${name} gave cannot cross: ${reason}`);
    }
  }

  function abort(reason: string): void {
    const calls = [...pending.values()];
    pending.clear();
    waiting = [];
    outbox = [];
    for (const { controller } of calls) controller.abort(new Error(reason));
  }

  return {
    get table() {
      return table;
    },
    declare(declared) {
      table = declared;
    },
    connect(to) {
      abort("the session has begun anew, or goes on from another state");
      send = to;
    },
    begin(id) {
      runId = id;
    },
    take(calls, cancelled) {
      for (const call of calls) {
        const given = { call, runId, controller: new AbortController() };
        pending.set(call.id, given);
        waiting.push(given);
      }
      for (const id of cancelled) {
        const given = pending.get(id);
        pending.delete(id);
        given?.controller.abort(new Error("the code does not want the answer any more"));
      }
      advance();
    },
    abort,
    named(call) {
      const entry = table.get(call.function);
      if (entry?.run === undefined || entry.parameters === undefined) return call;
      try {
        const names = parametersOf(entry.parameters).map(({ name }) => name);
        return { ...call, args: [], kwargs: bindArguments(language, call, names) };
      } catch {
        // Another function had that name when it was called.
        return call;
      }
    },
    get pending() {
      return pending.size;
    },
  };
}

class HostTimeout extends Error {
  override readonly name = "TimeoutError";
}

/** How a call is named outside. */
export function callName(id: number): string {
  return `c${id}`;
}

function failed(id: number, type: string, message: string): HostAnswer {
  return { id, error: { type, message } };
}

function failureOf(error: unknown): HostFailure {
  const name = property(error, "name");
  return {
    type: typeof name === "string" && name !== "" ? name.slice(0, longestType) : "HostError",
    message: messageOf(error).slice(0, longestMessage),
  };
}

function messageOf(error: unknown): string {
  const message = property(error, "message");
  if (typeof message === "string") return message;
  try {
    return String(error);
  } catch {
    return "it has failed";
  }
}

/** What is thrown can be anything, and looking at it can fail. */
function property(value: unknown, name: string): unknown {
  try {
    return Object(value)[name];
  } catch {
    return undefined;
  }
}
