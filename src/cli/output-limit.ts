import type { RunResult } from "../guest/guest.js";
import { tell } from "./tell.js";

/** In characters. */
const longestReason = 300;

/**
 * Says that a program's output has met its limit, and how it ended if it failed: what the interpreter writes about that
 * is under the limit too. The line before may have been cut off anywhere, so this one begins anew.
 */
export function reportOutputLimit(command: string, maxOutputBytes: number, { exception }: RunResult): void {
  const reason = exception === undefined ? "" : ` (${reasonOf(exception)})`;
  const unit = maxOutputBytes === 1 ? "byte" : "bytes";
  tell(command, `output cut off at its limit of ${maxOutputBytes} ${unit}${reason}`, "\n");
}

/** The text is the program's, so it is held to one line without control characters. */
function reasonOf({ type, message }: { readonly type: string; readonly message: string }): string {
  const text = message === "" ? type : `${type}: ${message}`;
  const line = text.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length <= longestReason ? line : `${line.slice(0, longestReason)} …`;
}
