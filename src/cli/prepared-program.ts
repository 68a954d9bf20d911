import { basename } from "node:path";
import type { RunRequest } from "../guest/guest.js";
import { scriptRequirements } from "../packages/script-metadata.js";
import type { SessionOptions } from "../session/options.js";
import type { Mount } from "../vfs/mount-spec.js";
import type { ProgramAction, RunnerArguments } from "./arguments.js";
import type { Runner } from "./command.js";
import { findModuleDirectory } from "./module-program.js";
import type { GivenOptions } from "./parse-options.js";
import { findScript, type GuestDirectory, type Script } from "./script.js";
import { packagesOf, sessionOptions } from "./session-options.js";

/** A program of the command line, and the session that it wants. */
export interface PreparedProgram {
  /** Absent if the program is yet to be read from standard input. */
  readonly request?: RunRequest;
  readonly options: SessionOptions;
}

/** Reads the script, if the program is one. Throws a `UsageError` if it cannot be read. */
export function prepareProgram(
  runner: Runner,
  action: ProgramAction,
  { rest, given }: Pick<RunnerArguments, "rest" | "given">,
): PreparedProgram {
  const script = action.type === "script" ? findScript(action.path, given.mounts ?? []) : undefined;
  const own = given.scriptPackages && script !== undefined ? scriptRequirements(script.code) : [];
  const packages = packagesOf(given, own);
  const common = { ...sessionOptions(given), ...(packages === undefined ? {} : { packages }) };
  const begin = script ?? moduleDirectory(action, given, common.mounts ?? []);
  const plain = requestFor(action, script, runner.language === "python");
  const request = plain && { ...plain, ...typescriptOf(given) };
  return {
    ...(request === undefined ? {} : { request }),
    options: {
      ...common,
      args: [...programArguments(action, script, runner), ...rest],
      ...(begin === undefined ? {} : { mounts: begin.mounts, cwd: begin.directory }),
    },
  };
}

/** What a request says of its code's types. */
export function typescriptOf({ typescript }: GivenOptions): Pick<RunRequest, "isTypeScript"> {
  return typescript ? { isTypeScript: true } : {};
}

function moduleDirectory(
  action: ProgramAction,
  { isolated, safePath }: GivenOptions,
  mounts: readonly Mount[],
): GuestDirectory | undefined {
  if (action.type !== "module" || isolated || safePath) return undefined;
  return findModuleDirectory(action.name, mounts);
}

function requestFor(
  action: ProgramAction,
  script: Script | undefined,
  isPython: boolean,
): RunRequest | undefined {
  switch (action.type) {
    case "code":
      return {
        mode: "program",
        code: action.code,
        filename: isPython ? "<string>" : "[eval]",
        ...(action.print ? { plainStrings: true } : {}),
      };
    case "module":
      return { mode: "module", code: action.name, filename: "<module>" };
    case "script":
      return { mode: "program", code: script?.code ?? "", filename: script?.guestPath ?? action.path };
    case "stdin":
    case "resume":
      return undefined;
  }
}

/** What stands before the program's own arguments, as the languages' own commands have it. */
function programArguments(
  action: ProgramAction,
  script: Script | undefined,
  { language, command }: Runner,
): string[] {
  // It goes on with those that it has.
  if (action.type === "resume") return [];
  if (language === "javascript") {
    // As Node has it: the command, and the script, so that the arguments begin at 2.
    if (action.type === "script") return [command, script?.guestPath ?? action.path];
    return action.type === "stdin" && action.explicit ? [command, "-"] : [command];
  }
  if (action.type === "code") return ["-c"];
  if (action.type === "module") return ["-m"];
  if (action.type === "stdin") return [action.explicit ? "-" : ""];
  // A path that leads to the script also from its own directory, where the program begins.
  const { path } = action;
  return [path === basename(path) ? path : (script?.guestPath ?? path)];
}
