import type { RunRequest } from "../guest.js";

/**
 * What a program's uncaught error puts on standard error, in Node's shape: where it was thrown, the source line
 * with a mark under the column, and the error with its stack. `text` is the error with its stack.
 */
export function formatUncaught(request: RunRequest, text: string): string {
  const { code, filename } = request;
  const frame = text.split("\n").find((line) => line.startsWith("    at ") && line.includes(`${filename}:`));
  const place = frame?.slice(frame.indexOf(`${filename}:`) + filename.length).match(/^:(\d+):(\d+)/);
  const line = Number(place?.[1]);
  const source = place && code.split("\n")[line - 1];
  if (!source || source.length > maxShownColumns) return `${asUncaught(text)}\n`;
  // Tabs stay tabs, so that the mark stands under its column.
  const margin = source.slice(0, Number(place[2]) - 1).replace(/[^\t]/g, " ");
  return `${filename}:${line}\n${source}\n${margin}^\n\n${text}\n`;
}

/** A value that is no error says so in its text already. */
export function asUncaught(text: string): string {
  return text.startsWith("Uncaught ") ? text : `Uncaught ${text}`;
}

/** A longer line (a minified program) says nothing to a reader. */
const maxShownColumns = 500;
