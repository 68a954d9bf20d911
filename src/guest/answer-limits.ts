import type { JsonBounds } from "../bounded-json.js";

const mebibyte = 1024 * 1024;

/** Each text may have this much, whatever the limit: with less, an error's last line would not be seen. */
export const leastTextBytes = 1000;
/** A JavaScript string cannot be much longer. */
const mostTextBytes = 256 * mebibyte;

/**
 * The most bytes of each text in the answer to a run: `error`, the exception's message and `result`. It is the limit
 * of the run's output, within bounds.
 */
export function textLimit(maxOutputBytes: number): number {
  return Math.min(Math.max(maxOutputBytes, leastTextBytes), mostTextBytes);
}

/** The most bytes of the name of an exception's type. */
export const maxTypeBytes = 250;

/** What an answer to a question about the session may be; the drivers cut their lists so that they fit. */
export const inspectBounds: JsonBounds = { bytes: mebibyte, depth: 8, members: 20_000 };

/** What a value may be that crosses between guest and host; see `call-values.ts`. */
export const crossingBounds = {
  /** Of the JSON. Its length is bounded by what a call may have. One level is the list of arguments'. */
  json: { bytes: Number.POSITIVE_INFINITY, depth: 202, members: 1_000_000 } satisfies JsonBounds,
  /** Of the JSON and all bytes beside it. */
  parts: 10_001,
};
