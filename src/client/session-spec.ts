import type { Language } from "../engine/runtime.js";
import { checkNames } from "./check-options.js";
import type { RemoteRunOptions, RemoteSessionOptions } from "./types.js";

/** What the options are called in a spec. */
const names = {
  env: "env",
  args: "args",
  cwd: "cwd",
  timeoutMs: "timeout_ms",
  cpuTimeoutMs: "cpu_timeout_ms",
  memoryBytes: "memory_bytes",
  maxOutputBytes: "max_output_bytes",
  maxFileBytes: "max_file_bytes",
  maxFiles: "max_files",
  maxCalls: "max_calls",
  onLimit: "on_limit",
  deterministic: "deterministic",
  packages: "packages",
  network: "network",
  functions: "functions",
} as const satisfies Record<keyof RemoteSessionOptions, string>;

export function specOf(language: Language, options: RemoteSessionOptions): object {
  checkNames("createSession", options, Object.keys(names));
  const { deterministic, ...others } = options;
  const given = Object.entries(others).filter(([, value]) => value !== undefined);
  return {
    language,
    ...Object.fromEntries(given.map(([name, value]) => [names[name as keyof typeof names], value])),
    ...(deterministic === undefined ? {} : { deterministic: deterministicOf(deterministic) }),
  };
}

function deterministicOf({ seed, startTime }: NonNullable<RemoteSessionOptions["deterministic"]>): object {
  const time = startTime instanceof Date ? startTime.getTime() : startTime;
  return { seed, ...(time === undefined ? {} : { start_time: time }) };
}

export const resumeOptionNames = ["onOutput", "onRestart", "signal"] as const;

const runOptionNames = [
  ...resumeOptionNames,
  "stdin",
  "language",
  "timeoutMs",
  "cpuTimeoutMs",
  "value",
  "cellId",
  "atMostOnce",
] as const satisfies readonly (keyof RemoteRunOptions)[];

export function cellRequestOf(code: string, options: RemoteRunOptions): object {
  checkNames("run", options, runOptionNames);
  const { stdin, language, timeoutMs, cpuTimeoutMs, value, atMostOnce } = options;
  // JSON leaves out what is undefined.
  return {
    code,
    stdin,
    language,
    timeout_ms: timeoutMs,
    cpu_timeout_ms: cpuTimeoutMs,
    value: value || undefined,
    at_most_once: atMostOnce || undefined,
    // Each stream by itself, and what was measured.
    details: true,
  };
}
