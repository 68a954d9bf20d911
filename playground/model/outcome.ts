import type { CellResult, Display, Language } from "wasm-repl/browser";
import { errorLine } from "./error-line.js";
import { createOutputLog, type OutputLog } from "./output-log.js";

/** How a cell ended, as it is shown and kept. */
export interface Outcome {
  readonly log: OutputLog;
  readonly display: readonly Display[];
  /** The last expression's value. */
  readonly result?: string;
  readonly error?: string;
  readonly errorMessage?: string;
  /** The line of the cell, from 1, at which it failed. */
  readonly errorLine?: number;
  readonly stopped?: CellResult["stopped"];
  /** What became of the session besides, in words for a person. */
  readonly note?: string;
  readonly durationMs: number;
  readonly memoryBytes?: number;
}

export function outcomeOf(result: CellResult, log: OutputLog, language: Language, id: number): Outcome {
  const { display = [], error, exception, stopped, durationMs, memoryBytes } = result;
  const line = error === undefined ? undefined : errorLine(error, language, id);
  const note = noteOf(result);
  return {
    log,
    display,
    ...(result.result === undefined ? {} : { result: result.result }),
    ...(error === undefined ? {} : { error }),
    ...(exception === undefined ? {} : { errorMessage: inOneLine(exception) }),
    ...(line === undefined ? {} : { errorLine: line }),
    ...(stopped === undefined ? {} : { stopped }),
    ...(note === undefined ? {} : { note }),
    durationMs,
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  };
}

function inOneLine({ type, message }: { readonly type: string; readonly message: string }): string {
  return message === "" ? type : `${type}: ${message}`;
}

/** Of a run that could not be made at all. */
export function failedOutcome(message: string, note?: string): Outcome {
  const text = { error: message, errorMessage: message };
  return {
    log: createOutputLog(),
    display: [],
    ...text,
    ...(note === undefined ? {} : { note }),
    durationMs: 0,
  };
}

function noteOf({ stopped, state, error, exitCode }: CellResult): string | undefined {
  if (state === "rolled_back" || state === "lost") {
    return stopped === undefined
      ? "The interpreter was lost. The session is as it was before this cell."
      : "Stopped by force. The session is as it was before this cell.";
  }
  if (exitCode !== undefined && error !== undefined) return "The cell asked to exit. The session goes on.";
  return undefined;
}
