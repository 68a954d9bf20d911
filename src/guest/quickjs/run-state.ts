import type { RunRequest, RunResult, SuspendedCall } from "../guest.js";
import type { CrossingValue } from "../host-line.js";
import { formatUncaught } from "./uncaught.js";

/** Why a run ends before its code does. */
export type Stop =
  | { readonly kind: "interrupted" }
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "failed" };

export interface Failure {
  readonly type: string;
  readonly message: string;
  /** The error as a console shows it. */
  readonly text: string;
  readonly exitCode: number;
}

export const outOfMemory = failure("InternalError", "out of memory", 1);
export const interruption = failure("InterruptedError", "interrupted", 130);
export const notSuspended = failure("Error", "no run is suspended", 1);
/** Node's exit code for it is 13 too. */
export const neverSettled = failure("Error", "top-level await never settled", 13);

function failure(type: string, message: string, exitCode: number): Failure {
  return { type, message, text: `${type}: ${message}`, exitCode };
}

/** A run at hand. */
export interface Run {
  /** Of one that goes on, what it was begun with. */
  request: RunRequest;
  columnShift: number;
  stop: Stop | undefined;
  failure: Failure | undefined;
  /** It was refused memory. */
  isStarved: boolean;
  /** The last expression's value as data. */
  value?: CrossingValue;
  /** It is not over, but waits for the answers to these. */
  suspended?: readonly SuspendedCall[];
}

/**
 * What becomes of a run that is over.
 *
 * @param result The last expression's value, as text.
 * @param exitCode Gives the guest's `process.exitCode`.
 * @param complain Writes to standard error.
 */
export function outcomeOf(
  { request, stop, failure, value, suspended }: Run,
  result: string | undefined,
  exitCode: () => number,
  complain: (text: string) => void,
): RunResult {
  if (suspended !== undefined) return { suspended };
  const isProgram = request.mode === "program";
  if (stop?.kind === "exit") {
    if (isProgram) return { exitCode: stop.code };
    const [type, message] = ["Exit", `the code called process.exit(${stop.code})`];
    return { error: `${type}: ${message}`, exception: { type, message }, exitCode: stop.code };
  }
  if (failure === undefined) {
    const shown = {
      ...(result === undefined ? {} : { result }),
      ...(value === undefined ? {} : { value }),
    };
    return isProgram ? { ...shown, exitCode: exitCode() } : shown;
  }
  const { type, message, text } = failure;
  const report = { error: text, exception: { type, message } };
  if (!isProgram) return report;
  if (stop?.kind !== "interrupted") complain(formatUncaught(request, text));
  return { ...report, exitCode: failure.exitCode };
}
