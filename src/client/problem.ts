import type { FailureCode } from "../service/failure.js";
import { parseJson } from "./json.js";
import { ServiceError } from "./service-error.js";

interface Circumstances {
  readonly status?: number;
  readonly retryAfterMs?: number;
}

/** What the service says of a failure (RFC 9457), or undefined if it is not what the service says. */
export function readProblem(
  bytes: Uint8Array | string,
  circumstances: Circumstances,
): ServiceError | undefined {
  let given: unknown;
  try {
    given = parseJson(bytes);
  } catch {
    return undefined;
  }
  if (typeof given !== "object" || given === null) return undefined;
  const { code, detail, errno, status } = given as Readonly<Record<string, unknown>>;
  if (typeof code !== "string" || !/^[A-Z][A-Z_]{0,63}$/.test(code) || typeof detail !== "string")
    return undefined;
  // One that a later service has is passed on.
  return new ServiceError(code as FailureCode, oneLine(detail), {
    ...(typeof status === "number" ? { status } : {}),
    ...(typeof errno === "string" && /^[A-Z0-9]{1,32}$/.test(errno) ? { errno } : {}),
    ...circumstances,
  });
}

/** Does nothing to a terminal, nor to a log. */
function oneLine(text: string): string {
  return text.slice(0, 1000).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ");
}
