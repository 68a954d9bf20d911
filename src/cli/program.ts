import { basename } from "node:path";
import type { RunRequest } from "../guest/guest.js";
import { loadBundledRuntime, type Runtime } from "../runtimes/bundled.js";
import { guestOptions } from "../session/options.js";
import type { GuestHandle } from "../worker/handle.js";
import { defaultStackBytes, mainStackBytes } from "../worker/main-stack.js";
import type { RunnerArguments } from "./arguments.js";
import type { Runner } from "./runner.js";
import type { SandboxOptions } from "./sandbox-options.js";
import { findScript, type Script } from "./script.js";
import { decodeProgram } from "./source-text.js";
import { UsageError } from "./usage-error.js";

type ProgramAction = Extract<RunnerArguments["action"], { type: "code" | "module" | "script" | "stdin" }>;

/** Runs one program with the streams of this process and gives its exit code. */
export async function runProgram(
  runner: Runner,
  action: ProgramAction,
  rest: readonly string[],
  { env, mounts, runtimeDirectory }: SandboxOptions,
): Promise<number> {
  const isPython = runner.language === "python";
  // The thread, if there is to be one, comes up while the rest is read.
  const handle = await createHandle(isPython);
  const script = action.type === "script" ? findScript(action.path, mounts) : undefined;
  const request = await requestFor(action, script, isPython);
  const options = guestOptions({
    args: [programName(action, script, isPython), ...rest],
    env,
    mounts: script === undefined ? mounts : script.mounts,
    checkpoints: false,
  });
  const start = script === undefined ? options.start : { ...options.start, cwd: script.directory };
  await handle.open(await runtimeFor(runner, runtimeDirectory), { ...options, start, streams: "inherit" });
  const { result, ended } = await handle.run(request);
  if (ended?.reason === "crash") {
    process.stderr.write(`${runner.command}: the interpreter crashed: ${ended.detail}\n`);
  }
  if (action.type === "code" && action.print && result.result !== undefined) {
    process.stdout.write(`${result.result}\n`);
  }
  return ended?.exitCode ?? result.exitCode ?? 0;
}

/**
 * JavaScript runs in this very thread if that has enough stack for ordinary recursion, which saves starting one;
 * Python's recursion needs more stack than a main thread can have.
 */
async function createHandle(isPython: boolean): Promise<GuestHandle> {
  const stackBytes = isPython ? undefined : mainStackBytes();
  // Each way is loaded only when it is taken, for the sake of the time it takes.
  if (stackBytes === undefined || stackBytes <= defaultStackBytes) {
    return (await import("../worker/thread-handle.js")).createThreadHandle();
  }
  return (await import("../worker/inline-handle.js")).createInlineHandle(stackBytes);
}

async function runtimeFor({ language }: Runner, directory: string | undefined): Promise<Runtime> {
  if (directory === undefined) return loadBundledRuntime(language);
  const { loadStockRuntime } = await import("../runtimes/stock-python.js");
  return loadStockRuntime(directory);
}

/** `argv[0]` as the languages' own commands set it; a path that leads to the script also from its own directory. */
function programName(action: ProgramAction, script: Script | undefined, isPython: boolean): string {
  if (action.type === "code") return "-c";
  if (action.type === "module") return "-m";
  if (action.type === "stdin") return action.explicit ? "-" : "";
  const { path } = action;
  return isPython && path === basename(path) ? path : (script?.guestPath ?? path);
}

async function requestFor(
  action: ProgramAction,
  script: Script | undefined,
  isPython: boolean,
): Promise<RunRequest> {
  switch (action.type) {
    case "code":
      return { mode: "program", code: action.code, filename: isPython ? "<string>" : "[eval]" };
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
