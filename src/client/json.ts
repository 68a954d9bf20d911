import { checkJsonBounds } from "../bounded-json.js";
import { invalidAnswer } from "./service-error.js";

/** More than anything that the service sends. */
export const mostJsonBytes = 64 * 1024 * 1024;
const bounds = { bytes: mostJsonBytes, depth: 250, members: 2_000_000 } as const;

/** JSON of a service that may be none: `INVALID_ANSWER`. */
export function parseJson(given: Uint8Array | string): unknown {
  const bytes = typeof given === "string" ? new TextEncoder().encode(given) : given;
  try {
    checkJsonBounds(bytes, bounds);
    return JSON.parse(typeof given === "string" ? given : new TextDecoder().decode(given));
  } catch (cause) {
    throw invalidAnswer("it is no JSON, or too much of it", { cause });
  }
}
