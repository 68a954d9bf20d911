import type { SuspendedCall } from "../session/options.js";
import { inOneJsonLine } from "../wire/json-text.js";
import { toJsonValue } from "../wire/json-values.js";

/** The most characters of a name or an argument. */
const longestPart = 100;
/** The most arguments of a call, and the most calls. */
const mostArguments = 20;
const mostCalls = 20;

/** Calls that wait for an answer, a line each: what a person sees who is to answer them. */
export function callLines(calls: readonly SuspendedCall[]): string[] {
  const lines = calls
    .slice(0, mostCalls)
    .map((call) => `${call.call} waits for an answer: ${callText(call)}`);
  const more = calls.length - mostCalls;
  return more > 0 ? [...lines, `... and ${more} more`] : lines;
}

/** The code chooses what stands in it: it is one line, and no longer than a few. */
function callText({ function: name, args, kwargs }: SuspendedCall): string {
  const all = [
    ...args.map(argumentText),
    ...Object.entries(kwargs).map(([key, value]) => `${plain(key)}=${argumentText(value)}`),
  ];
  const more = all.length - mostArguments;
  const shown = more > 0 ? [...all.slice(0, mostArguments), `... ${more} more`] : all;
  return `${plain(name)}(${shown.join(", ")})`;
}

function argumentText(value: unknown): string {
  return clip(inOneJsonLine(toJsonValue(value)));
}

function plain(text: string): string {
  return clip(text.replace(/[^\p{ID_Continue}.$-]/gu, "?"));
}

function clip(text: string): string {
  return text.length > longestPart ? `${text.slice(0, longestPart)}...` : text;
}
