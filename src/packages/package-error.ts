import { WasmReplError } from "../errors.js";

/** Packages cannot be had as they were asked for; `reason` says why in one line. */
export function packageError(reason: string, cause?: unknown): WasmReplError {
  const line = reason.replace(/[\s\p{Cc}]+/gu, " ").trim();
  const message = line.length <= longestReason ? line : `${line.slice(0, longestReason)} ...`;
  return new WasmReplError("PACKAGES_UNAVAILABLE", message, cause === undefined ? {} : { cause });
}

/** Names and versions may be a stranger's. */
const longestReason = 500;
