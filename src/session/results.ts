import type { GuestOutcome, WrittenOutput } from "../engine/messages.js";
import type { CrossingValue } from "../guest/host-line.js";
import { signalExitCodes } from "../guest-end.js";
import { suspendedCalls } from "./host-functions/suspended-calls.js";
import { decodeValue } from "./host-functions/values.js";
import type { CellResult, Display, SuspendedCall } from "./options.js";
import { type RunLimits, type StopReason, stops, whyStopped } from "./stops.js";

/** What is said of a run whatever has become of it. */
export type RunMeasures = Pick<CellResult, "durationMs" | "cpuMs">;

/**
 * What is reported of a run whose guest is still there.
 *
 * @param named Gives a call that it waits for with the arguments' names.
 */
export function resultOf(
  outcome: GuestOutcome,
  stopReason: StopReason | undefined,
  limits: RunLimits,
  measures: RunMeasures,
  named: (call: SuspendedCall) => SuspendedCall,
): CellResult {
  const { result: given, limit, snapshot, files, memoryBytes } = outcome;
  const { value, suspended, ...result } = given;
  const whole = {
    ...writtenBy(outcome),
    ...(files === undefined || (files.files.length === 0 && !files.isCut) ? {} : { files: files.files }),
    ...(files?.isCut ? { filesCut: true as const } : {}),
    ...result,
    ...dataOf(value),
    ...displayOf(outcome.shown),
    ...(suspended === undefined
      ? {}
      : { suspended: suspendedCalls(suspended, outcome.suspension?.calls ?? []).map(named) }),
    ...(snapshot === undefined ? {} : { snapshot: snapshot.bytes }),
    ...measures,
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  };
  const reason = limit ?? stopReason;
  const isOver = result.error === undefined && result.exitCode !== signalExitCodes.interrupted;
  // A run that was over before the notice reached it has not been stopped; but a limit was met, or it was not.
  if (reason === undefined || (isOver && limit === undefined)) return whole;
  return {
    ...whole,
    ...stopError(reason, whyStopped(reason, limits), result),
    stopped: reason,
    state: "kept",
  };
}

function dataOf(value: CrossingValue | undefined): Pick<CellResult, "value"> {
  if (value === undefined) return {};
  try {
    return { value: decodeValue(value) };
  } catch {
    // Forged.
    return {};
  }
}

function displayOf(shown: readonly CrossingValue[] = []): Pick<CellResult, "display"> {
  const display = shown.flatMap((value) => {
    try {
      return [decodeValue(value) as Display];
    } catch {
      return [];
    }
  });
  return display.length === 0 ? {} : { display };
}

/** The error of a run that was stopped: its own, or if it has none, since it went on to its end, one that says why. */
function stopError(
  reason: StopReason,
  why: string,
  { error, exitCode }: GuestOutcome["result"],
): Pick<CellResult, "error" | "exception"> {
  if (error !== undefined) return { error: `${error}\nThe run was stopped: ${why}.` };
  // A Python program has told its error itself, on standard error.
  if (exitCode !== undefined && exitCode !== 0) return {};
  const type = stops[reason].exception;
  return { error: `${type}: ${why}`, exception: { type, message: why } };
}

/** What is reported of a run whose guest was lost. */
export function lossOf(
  outcome: GuestOutcome | undefined,
  stopReason: StopReason | undefined,
  limits: RunLimits,
  measures: RunMeasures,
): CellResult {
  const reason = outcome?.limit ?? stopReason;
  return {
    ...(outcome === undefined ? {} : writtenBy(outcome)),
    ...endOf(outcome, reason, limits),
    ...measures,
    ...(reason === undefined ? {} : { stopped: reason }),
  };
}

function endOf(
  outcome: GuestOutcome | undefined,
  reason: StopReason | undefined,
  limits: RunLimits,
): Pick<CellResult, "error" | "exception" | "exitCode"> {
  const ended = outcome?.ended;
  if (ended?.reason === "full" && reason !== undefined) {
    const why = `${whyStopped(reason, limits)}, and ${ended.detail}`;
    return { ...outcome?.result, ...stopError(reason, why, outcome?.result ?? {}) };
  }
  const [type, message] =
    ended === undefined
      ? reason === undefined
        ? ["Crash", "the session's thread broke down"]
        : [stops[reason].exception, stops[reason].ignored]
      : ended.reason === "exit"
        ? ["SystemExit", `the code ended the interpreter with exit code ${ended.exitCode}`]
        : ["Crash", `the interpreter crashed: ${ended.detail}`];
  return {
    error: `${type}: ${message}`,
    exception: { type, message },
    ...(ended === undefined ? {} : { exitCode: ended.exitCode }),
  };
}

function writtenBy({ output, apart, only }: WrittenOutput): Pick<CellResult, "output" | "stdout" | "stderr"> {
  if (output === "") return {};
  return { output, ...(apart ?? (only === undefined ? { stdout: output } : { stderr: output })) };
}

/** What is reported of a run that was called off before it began. */
export function interruptedBefore(): CellResult {
  const type = stops.interrupt.exception;
  const message = "the run was interrupted before it began";
  return {
    error: `${type}: ${message}`,
    exception: { type, message },
    durationMs: 0,
    stopped: "interrupt",
    state: "kept",
  };
}
