import type { Mount } from "../vfs/mount-spec.js";
import { noSandboxOptions, parseMemorySize, rawOutputOption, takeSandboxOption } from "./sandbox-options.js";
import { UsageError } from "./usage-error.js";

export interface WasirunArguments {
  readonly action: "run" | "help" | "version";
  /** The module's file. Empty unless `action` is `run`. */
  readonly module: string;
  /** What follows the module: all of it is the guest's. */
  readonly args: readonly string[];
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  readonly maxMemoryBytes: number;
  /** Terminals get the guest's output as it is. */
  readonly rawOutput: boolean;
}

const defaultMemoryBytes = 2 ** 30;

export const wasirunHelp = `usage: wasirun [options] MODULE.wasm [--] [ARGS...]

Runs a WASI preview 1 command. It reaches no file, environment variable or network unless an option gives it.

options:
  --mount HOST:GUEST[:MODE]  let it see the directory HOST at the absolute path GUEST. MODE is
                             ro (the default), rw, or overlay (changes are kept in memory only)
  --env NAME=VALUE           set an environment variable
  --max-memory SIZE          the most memory it may have, its tables and its code included, as 512M or 2G
                             (default 1G)
  --raw-output               let its output reach a terminal as it is: by default only text, colours,
                             cursor movement and erasing do
  --version                  print the version and exit
  --help                     print this and exit

The exit code is the module's own; 2 if it could not be started; 134 if it crashed;
137 if it took too much memory.
`;

/**
 * Reads the command line, without the interpreter and the script. Everything behind MODULE belongs to the guest.
 * Throws a `UsageError` or a `MountError`.
 */
export function parseWasirunArguments(words: readonly string[]): WasirunArguments {
  const sandbox = noSandboxOptions();
  let maxMemoryBytes = defaultMemoryBytes;
  let rawOutput = false;
  const nothing = { module: "", args: [], ...sandbox, maxMemoryBytes, rawOutput };
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] as string;
    if (word === "--") {
      at++;
      break;
    }
    if (!word.startsWith("-") || word === "-") break;
    if (word === "--help" || word === "-h") return { action: "help", ...nothing };
    if (word === "--version" || word === "-V") return { action: "version", ...nothing };
    const equals = word.indexOf("=");
    const option = equals < 0 ? word : word.slice(0, equals);
    const value = () => {
      const given = equals < 0 ? words[++at] : word.slice(equals + 1);
      if (given === undefined) throw new UsageError(`${option} needs a value`);
      return given;
    };
    if (takeSandboxOption(sandbox, option, value)) continue;
    if (option === rawOutputOption) {
      if (equals >= 0) throw new UsageError(`${option} takes no value`);
      rawOutput = true;
    } else if (option === "--max-memory") maxMemoryBytes = parseMemorySize(option, value());
    else throw new UsageError(`unknown option ${option}`);
  }
  const module = words[at];
  if (module === undefined || module === "") throw new UsageError("no module is given");
  const rest = words.slice(at + 1);
  // One `--` is the command's own, wherever it stands.
  const args = rest[0] === "--" && words[at - 1] !== "--" ? rest.slice(1) : rest;
  return { action: "run", module, args, ...sandbox, maxMemoryBytes, rawOutput };
}
