import { homeDirectory } from "../guest/files.js";

const mebibyte = 1024 * 1024;

/** What applies where nothing else is asked for. */
export const defaults = {
  home: homeDirectory,
  memoryBytes: 1024 * mebibyte,
  maxOutputBytes: 16 * mebibyte,
  maxFileBytes: 256 * mebibyte,
  maxFiles: 65_536,
  maxCalls: 10_000,
  maxConcurrentCalls: 32,
  maxCallBytes: 16 * mebibyte,
} as const;

/** A guest that was restored and has not started by then is taken not to. */
export const longestStartMs = 5000;

/** How long it may take to restore a state: as many bytes move in a fiftieth of it, on a machine without other work. */
export function longestRestoreMs(stateBytes: number): number {
  return longestStartMs + Math.ceil(stateBytes / 10_000);
}

/** How long code that was asked to stop has until it is asked again without pause, and then until it is ended. */
export const graceMs = { first: 250, second: 750 } as const;

/** How long a run waits for its host, if it has a network and nothing else was said: a server may never answer. */
export const longestNetworkWaitMs = 60_000;

/** Processor time is looked at no more often than this, since the system counts it in steps of some milliseconds. */
export const leastCpuCheckMs = 4;

/** How long a question about the session may take before it is given up. */
export const inspectTimeoutMs = 1000;

/** The longest delay that a timer takes: more than three weeks. */
export const longestTimerMs = 2 ** 31 - 1;
