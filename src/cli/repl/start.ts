import type { ProgramAction, RunnerArguments } from "../arguments.js";
import type { Runner } from "../command.js";
import { prepareProgram } from "../prepared-program.js";
import { UsageError } from "../usage-error.js";
import { startRepl } from "./repl.js";

/** Starts the prompt that a command line asks for, after its program if it has one. */
export async function startPrompt(runner: Runner, parsed: RunnerArguments): Promise<number> {
  const { session, quiet = false, rawOutput = false } = parsed.given;
  if (session !== undefined) {
    throw new UsageError("--session does not go with a prompt; use .load and .save there");
  }
  const action = parsed.action as ProgramAction;
  const { request, options } = prepareProgram(runner, action, parsed);
  return startRepl({
    ...runner,
    session: options,
    rawOutput,
    quiet: quiet || request !== undefined,
    ...(request === undefined ? {} : { program: { request, print: action.type === "code" && action.print } }),
  });
}
