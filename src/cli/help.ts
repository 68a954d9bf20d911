import type { CommandName } from "./command.js";
import type { Option } from "./option.js";
import { optionsOf } from "./options.js";

const reach = (program: string) =>
  wrapped(
    "The program reaches no file, environment variable or network of this machine, except what the options give it " +
      `and, read-only, the directory that ${program} is in.`,
    lineWidth,
  ).join("\n");

/** In characters. */
const textColumn = 21;
const lineWidth = 100;

/** What stands before and behind the options. */
const texts: Readonly<Record<CommandName, readonly [before: string, behind: string]>> = {
  pyrunner: [
    `Usage: pyrunner [options] [-c CODE | -m MODULE | SCRIPT | -] [ARGS...]

Runs Python in a sandbox. Without CODE, MODULE or SCRIPT, or with -, the program is read from
standard input; without any, on a terminal, there is a prompt.`,
    reach("SCRIPT, or MODULE if it is no part of the library,"),
  ],
  jsrunner: [
    `Usage: jsrunner [options] [-e CODE | -p CODE | SCRIPT | -] [ARGS...]

Runs JavaScript in a sandbox. Without CODE or SCRIPT, or with -, the program is read from
standard input; without any, on a terminal, there is a prompt.`,
    reach("SCRIPT"),
  ],
  wasirun: [
    `Usage: wasirun [options] MODULE.wasm [--] [ARGS...]

Runs a WASI preview 1 command, or calls a function of a module. MODULE.wasm may be - for standard
input. It reaches no file, environment variable or network unless an option
gives it.`,
    `The exit code is the module's own; 2 if it could not be started; 124 if its time was over;
134 if it crashed; 137 if it took too much memory.`,
  ],
  "wasm-repl": [
    `Usage: wasm-repl serve [options]
       wasm-repl token [options]

serve gives sandboxed sessions of Python and JavaScript over HTTP, and keeps them; token makes a
token for its clients. wasm-repl serve --help tells of its options.`,
    "The commands pyrunner, jsrunner and wasirun of this package run programs.",
  ],
  "wasm-repl serve": [
    `Usage: wasm-repl serve --data DIR [options]
       wasm-repl serve --postgres URL --blobs DIR|s3://… [options]

Serves sandboxed sessions of Python and JavaScript over HTTP. What was answered is kept, whatever
becomes of the process: see docs/service.md.`,
    "After SIGTERM or SIGINT it takes nothing new, lets run what runs, and ends.",
  ],
  "wasm-repl token": [
    `Usage: wasm-repl token [options] >> TOKENS

Makes a token: prints a line for the file that wasm-repl serve --token-file reads, which holds only
its hash, and tells the token itself on standard error.`,
    "The limits of a token are members of its line: see docs/service.md.",
  ],
};

/** The text of `--help`. */
export function helpOf(command: CommandName): string {
  const [before, behind] = texts[command];
  const lines = optionsOf(command).flatMap(([, option]) => linesOf(option));
  return [before, "", ...lines, "", behind, ""].join("\n");
}

function linesOf({ names, placeholder, repeatable, help }: Option): string[] {
  const typed = `  ${names.filter((name) => !/^-\w{2,}/.test(name)).join(", ")}${placeholder === undefined ? "" : ` ${placeholder}`}`;
  const texts = wrapped(repeatable ? `${help}; repeatable` : help, lineWidth - textColumn);
  const head = typed.length < textColumn ? [] : [typed];
  return [
    ...head,
    ...texts.map((text, line) => (line === 0 && head.length === 0 ? typed : "").padEnd(textColumn) + text),
  ];
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines.push(`${lines.pop()} ${word}`);
    else lines.push(word);
  }
  return lines;
}
