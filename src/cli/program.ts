import { readFileSync } from "node:fs";
import type { RunRequest } from "../guest/guest.js";
import { loadBundledRuntime } from "../runtimes/bundled.js";
import { guestOptions } from "../session/options.js";
import type { GuestHandle } from "../worker/handle.js";
import { createInlineHandle } from "../worker/inline-handle.js";
import { defaultStackBytes, mainStackBytes } from "../worker/main-stack.js";
import { createThreadHandle } from "../worker/thread-handle.js";
import type { RunnerArguments } from "./arguments.js";
import type { Runner } from "./runner.js";
import { UsageError } from "./usage-error.js";

type ProgramAction = Extract<RunnerArguments["action"], { type: "code" | "module" | "script" | "stdin" }>;

/** Runs one program with the streams of this process and gives its exit code. */
export async function runProgram(
  runner: Runner,
  action: ProgramAction,
  rest: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const isPython = runner.language === "python";
  // The thread, if there is to be one, comes up while the rest is read.
  const handle = createHandle(isPython);
  const request = await requestFor(action, isPython);
  await handle.open(loadBundledRuntime(runner.language), {
    ...guestOptions({ args: [programName(action), ...rest], env, checkpoints: false }),
    streams: "inherit",
  });
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
function createHandle(isPython: boolean): GuestHandle {
  const stackBytes = isPython ? undefined : mainStackBytes();
  return stackBytes === undefined || stackBytes <= defaultStackBytes
    ? createThreadHandle()
    : createInlineHandle(stackBytes);
}

/** `argv[0]` as the languages' own commands set it. */
function programName(action: ProgramAction): string {
  if (action.type === "code") return "-c";
  if (action.type === "module") return "-m";
  if (action.type === "script") return action.path;
  return action.explicit ? "-" : "";
}

async function requestFor(action: ProgramAction, isPython: boolean): Promise<RunRequest> {
  switch (action.type) {
    case "code":
      return { mode: "program", code: action.code, filename: isPython ? "<string>" : "[eval]" };
    case "module":
      return { mode: "module", code: action.name, filename: "<module>" };
    case "script":
      return { mode: "program", code: readScript(action.path), filename: action.path };
    case "stdin":
      return {
        mode: "program",
        code: await readProgram(action.explicit),
        filename: isPython ? "<stdin>" : "[stdin]",
      };
  }
}

function readScript(path: string): string {
  try {
    return decodeProgram(readFileSync(path), path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: "there is no such file",
      EISDIR: "it is a directory",
      EACCES: "permission denied",
    };
    throw new UsageError(`cannot read ${path}: ${reasons[code ?? ""] ?? code}`);
  }
}

async function readProgram(explicit: boolean): Promise<string> {
  if (process.stdin.isTTY && !explicit) throw new UsageError("no code was given");
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return decodeProgram(Buffer.concat(chunks), "standard input");
}

function decodeProgram(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${source} is not UTF-8 text`);
  }
}
