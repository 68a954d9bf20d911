/** What each option of the library may be. */

import type { PackageRequest } from "../engine/runtime.js";
import type { Mount } from "../vfs/mount-spec.js";
import { readDeterministic } from "./deterministic.js";
import { functionTable } from "./host-functions/table.js";
import type { HostFunctions } from "./host-functions/types.js";
import { faultOfInterpreterOption } from "./interpreter-options.js";
import { parseRule } from "./network/policy.js";
import type { NetworkOptions } from "./network/types.js";
import {
  aBoolean,
  aCount,
  aDuration,
  aFunction,
  anObject,
  anything,
  aSize,
  aString,
  aText,
  type Check,
  type Checks,
  each,
  isCount,
  members,
  oneOf,
  rule,
  strings,
} from "./option-checks.js";
import type { ProgramRunOptions, ResumeOptions, SessionOptions, SnapshotOptions } from "./options.js";
import type { CreateSessionOptions } from "./session.js";
import type { SessionsOptions } from "./sessions.js";

/** What 32-bit WebAssembly can address. */
const mostMemoryBytes = 4 * 1024 ** 3;

const environment: Check = (value, name) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return rule("an object of strings", () => false)(value, name);
  }
  for (const [variable, text] of Object.entries(value)) {
    if (variable === "" || /[=\0]/.test(variable)) {
      return `${name} has a variable ${JSON.stringify(variable)}: a name is not empty, and has no = and no NUL`;
    }
    const fault = aString(text, `${name}.${variable}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

const interpreterOptions: Check = (value, name) => {
  const fault = strings(value, name);
  if (fault !== undefined) return fault;
  const wrong = (value as string[]).map(faultOfInterpreterOption).find((each) => each !== undefined);
  return wrong === undefined ? undefined : `${name} takes ${wrong}`;
};

const deterministic: Check = (value, name) => {
  const fault = members({ seed: anything, startTime: anything })(value, name);
  if (fault !== undefined) return fault;
  try {
    readDeterministic(value);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

const mountMembers: Checks<Mount> = {
  hostPath: aString,
  guestPath: aString,
  mode: oneOf("ro", "rw", "overlay"),
};

const packageMembers = members({
  requirements: strings,
  lock: aText,
  findLinks: strings,
  indexUrl: aString,
  prepare: aBoolean,
  offline: aBoolean,
} satisfies Checks<PackageRequest>);
const hostFunctions: Check = (value, name) => {
  const fault = anObject(value, name);
  if (fault !== undefined) return fault;
  try {
    functionTable(value as HostFunctions);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

const networkMembers: Checks<NetworkOptions> = {
  allow: each(
    "hosts",
    rule(
      `a host as "example.com", "example.com:443" or "[2001:db8::1]:80"`,
      (value) => typeof value === "string" && parseRule(value) !== undefined,
    ),
  ),
  maxConnections: aCount(1),
  maxBytes: aSize,
};

export const sessionChecks: Checks<SessionOptions> = {
  env: environment,
  args: strings,
  interpreterOptions,
  cwd: rule(
    "an absolute guest path without NUL characters",
    (value) => typeof value === "string" && value.startsWith("/") && !value.includes("\0"),
  ),
  deterministic,
  mounts: each("mounts", members(mountMembers, ["hostPath", "guestPath"])),
  runtimeDirectory: aString,
  packages: (value, name) => (Array.isArray(value) ? strings(value, name) : packageMembers(value, name)),
  trace: aBoolean,
  timeoutMs: aDuration,
  cpuTimeoutMs: aDuration,
  memoryBytes: rule(
    `a whole number from 1 to ${mostMemoryBytes} (4 GiB, the most that 32-bit WebAssembly can address)`,
    (value) => isCount(value, 1, mostMemoryBytes),
  ),
  maxOutputBytes: aSize,
  maxFileBytes: aSize,
  maxFiles: aSize,
  onLimit: oneOf("stop", "raise"),
  checkpoints: aBoolean,
  hibernateAfterMs: aDuration,
  functions: hostFunctions,
  maxCalls: aSize,
  maxConcurrentCalls: aSize,
  maxCallBytes: aSize,
  maxWaitMs: aDuration,
  network: members({ ...networkMembers }, ["allow"]),
};

export const createSessionChecks: Checks<CreateSessionOptions> = {
  ...sessionChecks,
  // Whoever reads it says what is wrong with it.
  snapshot: anything,
};

export const sessionsChecks: Checks<SessionsOptions> = {
  ...sessionChecks,
  optionsFor: aFunction,
  maxLive: aCount(1),
  maxQueue: aCount(0),
  durable: aBoolean,
};

export const ownSessionsChecks: Checks<Omit<SessionOptions, "hibernateAfterMs">> = (({
  hibernateAfterMs: _,
  ...others
}) => others)(sessionChecks);

export const snapshotChecks: Checks<SnapshotOptions> = { since: anything };

const snapshotMembers = members({ ...snapshotChecks });

export const runChecks: Checks<ProgramRunOptions> = {
  id: rule("a string or a number", (value) => typeof value === "string" || typeof value === "number"),
  filename: aText,
  stdin: aText,
  onInput: aFunction,
  interactive: members({ filename: aText, colors: aBoolean }),
  language: oneOf("javascript", "typescript"),
  timeoutMs: aDuration,
  cpuTimeoutMs: aDuration,
  maxWaitMs: aDuration,
  value: aBoolean,
  snapshot: (value, name) => (value === true ? undefined : snapshotMembers(value, name)),
  signal: rule(
    "an AbortSignal",
    (value) => typeof (value as Partial<AbortSignal> | null)?.addEventListener === "function",
  ),
  onOutput: aFunction,
  keepOutput: aBoolean,
  program: anything,
  measuresCpu: aBoolean,
};

export const resumeChecks: Checks<ResumeOptions> = (({
  filename: _,
  stdin: __,
  interactive: ___,
  language: ____,
  value: _____,
  program: ______,
  ...others
}) => {
  return others;
})(runChecks);
