import { UsageError } from "./usage-error.js";

/** The text of a program. `source` names where it comes from, for the `UsageError` if it is no UTF-8. */
export function decodeProgram(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${source} is not UTF-8 text`);
  }
}
