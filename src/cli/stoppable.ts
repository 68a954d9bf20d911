import { endsWithin, ThreadEndedError, type ThreadHandle } from "../engine/handle.js";
import type { GuestRun } from "../engine/messages.js";
import { signalExitCodes } from "../guest-end.js";
import { restoreTerminals } from "../node/streams/terminal-output.js";
import { createStopper, type StopperLimits } from "../session/stopper.js";
import type { TerminalState } from "../terminal/changes.js";
import type { ProgramOutcome } from "./program-end.js";

/** A thread that is stuck, in a call of the system for instance, is not waited for any longer. */
const longestEndMs = 2000;

/**
 * Runs a program that its time limit and Ctrl-C can stop: Python gets a KeyboardInterrupt, and what does not end then
 * is ended. A second Ctrl-C ends it at once.
 */
export async function runStoppable(
  handle: ThreadHandle,
  run: GuestRun,
  limits: Pick<StopperLimits, "timeoutMs" | "cpuTimeoutMs">,
  onInput?: () => Promise<Uint8Array | undefined>,
  terminalState?: TerminalState,
): Promise<ProgramOutcome> {
  const stopper = createStopper(handle, limits);
  const stopListening = onInterrupts(
    () => stopper.stop("interrupt"),
    () => void handle.terminate(),
  );
  // The thread writes by itself: whoever sees its first output may send a signal before this thread goes on.
  const running = handle.run(run, {
    onLimit: stopper.insist,
    ...(onInput === undefined ? {} : { onInput }),
  });
  let outcome: ProgramOutcome | undefined;
  let isStuck = false;
  try {
    outcome = await running;
  } catch (error) {
    if (!(error instanceof ThreadEndedError)) throw error;
    isStuck = !(await endsWithin(handle, longestEndMs));
    const detail = stopper.reason === undefined ? error.message : "it did not stop when asked";
    outcome =
      stopper.reason === undefined
        ? { result: {}, ended: { reason: "crash", detail, exitCode: signalExitCodes.crash } }
        : { result: {} };
  } finally {
    stopper.dispose();
    stopListening();
    // A thread that was ended by force had no time for it.
    if (terminalState !== undefined) restoreTerminals(terminalState);
  }
  const { reason } = stopper;
  return reason === undefined || !wasStopped(outcome) ? outcome : { ...outcome, stopped: reason, isStuck };
}

/** Calls back at Ctrl-C, differently from the second time on. Gives what takes this back. */
export function onInterrupts(first: () => void, then: () => void): () => void {
  let count = 0;
  const listener = () => {
    count++;
    if (count === 1) first();
    else then();
  };
  process.on("SIGINT", listener);
  return () => {
    process.off("SIGINT", listener);
  };
}

/** A program that caught the notice and went on to its end has its own exit code, as under any other signal. */
function wasStopped({ result, ended, limit }: ProgramOutcome): boolean {
  if (limit !== undefined) return true;
  const { exitCode = signalExitCodes.interrupted } = result;
  return ended?.reason !== "exit" && exitCode === signalExitCodes.interrupted;
}
