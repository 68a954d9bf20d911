import type { ProgramAction, RunnerArguments } from "../arguments.js";
import type { Runner } from "../command.js";
import { suspendingFunctions } from "../declared-functions.js";
import type { ExitStatus } from "../end-process.js";
import { prepareProgram } from "../prepared-program.js";
import { openSessionFile } from "../session-file.js";
import { sessionFileOptions } from "../session-options.js";
import { startRepl } from "./repl.js";

/** Starts the prompt that a command line asks for, after its program if it has one. */
export async function startPrompt(runner: Runner, parsed: RunnerArguments): Promise<ExitStatus> {
  const { quiet = false, rawOutput = false, typescript = false, functions } = parsed.given;
  const action = parsed.action as ProgramAction;
  const { request, options: prepared } = prepareProgram(runner, action, parsed);
  const options =
    functions === undefined
      ? prepared
      : { ...prepared, functions: suspendingFunctions(functions, prepared.mounts ?? []) };
  const place = sessionFileOptions(parsed.given);
  const file = place === undefined ? undefined : openSessionFile(place, options.mounts ?? []);
  try {
    return await startRepl({
      ...runner,
      session: options,
      rawOutput,
      isTypeScript: typescript,
      quiet: quiet || request !== undefined,
      ...(request === undefined
        ? {}
        : { program: { request, print: action.type === "code" && action.print } }),
      ...(file === undefined || place === undefined ? {} : { file: { ...file, path: place.path } }),
    });
  } finally {
    file?.close();
  }
}
