import type { ResumeAnswer } from "../../session/options.js";
import { guestOptions, type SessionOptions } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import { cleanText } from "../../terminal/filter.js";
import { fromJsonValue, lossOfNumbers } from "../../wire/json-values.js";
import { readSession, writeSession } from "../session-file.js";
import { editText } from "./edit.js";
import type { Front } from "./front.js";
import type { Timeline } from "./timeline.js";
import { wrap } from "./wrap.js";

/** What commands do things with. */
export interface Dialogue {
  readonly session: Session;
  readonly sessionOptions: SessionOptions;
  readonly timeline: Timeline;
  readonly front: Front;
  /** The terminal's width. */
  readonly columns: number;
  /** The last result that was not shown in full. */
  readonly longText: string | undefined;
  readonly lastCell: string;
  /** What the next statement begins with. */
  prefilled: string;
  /** Prints a line of the prompt's own. What it holds of the session's is text. */
  say(text: string): void;
  /** Prints a text, or the beginning of a long one. */
  show(text: string): void;
  /** Runs code and shows its result. False if the code asked to exit. */
  runCell(code: string): Promise<boolean>;
  /** Goes on with the suspended cell, as `runCell`. */
  resumeCell(answers: readonly ResumeAnswer[]): Promise<boolean>;
  /** Goes on with the session in a snapshot. */
  replaceSession(snapshot: Uint8Array): Promise<void>;
  /** Says of a session that one comes to if a cell in it waits. */
  tellSuspended(): void;
  /** Goes on in a copy of the session, from which one comes back. */
  fork(): Promise<void>;
}

interface Command {
  /** As `help` shows it. */
  readonly usage: string;
  readonly help: string;
  /** Gives, or resolves with, true if the prompt is to end. */
  run(prompt: Dialogue, argument: string): unknown;
}

/** The commands by name. They begin with a dot, which no statement of either language does before a letter. */
export const commands: Readonly<Record<string, Command>> = {
  help: {
    usage: ".help",
    help: "this list",
    run({ say, columns }) {
      const list = (usage: string, help: string) => say(wrap(`${usage.padEnd(12)} ${help}`, columns, 13));
      for (const { usage, help } of Object.values(commands)) list(usage, help);
      list("NAME?", "what NAME is, as .doc NAME");
      const keys =
        "Tab completes, Ctrl-R searches the history, Alt-Enter begins a new line, Ctrl-C clears the line or stops the cell, Ctrl-D leaves.";
      say(wrap(keys, columns, 0));
    },
  },
  resume: {
    usage: ".resume",
    help: "tell what the suspended cell waits for; with CALL VALUE go on: VALUE is the answer in JSON, or !MESSAGE an error",
    async run(prompt, argument) {
      return !(await prompt.resumeCell(argument === "" ? [] : [typedAnswer(argument)]));
    },
  },
  files: {
    usage: ".files [DIR]",
    help: "what is in a directory of the session, the working directory by default",
    async run({ session, say, show }, path) {
      const entries = await session.files.list(path === "" ? undefined : path);
      if (entries.length === 0) return say("no files");
      const sizes = entries.map(({ type, bytes }) => (type === "file" ? String(bytes) : ""));
      const width = Math.max(...sizes.map(({ length }) => length));
      const marks: Readonly<Record<string, string>> = { directory: "/", symlink: "@" };
      const lines = entries.map(({ name, type }, index) => {
        const shown = cleanText(name, "text").replace(/[\n\t]/g, "?");
        return `${sizes[index]?.padStart(width)}  ${shown}${marks[type] ?? ""}`;
      });
      show(lines.join("\n"));
    },
  },
  save: {
    usage: ".save FILE",
    help: "write the session to a file of this machine",
    async run({ session, sessionOptions: { mounts = [] }, say }, path) {
      if (path === "") return say(".save needs a file name");
      const bytes = await session.snapshot();
      writeSession(path, mounts, bytes);
      say(`saved ${Math.ceil(bytes.length / 1024)} KiB to ${path}`);
    },
  },
  load: {
    usage: ".load FILE",
    help: "go on with a session that was saved",
    async run(prompt, path) {
      if (path === "") return prompt.say(".load needs a file name");
      await prompt.replaceSession(readSession(path, prompt.sessionOptions.mounts ?? []));
      prompt.say(`loaded ${path}`);
      prompt.tellSuspended();
    },
  },
  undo: {
    usage: ".undo [N]",
    help: "go back to before the last cell, or the last N cells",
    run: (prompt, argument) => travel(prompt, argument, 1),
  },
  redo: {
    usage: ".redo [N]",
    help: "take an undo back",
    run: (prompt, argument) => travel(prompt, argument, -1),
  },
  fork: {
    usage: ".fork",
    help: "go on in a copy of the session; .exit or Ctrl-D comes back to this one",
    async run(prompt) {
      await prompt.fork();
      prompt.say("in a copy of the session; .exit comes back");
    },
  },
  reset: {
    usage: ".reset",
    help: "begin anew, without names and files",
    async run({ session, timeline, say }) {
      await session.reset();
      await timeline.record();
      say("the session begins anew; .undo takes that back");
    },
  },
  time: {
    usage: ".time CODE",
    help: "run CODE and tell how long it took",
    async run(prompt, code) {
      if (code === "") return prompt.say(".time needs code");
      const start = performance.now();
      const goesOn = await prompt.runCell(code);
      const elapsedMs = performance.now() - start;
      prompt.say(elapsedMs < 1000 ? `${elapsedMs.toFixed(1)} ms` : `${(elapsedMs / 1000).toFixed(2)} s`);
      return !goesOn;
    },
  },
  mounts: {
    usage: ".mounts",
    help: "the directories of this machine that the session sees",
    run({ sessionOptions: { mounts = [] }, say }) {
      if (mounts.length === 0) say("none: the session sees no file of this machine");
      for (const { hostPath, guestPath, mode } of mounts) say(`${guestPath}  ${hostPath}  ${mode ?? "ro"}`);
    },
  },
  limits: {
    usage: ".limits",
    help: "the limits in force",
    run({ sessionOptions, say }) {
      const { memoryBytes, maxOutputBytes, maxFileBytes, maxFiles, timeoutMs } = guestOptions(sessionOptions);
      say(`time of a cell     ${timeoutMs === undefined ? "no limit" : `${timeoutMs / 1000} s`}`);
      say(`memory             ${mebibytes(memoryBytes)}`);
      say(`output of a cell   ${mebibytes(maxOutputBytes)}`);
      say(`files in memory    ${mebibytes(maxFileBytes)}, ${maxFiles} files`);
    },
  },
  vars: {
    usage: ".vars",
    help: "the session's own variables",
    async run({ session, say }) {
      const { items = [] } = (await session.inspect({ kind: "variables", code: "" })) ?? {};
      if (items.length === 0) return say("no variables yet");
      const rows = items.map(({ name, type, value }) =>
        [name, type, value].map((field) => cleanText(field, "text").replace(/[\n\t]+/g, " ")),
      );
      const widest = (index: number) => Math.min(Math.max(...rows.map((row) => row[index]?.length ?? 0)), 24);
      const [name, type] = [widest(0), widest(1)];
      for (const row of rows) say(`${row[0]?.padEnd(name)}  ${row[1]?.padEnd(type)}  ${row[2]}`.trimEnd());
    },
  },
  doc: {
    usage: ".doc NAME",
    help: "signature and documentation of NAME",
    async run({ session, say, show }, name) {
      if (name === "") return say(".doc needs a name");
      const { head, text } = (await session.inspect({ kind: "describe", code: name })) ?? {};
      if (head === undefined) return say(`there is no ${name}`);
      say(head);
      if (text) show(text);
    },
  },
  edit: {
    usage: ".edit",
    help: "write the next cell in $EDITOR, beginning with the last one",
    run: edit,
  },
  more: {
    usage: ".more",
    help: "all of the last result that was shortened, page by page",
    run({ longText, say, front }) {
      return longText === undefined ? say("nothing was shortened") : front.page(longText);
    },
  },
  break: {
    usage: ".break",
    help: "give up the statement that is half typed, in a line of its own",
    run: () => {},
  },
  exit: { usage: ".exit", help: "leave", run: () => true },
};

const givenUpPattern = /\n\s*\.break\s*$/;
const commandPattern = /^\s*\.([a-z]+)(?:\s+(.*))?$/s;
const questionPattern = /^\s*([\p{ID_Start}_$][\p{ID_Continue}$.]*)\?\s*$/u;

/** Whether the last line of a statement of several lines gives it up. */
export function isGivenUp(text: string): boolean {
  return givenUpPattern.test(text);
}

export function isCommand(text: string): boolean {
  return commandPattern.test(text) || questionPattern.test(text);
}

/** The names of commands that a line may begin with, for a completion; undefined if it is no beginning of a command. */
export function completeCommand(before: string): { prefix: string; items: string[] } | undefined {
  const [, prefix] = /^\s*(\.[a-z]*)$/.exec(before) ?? [];
  if (prefix === undefined) return undefined;
  const names = Object.keys(commands).map((name) => `.${name}`);
  return { prefix, items: names.filter((name) => name.startsWith(prefix)).sort() };
}

/** The code in a line that may be a command: what is behind one that takes some. */
export function codeOf(text: string): string {
  return /^\s*\.(?:time|doc)\s+(.*)$/s.exec(text)?.[1] ?? text;
}

/** Does what a command asks for. Gives true if the prompt is to end. */
export async function runCommand(prompt: Dialogue, text: string): Promise<boolean> {
  const question = questionPattern.exec(text);
  const [, name = "", argument = ""] =
    question === null ? (commandPattern.exec(text) ?? []) : ["", "doc", question[1]];
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    prompt.say(`there is no command .${name}; .help lists them`);
    return false;
  }
  try {
    return (await command.run(prompt, argument.trim())) === true;
  } catch (error) {
    prompt.say(`.${name}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function travel({ timeline, say }: Dialogue, argument: string, direction: 1 | -1): Promise<void> {
  const steps = argument === "" ? 1 : Number(argument);
  if (!Number.isSafeInteger(steps) || steps < 1) return say("the number of cells is a whole number from 1");
  const went = await timeline.go(steps * direction);
  const verb = direction > 0 ? "undo" : "redo";
  if (went === 0) say(`nothing to ${verb}`);
  else say(`${direction > 0 ? "undid" : "redid"} ${went} cell${went === 1 ? "" : "s"}`);
}

/** What stands behind `.resume`: the call, and its value as JSON or, behind an exclamation mark, an error's message. */
function typedAnswer(argument: string): ResumeAnswer {
  const [, call = "", text = ""] = /^(\S+)\s*(.*)$/s.exec(argument) ?? [];
  const [, type = "HostError", message] = /^!\s*(?:([A-Za-z]\w*):\s+)?(.*)$/s.exec(text) ?? [];
  if (message !== undefined) return { call, error: { type, message } };
  if (text === "") throw new Error(`give the value for ${call}, in JSON`);
  const loss = lossOfNumbers(text);
  if (loss !== undefined) throw new Error(`the number ${loss}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('the value must be JSON, such as 42, "text" or {"a": [1, 2]}');
  }
  return { call, value: fromJsonValue(value) };
}

function edit(prompt: Dialogue): unknown {
  const editor = process.env.VISUAL || process.env.EDITOR;
  if (editor === undefined || editor === "") return prompt.say("set EDITOR to the editor you want");
  const name = prompt.session.language === "python" ? "cell.py" : "cell.js";
  prompt.front.pause();
  try {
    const { mounts = [] } = prompt.sessionOptions;
    prompt.prefilled = editText(prompt.lastCell, editor, name, mounts).trimEnd();
  } finally {
    prompt.front.resume();
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
