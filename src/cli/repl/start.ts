import type { SessionOptions } from "../../session/options.js";
import type { RunnerArguments } from "../arguments.js";
import { type ProgramAction, programArguments, requestFor } from "../program.js";
import type { Runner } from "../runner.js";
import { findScript } from "../script.js";
import { UsageError } from "../usage-error.js";
import { startRepl } from "./repl.js";

/** Starts the prompt that a command line asks for, after its program if it has one. */
export async function startPrompt(runner: Runner, parsed: RunnerArguments): Promise<number> {
  const { rest, sandbox, limits, sessionFile, quiet, rawOutput } = parsed;
  if (sessionFile !== undefined) {
    throw new UsageError("--session does not go with a prompt; use .load and .save there");
  }
  const { command, language } = runner;
  const isPython = language === "python";
  const action = parsed.action as ProgramAction;
  const script = action.type === "script" ? findScript(action.path, sandbox.mounts) : undefined;
  const request = action.type === "stdin" ? undefined : await requestFor(action, script, isPython);
  const session: SessionOptions = {
    ...limits,
    args: [...programArguments(action, script, runner), ...rest],
    env: sandbox.env,
    ...(script === undefined ? { mounts: sandbox.mounts } : { mounts: script.mounts, cwd: script.directory }),
    ...(sandbox.runtimeDirectory === undefined ? {} : { runtimeDirectory: sandbox.runtimeDirectory }),
  };
  return startRepl({
    command,
    language,
    session,
    rawOutput,
    quiet: quiet || request !== undefined,
    ...(request === undefined ? {} : { program: { request, print: action.type === "code" && action.print } }),
  });
}
