import type { RunnerArguments } from "../arguments.js";
import { type ProgramAction, programName, requestFor } from "../program.js";
import type { Runner } from "../runner.js";
import { startRepl } from "./repl.js";

/** Starts the prompt that a command line asks for, after its program if it has one. */
export async function startPrompt(
  { command, language }: Runner,
  { action, rest, env, quiet }: RunnerArguments,
): Promise<number> {
  const asked = action as ProgramAction;
  const program = action.type === "stdin" ? undefined : await requestFor(asked, language === "python");
  return startRepl({
    command,
    language,
    session: { args: [programName(asked), ...rest], env },
    quiet: quiet || program !== undefined,
    ...(program === undefined ? {} : { program }),
  });
}
