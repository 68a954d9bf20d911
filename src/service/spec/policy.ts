import type { PackageRequest } from "../../engine/runtime.js";

/** What the operator allows to all sessions: what one asks for beyond it is refused, and what it does not say it has. */
export interface Policy {
  /** The longest time of a cell by the clock, in milliseconds, and what it waits for the network. */
  readonly timeoutMs: number;
  /** The most processor time of a cell, in milliseconds. Undefined: no limit but the time by the clock. */
  readonly cpuTimeoutMs: number | undefined;
  readonly memoryBytes: number;
  readonly maxOutputBytes: number;
  readonly maxFileBytes: number;
  readonly maxFiles: number;
  /** Hosts that a session may ask to reach, as the library's `network` has them. Empty: none. */
  readonly network: readonly string[];
  /** Sets of packages that a session may ask for: the texts of their locks, by name. */
  readonly packages: ReadonlyMap<string, string>;
  /** Directories of this machine's where the files of those are looked for before they are fetched. */
  readonly findLinks: readonly string[];
}

/** The packages of a set, as the library is asked for them; undefined if the operator has no such set. */
export function packagesOf({ packages, findLinks }: Policy, name: string): PackageRequest | undefined {
  const lock = packages.get(name);
  return lock === undefined ? undefined : { lock, findLinks };
}

export const defaultPolicy: Policy = {
  timeoutMs: 60_000,
  cpuTimeoutMs: undefined,
  memoryBytes: 512 * 1024 * 1024,
  maxOutputBytes: 1024 * 1024,
  maxFileBytes: 64 * 1024 * 1024,
  maxFiles: 10_000,
  network: [],
  packages: new Map(),
  findLinks: [],
};
