import type { GuestOutcome } from "../engine/messages.js";
import { signalExitCodes } from "../guest-end.js";
import type { CellResult } from "./options.js";
import type { Stopper } from "./stopper.js";

/** What is reported of a run whose guest is still there. */
export function resultOf(outcome: GuestOutcome, reason: Stopper["reason"], timeoutMs: number): CellResult {
  const { result, output, snapshot } = outcome;
  const written = {
    ...(output === "" ? {} : { output }),
    ...(snapshot === undefined ? {} : { snapshot: snapshot.bytes }),
  };
  // A run that was over before the notice reached it has not been stopped.
  const isOver = result.error === undefined && result.exitCode !== signalExitCodes.interrupted;
  if (reason === undefined || isOver) return { ...written, ...result };
  const why = reason === "timeout" ? `its time limit of ${timeoutMs / 1000} s is over` : "it was interrupted";
  return {
    ...written,
    ...result,
    ...(result.error === undefined ? {} : { error: `${result.error}\nThe run was stopped: ${why}.` }),
    stopped: reason,
    state: "kept",
  };
}

/** What is reported of a run whose guest was lost. */
export function lossOf(outcome: GuestOutcome | undefined, reason: Stopper["reason"]): CellResult {
  const ended = outcome?.ended;
  const [type, message] =
    ended === undefined
      ? reason === "timeout"
        ? ["TimeoutError", "the run took longer than its time limit and did not stop when asked"]
        : reason === "interrupt"
          ? ["InterruptedError", "the run did not stop when it was interrupted"]
          : ["Crash", "the session's thread broke down"]
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
  const type = "InterruptedError";
  const message = "the run was interrupted before it began";
  return { error: `${type}: ${message}`, exception: { type, message }, stopped: "interrupt", state: "kept" };
}
