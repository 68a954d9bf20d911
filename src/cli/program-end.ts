import type { GuestOutcome } from "../engine/messages.js";
import { signalExitCodes } from "../guest-end.js";
import { limitMet, type RunLimits, type StopReason, stops } from "../session/stops.js";
import type { ExitStatus } from "./end-process.js";
import { reportOutputLimit } from "./output-limit.js";
import { tell } from "./tell.js";

/** How a program has ended, wherever it ran. */
export interface ProgramOutcome extends Pick<GuestOutcome, "result" | "outputLimited" | "ended" | "limit"> {
  /** Why its owner has stopped it. Absent: it has not. */
  readonly stopped?: StopReason;
  /** Its thread could not be ended. */
  readonly isStuck?: boolean;
  /** Its session could not be kept. */
  readonly unkept?: boolean;
}

/**
 * Says on standard error how a program has ended, if there is something to say, and tells how the process is to.
 *
 * @param limits Those that it had.
 */
export async function endOfProgram(
  command: string,
  outcome: ProgramOutcome,
  limits: RunLimits,
): Promise<ExitStatus> {
  const { result, ended, limit, isStuck, unkept } = outcome;
  const stopped = limit ?? outcome.stopped;
  if (stopped !== undefined && stopped !== "interrupt" && stopped !== "output") {
    tell(command, `stopped at ${limitMet(stopped, limits)}`);
    if (isStuck) await (await import("./exit-at-once.js")).exitAtOnce(stops[stopped].exitCode);
  }
  if (ended?.reason === "crash") tell(command, `the interpreter crashed: ${ended.detail}`);
  if (outcome.outputLimited) reportOutputLimit(command, limits.maxOutputBytes, outcome.result);
  if (stopped === "interrupt") return "SIGINT";
  if (stopped !== undefined) return stops[stopped].exitCode;
  if (isInterrupt(result)) return "SIGINT";
  const exitCode = ended?.exitCode ?? result.exitCode ?? (result.error === undefined ? 0 : 1);
  return unkept && exitCode === 0 ? 1 : exitCode;
}

/** Python ends by SIGINT whoever raised the interrupt that nothing caught. A guest's own 130 is an exit code. */
function isInterrupt({ exitCode, exception }: ProgramOutcome["result"]): boolean {
  return exitCode === signalExitCodes.interrupted && exception?.type === "KeyboardInterrupt";
}
