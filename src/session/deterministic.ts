import { type Deterministic, latestStartMs } from "../abi/doors.js";
import { WasmReplError } from "../errors.js";

/** What a session has in place of the host's time and chance; see docs/determinism.md. */
export interface DeterministicOptions {
  /** What all random numbers come from: a number, or a text of at most 1,000 characters. `1` and `"1"` are the same. */
  readonly seed: number | string;
  /**
   * What the wall clock begins with: a date, or milliseconds since 1970; from 1970 to 2200. Default: the beginning of
   * 2020.
   */
  readonly startTime?: number | Date;
}

export const defaultStartTimeMs = Date.UTC(2020, 0, 1);

export const longestSeed = 1000;

/** `INVALID_OPTION` for what is no seed, or a time that no clock can begin with. */
export function readDeterministic(options: unknown): Deterministic {
  if (typeof options !== "object" || options === null) {
    throw invalid("must be an object with a seed", options);
  }
  const { seed, startTime = defaultStartTimeMs } = options as Record<string, unknown>;
  const isSeed = typeof seed === "string" ? seed.length <= longestSeed : Number.isFinite(seed);
  if (!isSeed) {
    throw invalid(`.seed must be a number or a text of at most ${longestSeed} characters`, seed);
  }
  const startTimeMs = startTime instanceof Date ? startTime.getTime() : startTime;
  if (typeof startTimeMs !== "number" || !(startTimeMs >= 0 && startTimeMs <= latestStartMs)) {
    throw invalid(".startTime must be a date, or milliseconds since 1970, from 1970 to 2200", startTime);
  }
  return { seed: String(seed), startTimeMs };
}

function invalid(rule: string, value: unknown): WasmReplError {
  const shown = typeof value === "string" ? `${value.length} characters` : describe(value);
  return new WasmReplError(
    "INVALID_OPTION",
    `deterministic${rule.startsWith(".") ? "" : " "}${rule}, not ${shown}`,
  );
}

function describe(value: unknown): string {
  return typeof value === "object" && value !== null && !(value instanceof Date)
    ? "an object"
    : String(value);
}
