import type { CellResult, SuspendedCall } from "../session/options.js";
import { toJsonValue } from "./json-values.js";

function callInJson({ call, function: name, args, kwargs }: SuspendedCall): object {
  return { call, function: name, args: args.map(toJsonValue), kwargs: toJsonValue(kwargs) };
}

/** A result as JSON lines and the service have it; docs/results.md has the names. */
export interface ResultInJson {
  readonly error?: string;
  /** See `CellResult.lostRuns`. */
  readonly lost_runs?: CellResult["lostRuns"];
  readonly [field: string]: unknown;
}

/**
 * Fields in the order in which people look for them; what has nothing to say is absent. Without details there is
 * nothing in it that differs from one run of the same code to the next.
 */
export function resultInJson(result: CellResult, details: boolean): ResultInJson {
  const {
    output,
    stdout,
    stderr,
    error,
    exception,
    result: value,
    files,
    filesCut,
    exitCode,
    stopped,
    state,
    lostRuns,
    display,
    suspended,
  } = result;
  const { durationMs, cpuMs, memoryBytes } = result;
  return {
    ...(output === undefined ? {} : { output }),
    ...(details && stdout !== undefined ? { stdout } : {}),
    ...(details && stderr !== undefined ? { stderr } : {}),
    ...(error === undefined ? {} : { error }),
    ...(exception === undefined ? {} : { exception }),
    ...(value === undefined ? {} : { result: value }),
    ...(result.value === undefined ? {} : { value: toJsonValue(result.value) }),
    ...(display === undefined ? {} : { display: display.map(toJsonValue) }),
    ...(suspended === undefined ? {} : { suspended: suspended.map(callInJson) }),
    ...(files === undefined ? {} : { files }),
    ...(filesCut === undefined ? {} : { files_cut: filesCut }),
    ...(exitCode === undefined ? {} : { exit_code: exitCode }),
    ...(stopped === undefined ? {} : { stopped }),
    ...(state === undefined ? {} : { state }),
    ...(lostRuns === undefined ? {} : { lost_runs: lostRuns }),
    ...(details ? { duration_ms: durationMs } : {}),
    ...(details && cpuMs !== undefined ? { cpu_ms: cpuMs } : {}),
    ...(details && memoryBytes !== undefined ? { memory_bytes: memoryBytes } : {}),
  };
}
