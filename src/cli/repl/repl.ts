import type { Language } from "../../engine/runtime.js";
import { createSession } from "../../node/sessions.js";
import type { SessionOptions } from "../../session/options.js";
import { cleanText } from "../../terminal/filter.js";
import { type ExitStatus, firstEndingSignal } from "../end-process.js";
import type { SessionFile } from "../session-file.js";
import { createSessionKeeper } from "../session-keeper.js";
import { bannerOf } from "./banner.js";
import { codeOf, completeCommand, isCommand, isGivenUp } from "./commands.js";
import type { Entry, Front, PromptSource } from "./front.js";
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
  /** Cells are TypeScript. */
  readonly isTypeScript: boolean;
  /** No banner. */
  readonly quiet: boolean;
  /** A terminal gets all that code prints and gives as it is. */
  readonly rawOutput: boolean;
  /** A program to run before the first prompt. */
  readonly program?: FirstProgram;
  /** Where the session comes from, and is kept. */
  readonly file?: SessionFile & { readonly path: string };
}

/** Talks with the user at the terminal until they leave, or the process is asked to end. Tells how it is to end. */
export async function startRepl({
  command,
  language,
  session,
  isTypeScript,
  quiet,
  rawOutput,
  program,
  file,
}: ReplOptions): Promise<ExitStatus> {
  const { stdin, stdout, env } = process;
  // It comes up while one types already.
  const opening = createSession(language, { ...session, ...file?.content });
  opening.catch(() => {});
  const history = openHistory(historyPath(language, env), session.mounts);
  const theme = stdout.isTTY ? themeFor(env) : undefined;
  let prompt: Prompt | undefined;
  const current = async () => prompt?.session ?? (await opening);
  const source: PromptSource = {
    history,
    isCommand,
    isGivenUp,
    async isComplete(code) {
      const answer = await (await current()).inspect({ kind: "isComplete", code, isTypeScript });
      return answer?.status !== "incomplete";
    },
    async complete(before) {
      const answer =
        completeCommand(before) ??
        (await (await current()).inspect({ kind: "complete", code: codeOf(before) }));
      if (answer === undefined || !before.endsWith(answer.prefix)) return { prefix: "", items: [] };
      const { prefix, items } = answer;
      return { prefix, items: items.filter((item) => isPrintable(item) && item.startsWith(prefix)) };
    },
  };
  if (!quiet) {
    const text = cleanText(await bannerOf(command, language, session, file?.path), "text");
    stdout.write(`${wrap(text, stdout.columns || 80, 2)}\n`);
  }
  const isPlain = !stdout.isTTY || env.TERM === undefined || env.TERM === "dumb";
  const front: Front = isPlain
    ? openPlainFront(source, stdin, stdout)
    : openTerminalFront(language, source, theme, stdin, stdout);
  // The first statement can be typed before the interpreter is there.
  const colors = theme !== undefined;
  const first = program === undefined ? front.readStatement(promptsFor(language, 0, colors), "") : undefined;
  const keeper =
    file === undefined || file.readOnly
      ? undefined
      : createSessionKeeper(
          file,
          async (action) => action(prompt?.keptSession ?? (await opening)),
          (reason) => front.announce(cleanText(`the session could not be saved: ${reason}`, "text")),
        );
  const signal = firstEndingSignal(["SIGHUP", "SIGTERM"]);
  // Of a terminal that has gone the system tells as well as the shell, and what is written there fails.
  process.on("SIGHUP", () => {});
  stdout.on("error", () => {});
  prompt = new Prompt(await opening, {
    front,
    sessionOptions: session,
    colors,
    isTypeScript,
    isFiltered: stdout.isTTY === true && !rawOutput,
    columns: () => stdout.columns || 80,
    write: (text) => void stdout.write(text),
    remember: (text) => history.add(text),
    ...(keeper === undefined ? {} : { keeper }),
  });
  const status = await Promise.race([talk(prompt, program, first), signal]);
  // What ends by a signal does not end by itself.
  if (typeof status !== "number") prompt.stop();
  const isKept = (await keeper?.finish()) ?? true;
  front.pause();
  return status === 0 && !isKept ? 1 : status;
}

async function talk(
  prompt: Prompt,
  program: FirstProgram | undefined,
  first: Promise<Entry> | undefined,
): Promise<number> {
  await prompt.timeline.record();
  prompt.tellSuspended();
  if (program !== undefined) await prompt.runProgram(program);
  return prompt.converse(first);
}

/** What is completed becomes code: it must not look like other code. */
function isPrintable(item: unknown): item is string {
  return typeof item === "string" && !/[\p{Control}\p{Bidi_Control}\u2028\u2029]/u.test(item);
}
