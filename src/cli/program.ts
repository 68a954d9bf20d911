import { basename } from "node:path";
import type { GuestHandle, ThreadHandle } from "../engine/handle.js";
import type { RunRequest } from "../guest/guest.js";
import { loadRuntime } from "../node/runtimes/load.js";
import { largeMainStackBytes } from "../node/threads/main-stack.js";
import { guestOptions, type SessionOptions } from "../session/options.js";
import { createTerminalState } from "../terminal/changes.js";
import type { RunnerArguments } from "./arguments.js";
import type { ExitStatus } from "./end-process.js";
import { createInputReader } from "./input.js";
import type { Limits } from "./limits.js";
import { reportOutputLimit } from "./output-limit.js";
import type { Runner } from "./runner.js";
import type { SandboxOptions } from "./sandbox-options.js";
import { findScript, type Script } from "./script.js";
import type { SessionFileOptions } from "./session-file.js";
import { createShownOutput } from "./shown-output.js";
import { decodeProgram } from "./source-text.js";
import type { ProgramOutcome } from "./stoppable.js";
import { tell } from "./tell.js";
import { UsageError } from "./usage-error.js";

export type ProgramAction = Extract<
  RunnerArguments["action"],
  { type: "code" | "module" | "script" | "stdin" }
>;

/** How a program is run, besides what it is. */
export interface ProgramSettings {
  readonly sandbox: SandboxOptions;
  readonly limits: Limits;
  /** Where the program's session comes from, and is kept. */
  readonly sessionFile?: SessionFileOptions;
  /** Terminals get the program's output as it is. */
  readonly rawOutput: boolean;
}

/** Runs one program with the streams of this process and tells how the process is to end. */
export async function runProgram(
  runner: Runner,
  action: ProgramAction,
  rest: readonly string[],
  { sandbox, limits, sessionFile, rawOutput }: ProgramSettings,
): Promise<ExitStatus> {
  const isPython = runner.language === "python";
  // The thread, if there is to be one, comes up while the rest is read.
  const handle = sessionFile === undefined ? await createHandle(isPython, limits) : undefined;
  const script = action.type === "script" ? findScript(action.path, sandbox.mounts) : undefined;
  const request = await requestFor(action, script, isPython);
  const options: SessionOptions = {
    maxOutputBytes: Number.MAX_SAFE_INTEGER,
    ...limits,
    args: [...programArguments(action, script, runner), ...rest],
    env: sandbox.env,
    ...(script === undefined ? { mounts: sandbox.mounts } : { mounts: script.mounts, cwd: script.directory }),
    ...(sandbox.runtimeDirectory === undefined ? {} : { runtimeDirectory: sandbox.runtimeDirectory }),
  };
  const input = action.type === "stdin" ? undefined : createInputReader();
  const terminalState = rawOutput ? undefined : createTerminalState();
  let outcome: ProgramOutcome;
  if (handle === undefined) {
    const { runInSessionFile } = await import("./session-program.js");
    outcome = await runInSessionFile(
      runner,
      request,
      options,
      input,
      rawOutput,
      sessionFile as SessionFileOptions,
    );
  } else {
    await handle.open(await loadRuntime(runner.language, sandbox.runtimeDirectory), {
      ...guestOptions({ ...options, checkpoints: false }),
      streams: "inherit",
      ...(terminalState === undefined ? {} : { terminalState }),
    });
    if (isThread(handle)) {
      const { runStoppable } = await import("./stoppable.js");
      outcome = await runStoppable(runner.command, handle, request, limits.timeoutMs, input, terminalState);
    } else {
      outcome = await handle.run(request);
    }
  }
  const { result, ended, interrupted, unkept } = outcome;
  if (ended?.reason === "crash") {
    tell(runner.command, `the interpreter crashed: ${ended.detail}`);
  }
  if (outcome.outputLimited && limits.maxOutputBytes !== undefined) {
    reportOutputLimit(runner.command, limits.maxOutputBytes, outcome);
  }
  if (action.type === "code" && action.print && result.error === undefined && result.exitCode === 0) {
    const { createStreamWriter, exitCodeWithoutOutput } = await import("./stream-writer.js");
    const { write, broken } = createStreamWriter(1);
    const output = createShownOutput(rawOutput, (_stream, text) => write(text));
    const written = output.write("stdout", `${result.result ?? "undefined"}\n`);
    output.end();
    const fault = await Promise.race([written, broken]);
    if (fault !== undefined) return exitCodeWithoutOutput(runner.command, fault);
  }
  if (interrupted) return "SIGINT";
  const exitCode = ended?.exitCode ?? result.exitCode ?? (result.error === undefined ? 0 : 1);
  return unkept && exitCode === 0 ? 1 : exitCode;
}

function isThread(handle: GuestHandle): handle is ThreadHandle {
  return "terminate" in handle;
}

/**
 * JavaScript runs in this very thread if that has enough stack for ordinary recursion, which saves starting one;
 * Python's recursion needs more stack than a main thread can have. What is to end in time needs a thread.
 */
async function createHandle(isPython: boolean, { timeoutMs }: Limits): Promise<GuestHandle> {
  const stackBytes = isPython || timeoutMs !== undefined ? undefined : largeMainStackBytes();
  // Each way is loaded only when it is taken, for the sake of the time it takes.
  if (stackBytes === undefined) {
    return (await import("../node/threads/thread-handle.js")).createThreadHandle();
  }
  const { nodeGuestPlatform } = await import("../node/threads/guest-platform.js");
  return (await import("../engine/inline-handle.js")).createInlineHandle(nodeGuestPlatform(stackBytes));
}

/** What stands before the program's own arguments, as the languages' own commands have it. */
export function programArguments(
  action: ProgramAction,
  script: Script | undefined,
  { language, command }: Runner,
): string[] {
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

export async function requestFor(
  action: ProgramAction,
  script: Script | undefined,
  isPython: boolean,
): Promise<RunRequest> {
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
      return {
        mode: "program",
        code: await readProgram(action.explicit),
        filename: isPython ? "<stdin>" : "[stdin]",
      };
  }
}

async function readProgram(explicit: boolean): Promise<string> {
  if (process.stdin.isTTY && !explicit) throw new UsageError("no code was given");
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return decodeProgram(Buffer.concat(chunks), "standard input");
}
