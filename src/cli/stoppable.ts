import { endsWithin, ThreadEndedError, type ThreadHandle } from "../engine/handle.js";
import type { GuestOutcome, GuestRun } from "../engine/messages.js";
import { signalExitCodes } from "../guest-end.js";
import { restoreTerminals } from "../node/streams/terminal-output.js";
import { createStopper } from "../session/stopper.js";
import type { TerminalState } from "../terminal/changes.js";
import { exitAtOnce } from "./exit-at-once.js";
import { tell } from "./tell.js";

/** What `timeout` gives for a program that took too long. */
export const timeoutExitCode = 124;
/** A thread that is stuck, in a call of the system for instance, is not waited for any longer. */
const longestEndMs = 2000;

export interface ProgramOutcome extends Pick<GuestOutcome, "result" | "outputLimited" | "ended"> {
  /** Ctrl-C ended it. */
  readonly interrupted?: boolean;
  /** Its session could not be kept. */
  readonly unkept?: boolean;
}

/**
 * Runs a program that its time limit and Ctrl-C can stop: Python gets a KeyboardInterrupt, and what does not end then
 * is ended. A second Ctrl-C ends it at once. If the thread cannot be ended, the process is.
 */
export async function runStoppable(
  command: string,
  handle: ThreadHandle,
  run: GuestRun,
  timeoutMs: number | undefined,
  onInput?: () => Promise<Uint8Array | undefined>,
  terminalState?: TerminalState,
): Promise<ProgramOutcome> {
  const stopper = createStopper(handle, timeoutMs ?? Number.POSITIVE_INFINITY);
  const stopListening = onInterrupts(
    () => stopper.stop("interrupt"),
    () => void handle.terminate(),
  );
  // The thread writes by itself: whoever sees its first output may send a signal before this thread goes on.
  const running = handle.run(run, onInput === undefined ? {} : { onInput });
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
  if (stopper.reason === undefined || !wasStopped(outcome)) return outcome;
  if (stopper.reason === "interrupt") return { ...outcome, interrupted: true };
  reportTimeout(command, timeoutMs as number);
  if (isStuck) await exitAtOnce(timeoutExitCode);
  const { ended, result, ...rest } = outcome;
  return {
    ...rest,
    result: { ...result, exitCode: timeoutExitCode },
    ...(ended === undefined ? {} : { ended: { ...ended, exitCode: timeoutExitCode } }),
  };
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

export function reportTimeout(command: string, timeoutMs: number): void {
  tell(command, `stopped at its time limit of ${timeoutMs / 1000} s`);
}

/** A program that caught the notice and went on to its end has its own exit code, as under any other signal. */
function wasStopped({ result, ended }: ProgramOutcome): boolean {
  const { exitCode = signalExitCodes.interrupted } = result;
  return ended?.reason !== "exit" && exitCode === signalExitCodes.interrupted;
}
