import { GuestFailedError, ThreadEndedError } from "../engine/handle.js";
import { WasmReplError } from "../errors.js";

/** The most characters of a reason that comes out of a guest. */
const longestReason = 300;

export function closed(when = ""): WasmReplError {
  return new WasmReplError(
    "SESSION_CLOSED",
    when === "" ? "the session is closed" : `the session was closed ${when}`,
  );
}

/** @param calls Those that it waits for, by name. */
export function suspended(calls: readonly string[]): WasmReplError {
  return new WasmReplError(
    "SUSPENDED",
    `the session's run is suspended and waits for ${inWords(calls)}: answer with resume, or begin anew with reset`,
  );
}

/** The most names of calls that a message tells. */
const mostNames = 10;

/** The names of calls, of which there may be thousands. */
export function inWords(calls: readonly string[]): string {
  const more = calls.length - mostNames;
  return `${calls.slice(0, mostNames).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

export function notSuspended(): WasmReplError {
  return new WasmReplError("NOT_SUSPENDED", "the session has no suspended run to resume");
}

/** Nothing came of the run, if that is because the thread is gone; any other failure is thrown on. */
export function threadEnded(error: unknown): undefined {
  if (!(error instanceof ThreadEndedError)) throw error;
}

export function notSaved(cause: unknown): never {
  throw new WasmReplError("THREAD_LOST", "the session's thread broke down before the state was saved", {
    cause,
  });
}

export function notWorkedOn(cause: unknown): never {
  const message = "the session's thread broke down while it worked on files; the next run tells what is lost";
  throw new WasmReplError("THREAD_LOST", message, { cause });
}

/** Why an earlier snapshot is none to tell the difference from. */
export function notUsable(error: unknown): never {
  throw startFailure(error, true);
}

/** What a guest's options are at fault for, and not the state that it is made from. */
const optionErrors = ["MountError", "StartRefusedError"];

/** Why a guest was not made, in the words of the library. */
export function startFailure(error: unknown, fromSnapshot: boolean): unknown {
  if (!(error instanceof GuestFailedError) && !(error instanceof ThreadEndedError)) return error;
  const reason = inOneLine(error.message);
  const isOptions = error instanceof GuestFailedError && optionErrors.includes(error.kind);
  if (fromSnapshot && error instanceof GuestFailedError && !isOptions) {
    const code = error.kind === "DamagedError" ? "SNAPSHOT_DAMAGED" : "INVALID_SNAPSHOT";
    return new WasmReplError(code, `the snapshot cannot be used: ${reason}`, { cause: error });
  }
  return new WasmReplError("START_FAILED", `the session cannot start: ${reason}`, { cause: error });
}

/** Why a hibernated session was not woken. */
export function wakeFailure(error: unknown): unknown {
  if (!(error instanceof GuestFailedError) && !(error instanceof ThreadEndedError)) return error;
  const reason = inOneLine(error.message);
  return new WasmReplError("START_FAILED", `the session cannot wake, and keeps its state: ${reason}`, {
    cause: error,
  });
}

/** What was asked of a thread failed because it is gone. */
export function isThreadGone(error: unknown): boolean {
  return [error, (error as { cause?: unknown } | undefined)?.cause].some(
    (each) => each instanceof ThreadEndedError,
  );
}

/** The guest in a snapshot has words of its own for what is wrong: as many as it likes, and any characters. */
function inOneLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length <= longestReason ? line : `${line.slice(0, longestReason)} ...`;
}
