import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Language } from "../../engine/runtime.js";
import { packageRoot } from "../../node/package-root.js";
import { createSession } from "../../node/sessions.js";
import { guestOptions, type SessionOptions } from "../../session/options.js";
import { cleanText } from "../../terminal/filter.js";
import { isCommand } from "./commands.js";
import type { Front, PromptSource } from "./front.js";
import { themeFor } from "./highlight.js";
import { historyPath, openHistory } from "./history.js";
import { openPlainFront } from "./plain-front.js";
import { type FirstProgram, Prompt, promptsFor } from "./prompt.js";
import { openTerminalFront } from "./terminal-front.js";
import { wrap } from "./wrap.js";

export interface ReplOptions {
  readonly command: string;
  readonly language: Language;
  readonly session: SessionOptions;
  /** No banner. */
  readonly quiet: boolean;
  /** A terminal gets all that code prints and gives as it is. */
  readonly rawOutput: boolean;
  /** A program to run before the first prompt. */
  readonly program?: FirstProgram;
}

/** Talks with the user at the terminal until they leave. Gives the exit code. */
export async function startRepl({
  command,
  language,
  session,
  quiet,
  rawOutput,
  program,
}: ReplOptions): Promise<number> {
  const { stdin, stdout, env } = process;
  // It comes up while one types already.
  const opening = createSession(language, session);
  opening.catch(() => {});
  const history = openHistory(historyPath(language, env), session.mounts);
  const theme = stdout.isTTY ? themeFor(env) : undefined;
  let prompt: Prompt | undefined;
  const current = async () => prompt?.session ?? (await opening);
  const source: PromptSource = {
    history,
    isCommand,
    async isComplete(code) {
      const answer = await (await current()).inspect({ kind: "isComplete", code });
      return answer?.status !== "incomplete";
    },
    async complete(before) {
      const answer = await (await current()).inspect({ kind: "complete", code: before });
      if (answer === undefined || !before.endsWith(answer.prefix)) return { prefix: "", items: [] };
      const { prefix, items } = answer;
      return { prefix, items: items.filter((item) => isPrintable(item) && item.startsWith(prefix)) };
    },
  };
  if (!quiet) {
    const text = cleanText(banner(command, language, session), "text");
    stdout.write(`${wrap(text, stdout.columns || 80, 2)}\n`);
  }
  const isPlain = !stdout.isTTY || env.TERM === undefined || env.TERM === "dumb";
  const front: Front = isPlain
    ? openPlainFront(source, stdin, stdout)
    : openTerminalFront(language, source, theme, stdin, stdout);
  // The first statement can be typed before the interpreter is there.
  const colors = theme !== undefined;
  const first = program === undefined ? front.readStatement(promptsFor(language, 0, colors), "") : undefined;
  prompt = new Prompt(await opening, {
    front,
    sessionOptions: session,
    colors,
    isFiltered: stdout.isTTY === true && !rawOutput,
    columns: () => stdout.columns || 80,
    write: (text) => void stdout.write(text),
    remember: (text) => history.add(text),
  });
  await prompt.timeline.record();
  if (program !== undefined) await prompt.runProgram(program);
  return prompt.converse(first);
}

/** What is completed becomes code: it must not look like other code. */
function isPrintable(item: unknown): item is string {
  return typeof item === "string" && !/[\p{Control}\p{Bidi_Control}\u2028\u2029]/u.test(item);
}

function banner(command: string, language: Language, session: SessionOptions): string {
  const read = (path: string) => JSON.parse(readFileSync(join(packageRoot(), path), "utf8"));
  const { version } = read("package.json");
  const { memoryBytes, timeoutMs, mounts } = guestOptions(session);
  const parts = [
    `${command} ${version} (${read("dist/runtimes/versions.json")[language]})`,
    mounts.length === 0
      ? "no mounts"
      : mounts.map(({ guestPath, mode }) => `${guestPath} ${mode ?? "ro"}`).join(", "),
    `${Math.round(memoryBytes / 1024 / 1024)} MiB`,
    timeoutMs === undefined ? "no time limit" : `${timeoutMs / 1000} s a cell`,
    ".help",
  ];
  return parts.join(" · ");
}
