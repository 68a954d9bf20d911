import type { GivenOptions } from "../parse-options.js";

/** A call's time limit, in milliseconds, where neither the client nor the command line says otherwise. */
const defaultTimeoutMs = 50_000;
/** The longest that a client may ask for, where the command line says nothing. */
const longestTimeoutMs = 600_000;

/** The most characters of a result that a model gets. */
export const mostCharacters = 20_000;

export interface RunTimes {
  readonly defaultMs: number;
  readonly mostMs: number;
}

/** What a run was made with. */
export interface RunSetting {
  readonly session: string;
  readonly timeoutMs: number;
  readonly times: RunTimes;
  readonly hasNetwork: boolean;
}

/** `--timeout` is what holds for a call that does not say otherwise, and the most that one may ask for. */
export function runTimes({ timeoutMs }: GivenOptions): RunTimes {
  return timeoutMs === undefined
    ? { defaultMs: defaultTimeoutMs, mostMs: longestTimeoutMs }
    : { defaultMs: timeoutMs, mostMs: Math.ceil(timeoutMs) };
}
