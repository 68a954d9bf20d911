import type { CellResult } from "../../session/options.js";
import type { RunSetting } from "./limits.js";

/** What a model should know besides the error to mend its code; undefined if the error says it all. */
export function hintFor(result: CellResult, setting: RunSetting): string | undefined {
  return (
    [stateHint(result), stopHint(result, setting) ?? errorHint(result, setting)]
      .filter((hint) => hint !== undefined)
      .join(" ") || undefined
  );
}

function stateHint({ state, lostRuns = [] }: CellResult): string | undefined {
  if (state === "lost") return "The session has lost its state and begins anew: define again what is needed.";
  if (state !== "rolled_back") return undefined;
  const earlier = lostRuns.length - 1;
  return earlier > 0
    ? `The interpreter had to be ended: the session is as it was before this run and the ${earlier} before it.`
    : "The interpreter had to be ended: the session is as it was before this run.";
}

function stopHint({ stopped, state }: CellResult, { timeoutMs, times }: RunSetting): string | undefined {
  const kept = state === "kept" ? " What was defined until then is kept." : "";
  switch (stopped) {
    case "timeout":
    case "cpu":
      return `${
        timeoutMs < times.mostMs
          ? `Give a larger timeout_ms (it was ${timeoutMs}, and may be ${times.mostMs})`
          : `Do less in one call (${timeoutMs} ms is the most)`
      }, or work in smaller steps.${kept}`;
    case "memory":
      return `Work on less data at a time, and delete what is not needed any more.${kept}`;
    case "output":
      return `Print less, or write it to a file.${kept}`;
    case "calls":
      return `Call fewer functions in one run.${kept}`;
    default:
      return undefined;
  }
}

const networkErrors = new Set([
  "URLError",
  "gaierror",
  "ConnectionError",
  "ConnectionRefusedError",
  "NetworkError",
]);

function errorHint({ exception }: CellResult, { hasNetwork }: RunSetting): string | undefined {
  if (exception === undefined) return undefined;
  const { type, message } = exception;
  const name = type.split(".").at(-1) ?? "";
  if (name === "ModuleNotFoundError") {
    return "There is no such module here, and nothing can be installed: use the standard library, or write it.";
  }
  if (!hasNetwork && networkErrors.has(name)) return "There is no network here.";
  if (/does not support processes|can't start new thread/.test(message)) {
    return "There are no processes and no threads here: do it in this interpreter, one thing after the other.";
  }
  if (name === "EOFError") return "There is nobody to answer input(): put the value in the code.";
  return undefined;
}
