import type { Runner } from "./command.js";
import { type GivenOptions, parseOptions } from "./parse-options.js";
import { UsageError } from "./usage-error.js";

/** What the user asked a runner to do. */
export interface RunnerArguments {
  readonly action:
    | ProgramAction
    | { readonly type: "jsonl" }
    | { readonly type: "mcp" }
    | { readonly type: "help" }
    | { readonly type: "version" }
    /** The packages that are asked for are only to be found. */
    | { readonly type: "lock" };
  /** What follows the code, module or script: the program's own arguments. */
  readonly rest: readonly string[];
  readonly given: GivenOptions;
}

export type ProgramAction =
  | { readonly type: "code"; readonly code: string; readonly print: boolean }
  | { readonly type: "module"; readonly name: string }
  | { readonly type: "script"; readonly path: string }
  /** The program that is suspended in the session's file, with the answers in this one; `-`: standard input. */
  | { readonly type: "resume"; readonly path: string }
  /** Standard input: the program if `-` was given or it is no terminal, else a prompt. */
  | { readonly type: "stdin"; readonly explicit: boolean };

/** Reads the command line of a runner. Throws a `UsageError` or a `MountError`. */
export function parseRunnerArguments(command: Runner["command"], words: readonly string[]): RunnerArguments {
  const isLock = command === "pyrunner" && words[0] === "lock";
  const { given, rest } = parseOptions(command, isLock ? words.slice(1) : words);
  if (given.help) return { action: { type: "help" }, rest: [], given };
  if (given.version) return { action: { type: "version" }, rest: [], given };
  if (isLock) {
    if (given.with === undefined || rest.length > 0)
      throw new UsageError("pyrunner lock takes packages: --with PACKAGES");
    return { action: { type: "lock" }, rest: [], given };
  }
  if (given.resume !== undefined) return resumed(given, rest);
  const program = programOf(given, rest);
  if (!given.jsonl && !given.mcp) return { ...program, given };
  const type = given.mcp ? "mcp" : "jsonl";
  if (program.action.type !== "stdin" || program.action.explicit) {
    const from = given.mcp ? "its client" : "standard input";
    throw new UsageError(`--${type} reads its code from ${from} and takes none besides`);
  }
  return { action: { type }, rest: [], given };
}

function resumed(given: GivenOptions, rest: readonly string[]): RunnerArguments {
  const { resume: path = "" } = given;
  const { action } = programOf(given, rest);
  if (action.type === "stdin" && !action.explicit)
    return { action: { type: "resume", path }, rest: [], given };
  throw new UsageError("--resume goes on with the program in the session, and takes none besides");
}

function programOf(
  { code, evaluate, print, module }: GivenOptions,
  rest: readonly string[],
): { action: ProgramAction; rest: readonly string[] } {
  const program = code ?? evaluate ?? print;
  if (program !== undefined) {
    return { action: { type: "code", code: program, print: print !== undefined }, rest };
  }
  if (module !== undefined) return { action: { type: "module", name: module }, rest };
  const [first, ...others] = rest;
  if (first === "-") return { action: { type: "stdin", explicit: true }, rest: others };
  const [path, ...own] = first === "--" ? others : rest;
  return path === undefined
    ? { action: { type: "stdin", explicit: false }, rest: [] }
    : { action: { type: "script", path }, rest: own };
}

export interface WasirunArguments {
  readonly action: "run" | "help" | "version";
  /** The module's file; `-`: standard input. Empty unless `action` is `run`. */
  readonly module: string;
  /** What follows the module: all of it is the guest's. */
  readonly args: readonly string[];
  readonly given: GivenOptions;
}

/** Reads the command line of `wasirun`. Everything behind MODULE belongs to the guest. */
export function parseWasirunArguments(words: readonly string[]): WasirunArguments {
  const { given, rest } = parseOptions("wasirun", words);
  if (given.help) return { action: "help", module: "", args: [], given };
  if (given.version) return { action: "version", module: "", args: [], given };
  const isMarked = rest[0] === "--";
  const [module, ...args] = isMarked ? rest.slice(1) : rest;
  if (module === undefined || module === "") throw new UsageError("no module is given");
  // One `--` is the command's own, wherever it stands.
  return { action: "run", module, args: args[0] === "--" && !isMarked ? args.slice(1) : args, given };
}
