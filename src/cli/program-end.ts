import type { GuestOutcome } from "../engine/messages.js";
import { signalExitCodes } from "../guest-end.js";
import { type StopReason, stops } from "../session/stops.js";
import type { ExitStatus } from "./end-process.js";
import { reportOutputLimit } from "./output-limit.js";
import type { GivenOptions } from "./parse-options.js";
import { tell } from "./tell.js";

/** How a program has ended, wherever it ran. */
export interface ProgramOutcome extends Pick<GuestOutcome, "result" | "outputLimited" | "ended"> {
  /** Absent: by itself. */
  readonly stopped?: StopReason;
  /** Its thread could not be ended. */
  readonly isStuck?: boolean;
  /** Its session could not be kept. */
  readonly unkept?: boolean;
}

/** Says on standard error how a program has ended, if there is something to say, and tells how the process is to. */
export async function endOfProgram(
  command: string,
  outcome: ProgramOutcome,
  { timeoutMs, maxOutputBytes }: GivenOptions,
): Promise<ExitStatus> {
  const { result, ended, stopped, isStuck, unkept } = outcome;
  if (stopped === "timeout") {
    tell(command, `stopped at its time limit of ${(timeoutMs as number) / 1000} s`);
    if (isStuck) await (await import("./exit-at-once.js")).exitAtOnce(stops.timeout.exitCode);
  }
  if (ended?.reason === "crash") tell(command, `the interpreter crashed: ${ended.detail}`);
  if (outcome.outputLimited && maxOutputBytes !== undefined) {
    reportOutputLimit(command, maxOutputBytes, outcome.result);
  }
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
