import { readFileSync } from "node:fs";
import type { PackageRequest } from "../engine/runtime.js";
import { splitRequirements } from "../packages/requirement.js";
import type { DeterministicOptions } from "../session/deterministic.js";
import type { SessionOptions } from "../session/options.js";
import type { SessionsOptions } from "../session/sessions.js";
import { type OptionKey, options } from "./options.js";
import type { GivenOptions } from "./parse-options.js";
import type { SessionFileOptions } from "./session-file.js";
import { UsageError } from "./usage-error.js";

/** What the options of the command line and those of a session have the same names for. */
const passedOn = [
  "mounts",
  "timeoutMs",
  "cpuTimeoutMs",
  "memoryBytes",
  "maxOutputBytes",
  "onLimit",
  "maxFileBytes",
  "maxFiles",
  "maxCalls",
  "maxCallBytes",
  "maxWaitMs",
  "runtimeDirectory",
  "trace",
] as const satisfies readonly (OptionKey & keyof SessionOptions)[];

/** What the command line says of a session. */
export function sessionOptions(given: GivenOptions): SessionOptions {
  const packages = packagesOf(given);
  const env = Object.fromEntries(given.env ?? []);
  const deterministic = deterministicOptions(given);
  const words = interpreterOptions(given);
  return {
    env,
    ...(words.length === 0 ? {} : { interpreterOptions: words }),
    ...(deterministic === undefined ? {} : { deterministic }),
    ...(given.network === undefined ? {} : { network: { allow: given.network } }),
    ...(packages === undefined ? {} : { packages }),
    ...Object.fromEntries(passedOn.filter((key) => given[key] !== undefined).map((key) => [key, given[key]])),
  };
}

/** What the command line says of packages. */
export function packagesOf(given: GivenOptions, more: readonly string[] = []): PackageRequest | undefined {
  const { with: wanted = [], lock, findLinks, indexUrl, prepare, offline } = given;
  const requirements = [...wanted.flatMap(splitRequirements), ...more];
  if (requirements.length === 0 && lock === undefined) return undefined;
  return {
    ...(requirements.length === 0 ? {} : { requirements }),
    ...(lock === undefined ? {} : { lock: readLock(lock) }),
    ...(findLinks === undefined ? {} : { findLinks }),
    ...(indexUrl === undefined ? {} : { indexUrl }),
    ...(prepare === undefined ? {} : { prepare }),
    ...(offline === undefined ? {} : { offline }),
  };
}

function readLock(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read the lock ${path}: ${Object(error).code}`);
  }
}

/** CPython's own options, as they would be typed one by one. */
function interpreterOptions(given: GivenOptions): string[] {
  const { optimize = 0, verbose = 0, warnings = [], extended = [] } = given;
  return [
    ...plainLetters.filter((letter) => given[letter]).map((letter) => options[letter].names[0]),
    ...Array<string>(optimize).fill("-O"),
    ...Array<string>(verbose).fill("-v"),
    ...warnings.map((filter) => `-W${filter}`),
    ...extended.map((text) => `-X${text}`),
  ];
}

const plainLetters = [
  "bytecode",
  "ignoreEnvironment",
  "isolated",
  "safePath",
  "userSite",
  "site",
  "unbuffered",
] as const;

/** The most sessions that have an interpreter at one time, unless the user says otherwise. */
const defaultMaxLive = 64;

/** What the command line says of all sessions of a process that has many. */
export function sessionsOptions(given: GivenOptions): SessionsOptions {
  const { maxLive = defaultMaxLive, hibernateAfterMs } = given;
  return {
    ...sessionOptions(given),
    maxLive,
    ...(hibernateAfterMs === undefined ? {} : { hibernateAfterMs }),
  };
}

/** What the command line says of time and chance. */
export function deterministicOptions({ seed, startTimeMs }: GivenOptions): DeterministicOptions | undefined {
  if (seed === undefined) return undefined;
  return { seed, ...(startTimeMs === undefined ? {} : { startTime: startTimeMs }) };
}

/** Where the session comes from, and is kept. */
export function sessionFileOptions({ session, readOnly }: GivenOptions): SessionFileOptions | undefined {
  return session === undefined ? undefined : { path: session, readOnly: readOnly === true };
}
