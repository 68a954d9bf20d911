import { WasmReplError } from "../../errors.js";
import { checkRun } from "../../session/live-session.js";
import type { RunOptions } from "../../session/options.js";
import { Failure } from "../failure.js";
import { digestOf } from "./canonical-json.js";
import type { Policy } from "./policy.js";
import type { SessionSpec } from "./session-spec.js";

/** A cell as clients give it, and as the store keeps it to run it again. */
export interface CellRequest {
  readonly code: string;
  readonly stdin?: string;
  readonly language?: "javascript" | "typescript";
  readonly timeout_ms?: number;
  readonly cpu_timeout_ms?: number;
  /** The last expression's value as data too. */
  readonly value?: boolean;
  /** What was measured, and each stream by itself. */
  readonly details?: boolean;
  /** Never run it a second time: it is lost if its worker dies. */
  readonly at_most_once?: boolean;
}

/** SHA-256 of all that makes a cell what it is. */
export function cellDigest(request: CellRequest): string {
  return digestOf(request);
}

/** `INVALID_REQUEST` for what such a session cannot run, `NOT_ALLOWED` for a limit above the operator's. */
export function checkCell(request: CellRequest, spec: SessionSpec, policy: Policy): void {
  for (const [name, most] of [
    ["timeout_ms", policy.timeoutMs],
    ["cpu_timeout_ms", policy.cpuTimeoutMs],
  ] as const) {
    const asked = request[name];
    if (asked !== undefined && most !== undefined && asked > most) {
      throw new Failure("NOT_ALLOWED", `${name} is ${most} at most on this service, not ${asked}`);
    }
  }
  try {
    checkRun(spec.language, request.code, runOptions(request, policy));
  } catch (error) {
    throw error instanceof WasmReplError ? new Failure("INVALID_REQUEST", error.message) : error;
  }
}

/** What the library is given to run it. */
export function runOptions(request: CellRequest, policy: Policy): RunOptions {
  const { stdin, language, value } = request;
  return {
    ...limitsOf(request, policy),
    ...(stdin === undefined ? {} : { stdin }),
    ...(language === undefined ? {} : { language }),
    ...(value ? { value } : {}),
  };
}

/** The limits of a run that goes on: what the operator allows now counts. */
export function limitsOf(
  { timeout_ms: timeoutMs, cpu_timeout_ms: cpuTimeoutMs }: Pick<CellRequest, "timeout_ms" | "cpu_timeout_ms">,
  policy: Policy,
): Pick<RunOptions, "timeoutMs" | "cpuTimeoutMs"> {
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs: Math.min(timeoutMs, policy.timeoutMs) }),
    ...(cpuTimeoutMs === undefined
      ? {}
      : { cpuTimeoutMs: Math.min(cpuTimeoutMs, policy.cpuTimeoutMs ?? cpuTimeoutMs) }),
  };
}

/** A request that the store has kept. */
export function readCellRequest(text: string): CellRequest {
  return JSON.parse(text) as CellRequest;
}
