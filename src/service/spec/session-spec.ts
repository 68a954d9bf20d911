import type { Language } from "../../engine/runtime.js";
import type { DeterministicOptions } from "../../session/deterministic.js";
import { sessionChecks } from "../../session/option-tables.js";
import type { SessionOptions } from "../../session/options.js";
import { checkDeclared, type DeclaredFunctions, relayedFunctions } from "../../wire/declared-functions.js";
import { Failure } from "../failure.js";
import { canonicalJson } from "./canonical-json.js";
import { type Policy, packagesOf } from "./policy.js";

/** What a session is made with, as clients give it and as the store keeps it: it never changes. */
export interface SessionSpec {
  readonly language: Language;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly timeout_ms?: number;
  readonly cpu_timeout_ms?: number;
  readonly memory_bytes?: number;
  readonly max_output_bytes?: number;
  readonly max_file_bytes?: number;
  readonly max_files?: number;
  readonly max_calls?: number;
  readonly on_limit?: "stop" | "raise";
  readonly deterministic?: { readonly seed: string | number; readonly start_time?: number };
  /** The name of a set of packages that the operator has. */
  readonly packages?: string;
  readonly network?: { readonly allow: readonly string[] };
  readonly functions?: DeclaredFunctions;
}

/** The limits that operator and session both have a say in: the names in a spec, in the policy and in the library. */
const limits = {
  timeout_ms: "timeoutMs",
  cpu_timeout_ms: "cpuTimeoutMs",
  memory_bytes: "memoryBytes",
  max_output_bytes: "maxOutputBytes",
  max_file_bytes: "maxFileBytes",
  max_files: "maxFiles",
} as const;

/**
 * Checks what the schema of a spec cannot, and what the operator allows. Gives the spec as the store has it.
 * `INVALID_REQUEST` or `NOT_ALLOWED`.
 */
export function checkSpec(spec: SessionSpec, policy: Policy): string {
  for (const [name, ours] of Object.entries(limits) as [keyof typeof limits, keyof Policy & string][]) {
    const most = policy[ours as "timeoutMs"];
    const asked = spec[name];
    if (asked !== undefined && most !== undefined && asked > most) {
      throw new Failure("NOT_ALLOWED", `${name} is ${most} at most on this service, not ${asked}`);
    }
  }
  if (spec.packages !== undefined) {
    if (spec.language !== "python") throw new Failure("INVALID_REQUEST", "packages are for Python only");
    if (!policy.packages.has(spec.packages)) {
      const known = [...policy.packages.keys()].join(", ");
      throw new Failure("NOT_ALLOWED", `this service has no such set of packages; it has ${known || "none"}`);
    }
  }
  for (const host of spec.network?.allow ?? []) {
    if (!policy.network.includes(host)) {
      throw new Failure(
        "NOT_ALLOWED",
        `this service does not allow a session to reach ${JSON.stringify(host)}`,
      );
    }
  }
  try {
    if (spec.functions !== undefined) checkDeclared(spec.functions);
  } catch (error) {
    throw new Failure("INVALID_REQUEST", (error as Error).message);
  }
  const options = sessionOptions(spec, policy);
  for (const [name, check] of Object.entries(sessionChecks)) {
    const value = options[name as keyof SessionOptions];
    const fault = value === undefined ? undefined : check(value, name);
    if (fault !== undefined) throw new Failure("INVALID_REQUEST", fault);
  }
  // As it was given: parameters of functions are in the order in which their schema has them.
  return JSON.stringify(spec);
}

/** Whether two specs, as the store has them, are one. */
export function isSameSpec(one: string, other: string): boolean {
  return one === other || canonicalJson(JSON.parse(one)) === canonicalJson(JSON.parse(other));
}

/** A spec that the store has kept. */
export function readSpec(text: string): SessionSpec {
  return JSON.parse(text) as SessionSpec;
}

/** What the library is given for a session. What the operator allows now counts, whatever was allowed when it was made. */
export function sessionOptions(spec: SessionSpec, policy: Policy): SessionOptions {
  const { env, args, cwd, functions, deterministic, network, packages } = spec;
  const set = packages === undefined ? undefined : packagesOf(policy, packages);
  const bounded = Object.entries(limits).flatMap(([name, ours]) => {
    const asked = spec[name as keyof typeof limits];
    const most = policy[ours as "timeoutMs"] as number | undefined;
    const value = asked === undefined ? most : Math.min(asked, most ?? asked);
    return value === undefined ? [] : [[ours, value]];
  });
  return {
    ...Object.fromEntries(bounded),
    // A cell's result and the next state are one commit: a session goes back to what was committed, not to a checkpoint.
    checkpoints: false,
    maxWaitMs: policy.timeoutMs,
    ...(env === undefined ? {} : { env }),
    ...(args === undefined ? {} : { args }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(spec.on_limit === undefined ? {} : { onLimit: spec.on_limit }),
    ...(spec.max_calls === undefined ? {} : { maxCalls: spec.max_calls }),
    ...(deterministic === undefined ? {} : { deterministic: deterministicOptions(deterministic) }),
    ...(network === undefined ? {} : { network: { allow: allowedNow(network.allow, policy) } }),
    ...(set === undefined ? {} : { packages: set }),
    // Nobody is at hand to answer: each call is answered another time, maybe by another worker.
    ...(functions === undefined
      ? {}
      : { functions: relayedFunctions(functions, (_name, _given, { suspend }) => suspend()) }),
  };
}

/** To the letter: whoever may reach every public host may still not name an address that is not public. */
function allowedNow(hosts: readonly string[], { network }: Policy): readonly string[] {
  return hosts.filter((host) => network.includes(host));
}

function deterministicOptions(given: NonNullable<SessionSpec["deterministic"]>): DeterministicOptions {
  const { seed, start_time: startTime } = given;
  return { seed, ...(startTime === undefined ? {} : { startTime }) };
}
