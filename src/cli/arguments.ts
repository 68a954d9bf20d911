import { type Limits, parseLimit } from "./limits.js";
import {
  noSandboxOptions,
  rawOutputOption,
  type SandboxOptions,
  takeSandboxOption,
} from "./sandbox-options.js";
import type { SessionFileOptions } from "./session-file.js";
import { UsageError } from "./usage-error.js";

/** What the user asked a runner to do. */
export interface RunnerArguments {
  readonly action:
    | { readonly type: "code"; readonly code: string; readonly print: boolean }
    | { readonly type: "module"; readonly name: string }
    | { readonly type: "script"; readonly path: string }
    /** Standard input: the program if `-` was given or it is no terminal, else a prompt. */
    | { readonly type: "stdin"; readonly explicit: boolean }
    | { readonly type: "jsonl" }
    | { readonly type: "help" }
    | { readonly type: "version" };
  /** What follows the code, module or script: the program's own arguments. */
  readonly rest: readonly string[];
  readonly sandbox: SandboxOptions;
  readonly limits: Limits;
  readonly sessionFile?: SessionFileOptions;
  /** Terminals get the guest's output as it is. */
  readonly rawOutput: boolean;
  /** A prompt follows the program. */
  readonly interactive: boolean;
  /** The prompt has no banner. */
  readonly quiet: boolean;
}

/** The options in which the commands differ. */
export interface RunnerSyntax {
  /** The option that is followed by code, and its long form. */
  readonly code: readonly string[];
  /** The option that is followed by code whose value is printed. */
  readonly print?: readonly string[];
  /** The option that is followed by a module's name. */
  readonly module?: readonly string[];
  /** The options that are followed by a directory with another interpreter. */
  readonly runtime?: readonly string[];
}

/** Reads a command line as `python` and `node` do: options end where the program's own arguments begin. */
export function parseRunnerArguments(args: readonly string[], syntax: RunnerSyntax): RunnerArguments {
  const sandbox = noSandboxOptions();
  let limits: Limits = {};
  let sessionPath: string | undefined;
  let readOnly = false;
  let jsonl = false;
  let rawOutput = false;
  let interactive = false;
  let quiet = false;
  const given = () => {
    if (readOnly && sessionPath === undefined) throw new UsageError("--read-only goes with --session");
    if (jsonl && rawOutput) {
      throw new UsageError("--raw-output does not go with --jsonl: its answers hold the output as JSON");
    }
    return {
      sandbox,
      limits,
      rawOutput,
      interactive,
      quiet,
      ...(sessionPath === undefined ? {} : { sessionFile: { path: sessionPath, readOnly } }),
    };
  };

  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string;
    const [option, attached] = splitOption(arg);
    const value = (): string => {
      const given = attached ?? args[++index];
      if (given === undefined) throw new UsageError(`${option} needs a value`);
      return given;
    };
    const done = (action: RunnerArguments["action"]): RunnerArguments => {
      if (jsonl && action.type !== "help" && action.type !== "version") {
        throw new UsageError("--jsonl reads its code from standard input and takes none besides");
      }
      return { action, rest: args.slice(index + 1), ...given() };
    };

    if (syntax.code.includes(option)) return done({ type: "code", code: value(), print: false });
    if (syntax.print?.includes(option)) return done({ type: "code", code: value(), print: true });
    if (syntax.module?.includes(option)) return done({ type: "module", name: value() });
    if (syntax.runtime?.includes(option)) {
      sandbox.runtimeDirectory = value();
      continue;
    }
    if (takeSandboxOption(sandbox, option, value)) continue;
    const limit = parseLimit(option, value);
    if (limit !== undefined) {
      limits = { ...limits, ...limit };
      continue;
    }
    if (option === "--session") {
      sessionPath = value();
      if (sessionPath === "") throw new UsageError("--session needs the path of a file");
      continue;
    }
    if (option === "--read-only" && attached === undefined) {
      readOnly = true;
      continue;
    }
    if (option === "-i" && attached === undefined) interactive = true;
    else if (option === "-q" && attached === undefined) quiet = true;
    else if (option === rawOutputOption && attached === undefined) rawOutput = true;
    else if (option === "--jsonl" && attached === undefined) jsonl = true;
    else if ((option === "-h" || option === "--help") && attached === undefined)
      return done({ type: "help" });
    else if ((option === "-V" || option === "--version") && attached === undefined)
      return done({ type: "version" });
    else if (option === "-") return done({ type: "stdin", explicit: true });
    else if (option === "--") {
      const path = args[++index];
      return path === undefined ? done({ type: "stdin", explicit: false }) : done({ type: "script", path });
    } else if (arg.startsWith("-")) throw new UsageError(`unknown option ${arg}`);
    else return done({ type: "script", path: arg });
  }
  return { action: jsonl ? { type: "jsonl" } : { type: "stdin", explicit: false }, rest: [], ...given() };
}

/** `--name=value` and `-cCODE` carry their value with them. */
function splitOption(arg: string): [option: string, attached: string | undefined] {
  const long = /^(--[a-z][a-z-]*|-runtime)(?:=(.*))?$/s.exec(arg);
  if (long !== null) return [long[1] as string, long[2]];
  if (/^-[a-zA-Z]./s.test(arg)) return [arg.slice(0, 2), arg.slice(2)];
  return [arg, undefined];
}
