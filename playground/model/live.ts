/** The interpreter at work: opened from a state, and opened anew where it goes to another. */
import {
  type CellResult,
  createSession,
  type Language,
  type LoadProgress,
  type RunOptions,
  type Session,
  WasmReplError,
} from "wasm-repl/browser";
import { type Limits, maxOutputBytes } from "./limits.js";

/** Where the build puts the files; it names the worker's script by what is in it. */
declare const WORKER_FILE: string;

export async function openLive(
  language: Language,
  { memoryBytes }: Limits,
  chain: readonly Uint8Array[],
  onProgress?: (progress: LoadProgress) => void,
): Promise<Session> {
  return createSession(language, {
    memoryBytes,
    maxOutputBytes,
    assetsUrl: "runtimes/",
    workerUrl: WORKER_FILE,
    ...(chain.length === 0 ? {} : { snapshot: chain }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

/** A part needs its chain to be read, and chains have at most 256. */
const longestChain = 40;

/** The last of the snapshots that make a state, and how many there are. Absent: an empty session. */
export interface ChainEnd {
  readonly last: Uint8Array;
  readonly length: number;
}

/**
 * Runs a cell and takes the state after it: what has changed since the state before, or all where the session does not
 * know that any more.
 */
export async function runAndTake(
  session: Session,
  code: string,
  options: RunOptions,
  before: ChainEnd | undefined,
): Promise<{ result: CellResult; isPart: boolean }> {
  if (isFollowed(before)) {
    try {
      const result = await session.run(code, { ...options, snapshot: { since: before.last } });
      return { result, isPart: true };
    } catch (error) {
      if (!isUnknown(error)) throw error;
    }
  }
  return { result: await session.run(code, { ...options, snapshot: true }), isPart: false };
}

/** The state as it is now, in the same way. */
export async function take(
  session: Session,
  before: ChainEnd | undefined,
): Promise<{ bytes: Uint8Array; isPart: boolean }> {
  if (isFollowed(before)) {
    try {
      return { bytes: await session.snapshot({ since: before.last }), isPart: true };
    } catch (error) {
      if (!isUnknown(error)) throw error;
    }
  }
  return { bytes: await session.snapshot(), isPart: false };
}

function isFollowed(before: ChainEnd | undefined): before is ChainEnd {
  return before !== undefined && before.length < longestChain;
}

function isUnknown(error: unknown): boolean {
  return error instanceof WasmReplError && error.code === "INVALID_SNAPSHOT";
}
