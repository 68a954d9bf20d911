import { WasmReplError } from "../../errors.js";
import type { SuspendedCall as GuestSuspendedCall } from "../../guest/guest.js";
import type { HostAnswer, Suspension } from "../../guest/host-line.js";
import { inWords } from "../failures.js";
import { anything, aText, checkOptions } from "../option-checks.js";
import type { ResumeAnswer, SuspendedCall } from "../options.js";
import { readArguments } from "./bind-arguments.js";
import { callName } from "./dispatcher.js";
import { CrossingError, encodeValue } from "./values.js";

/** What a suspended run waits for, as its guest tells it. Calls that its code has forged are left out. */
export function suspendedCalls(
  calls: readonly GuestSuspendedCall[],
  pending: readonly number[],
): SuspendedCall[] {
  const known = new Set(pending);
  return calls.flatMap(({ id, name, args: value }) => {
    if (!known.has(id)) return [];
    try {
      const { args, kwargs } = readArguments(value);
      return [{ call: callName(id), function: name, args, kwargs }];
    } catch {
      return [];
    }
  });
}

/** The calls that a suspended run waits for, by name. */
export function awaitedCalls(suspension: Suspension | undefined): string[] {
  return suspension?.ofRun ? suspension.calls.map(callName) : [];
}

/** `INVALID_OPTION` for what is no list of answers, or answers a call that is not pending, or one twice. */
export function answersOf(
  given: readonly ResumeAnswer[],
  pending: readonly number[],
  maxBytes: number,
): HostAnswer[] {
  if (!Array.isArray(given)) throw wrong("the answers must be an array");
  const ids = new Map(pending.map((id) => [callName(id), id]));
  const seen = new Set<string>();
  return given.map((answer: ResumeAnswer, index) => {
    const owner = `the answer ${index}`;
    checkOptions(owner, answer, { call: aText, value: anything, error: anError });
    const { call } = answer;
    const id = ids.get(call);
    if (id === undefined) {
      const known = inWords([...ids.keys()]);
      throw wrong(
        `no call ${JSON.stringify(call)} is pending${known === "" ? "" : `; pending are ${known}`}`,
      );
    }
    if (seen.has(call)) throw wrong(`${call} is answered twice`);
    seen.add(call);
    const hasValue = "value" in answer;
    if (hasValue === "error" in answer) throw wrong(`${owner} must have a value, or an error`);
    return hasValue ? { id, value: encoded(call, answer.value, maxBytes) } : { id, error: failure(answer) };
  });
}

function anError(value: unknown, name: string): string | undefined {
  const { type, message } = Object(value);
  if (typeof message === "string" && (type === undefined || typeof type === "string")) return undefined;
  return `${name} must be an object with a message, and perhaps a type, which are strings`;
}

function failure(answer: Extract<ResumeAnswer, { error: unknown }>) {
  const { type = "HostError", message } = answer.error;
  return { type, message };
}

function encoded(call: string, value: unknown, maxBytes: number) {
  try {
    return encodeValue(value, maxBytes);
  } catch (error) {
    const reason = error instanceof CrossingError ? error.message : "reading it failed";
    throw wrong(`the value for ${call} cannot cross: ${reason}`);
  }
}

function wrong(message: string): WasmReplError {
  return new WasmReplError("INVALID_OPTION", message);
}
