import type { CellResult } from "../../session/options.js";
import { clipMiddle, fairShares } from "./clip.js";
import { hintFor } from "./hints.js";
import { mostCharacters, type RunSetting } from "./limits.js";
import type { shownValues } from "./pictures.js";
import type { CallToolResult } from "./sdk.js";

/** The most changed files that a result names. */
const mostFiles = 50;
/** What Python makes by itself of what it imports tells a model nothing. */
const compiled = "/__pycache__/";

/** JSON Schema of what `reportRun` gives as data. */
export const runOutputSchema = {
  type: "object",
  properties: {
    session: { type: "string" },
    output: { type: "string", description: "What was printed, and shown as text" },
    result: { type: "string", description: "The value of the last expression, as the language writes it" },
    error: { type: "string", description: "Why the code failed, with the traceback" },
    stopped: { type: "string", description: "The limit that the run met, or interrupt" },
    state: {
      type: "string",
      description: "kept, rolled_back or lost: what became of the session when a run was stopped",
    },
    hint: { type: "string", description: "What to do about the error" },
    pictures: { type: "integer", description: "How many pictures follow" },
    files: {
      type: "array",
      description: "What the run did to files",
      items: {
        type: "object",
        properties: { path: { type: "string" }, change: { type: "string" }, bytes: { type: "integer" } },
        required: ["path", "change"],
      },
    },
    whole_output: {
      type: "string",
      description: "The file of the session that holds all of what is clipped here",
    },
    duration_ms: { type: "number" },
  },
  required: ["session", "output", "duration_ms"],
} as const;

/** What of a result is long: its texts, as they are. */
export interface RunTexts {
  readonly output: string;
  readonly result: string;
  readonly error: string;
}

/** @param shown See `shownValues`. */
export function textsOf({ output = "", result = "", error = "" }: CellResult, shown: string): RunTexts {
  return { output: output + shown, result, error };
}

export function isLong({ output, result, error }: RunTexts): boolean {
  return output.length + result.length + error.length > mostCharacters;
}

/** All of it, for a file. */
export function wholeText({ output, result, error }: RunTexts): string {
  return [output, result, error].filter((text) => text !== "").join("\n");
}

/** @param whole Where the whole of the texts is if they are clipped, or why it is nowhere. */
export function reportRun(
  result: CellResult,
  texts: RunTexts,
  pictures: ReturnType<typeof shownValues>["pictures"],
  setting: RunSetting,
  whole: { readonly path: string } | { readonly missing: string } | undefined,
): CallToolResult {
  const clipped = clip(texts);
  const hint = hintFor(result, setting);
  const all = result.files?.filter(({ path }) => !path.includes(compiled)) ?? [];
  const files = all.slice(0, mostFiles);
  const data = {
    session: setting.session,
    output: clipped.output,
    ...(result.result === undefined ? {} : { result: clipped.result }),
    ...(result.error === undefined ? {} : { error: clipped.error }),
    ...(result.stopped === undefined ? {} : { stopped: result.stopped }),
    ...(result.state === undefined ? {} : { state: result.state }),
    ...(hint === undefined ? {} : { hint }),
    ...(pictures.length === 0 ? {} : { pictures: pictures.length }),
    ...(files.length === 0 ? {} : { files }),
    ...(whole !== undefined && "path" in whole ? { whole_output: whole.path } : {}),
    duration_ms: Math.round(result.durationMs * 10) / 10,
  };
  const notes = [
    ...(whole === undefined
      ? []
      : ["path" in whole ? `[all of it is in ${whole.path}]` : `[the rest is lost: ${whole.missing}]`]),
    ...(files.length === 0
      ? []
      : [`[files: ${files.map(fileNote).join(", ")}${more(result.filesCut, all.length - files.length)}]`]),
    ...(hint === undefined ? [] : [`[${hint}]`]),
  ];
  // Python prints the value of a cell that is one expression.
  const isPrinted =
    clipped.output === `${clipped.result}\n` || clipped.output.endsWith(`\n${clipped.result}\n`);
  const parts = [
    clipped.output.replace(/\n$/, ""),
    isPrinted ? "" : clipped.result,
    clipped.error,
    ...notes,
  ].filter((part) => part !== "");
  return {
    content: [{ type: "text", text: parts.join("\n") || "[no output]" }, ...pictures],
    structuredContent: data,
    ...(result.error === undefined && result.stopped === undefined ? {} : { isError: true }),
  };
}

function clip({ output, result, error }: RunTexts): RunTexts {
  const [ofOutput = 0, ofResult = 0, ofError = 0] = fairShares(
    [output.length, result.length, error.length],
    mostCharacters,
  );
  return {
    output: clipMiddle(output, ofOutput),
    result: clipMiddle(result, ofResult),
    error: clipMiddle(error, ofError),
  };
}

function fileNote({ path, change, bytes }: NonNullable<CellResult["files"]>[number]): string {
  return `${path} ${change}${bytes === undefined ? "" : `, ${bytes} bytes`}`;
}

function more(isCut: true | undefined, leftOut: number): string {
  if (isCut === true) return " and more";
  return leftOut > 0 ? ` and ${leftOut} more` : "";
}
