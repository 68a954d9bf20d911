import type { GuestOutcome } from "../engine/messages.js";
import { signalExitCodes } from "../guest-end.js";
import type { CellResult } from "./options.js";
import { type StopReason, stops, whyStopped } from "./stops.js";

/** What is reported of a run whose guest is still there. */
export function resultOf(
  outcome: GuestOutcome,
  reason: StopReason | undefined,
  timeoutMs: number,
): CellResult {
  const { result, output, snapshot, files } = outcome;
  const written = {
    ...(output === "" ? {} : { output }),
    ...(snapshot === undefined ? {} : { snapshot: snapshot.bytes }),
    ...(files === undefined || (files.files.length === 0 && !files.isCut) ? {} : { files: files.files }),
    ...(files?.isCut ? { filesCut: true as const } : {}),
  };
  // A run that was over before the notice reached it has not been stopped.
  const isOver = result.error === undefined && result.exitCode !== signalExitCodes.interrupted;
  if (reason === undefined || isOver) return { ...written, ...result };
  const why = whyStopped(reason, timeoutMs);
  return {
    ...written,
    ...result,
    ...(result.error === undefined ? {} : { error: `${result.error}\nThe run was stopped: ${why}.` }),
    stopped: reason,
    state: "kept",
  };
}

/** What is reported of a run whose guest was lost. */
export function lossOf(outcome: GuestOutcome | undefined, reason: StopReason | undefined): CellResult {
  const ended = outcome?.ended;
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

/** What is reported of a run that was called off before it began. */
export function interruptedBefore(): CellResult {
  const type = stops.interrupt.exception;
  const message = "the run was interrupted before it began";
  return { error: `${type}: ${message}`, exception: { type, message }, stopped: "interrupt", state: "kept" };
}
