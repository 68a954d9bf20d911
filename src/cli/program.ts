import type { GuestHandle, ThreadHandle } from "../engine/handle.js";
import type { Runtime } from "../engine/runtime.js";
import type { RunRequest } from "../guest/guest.js";
import { withoutNetwork } from "../guest/no-network.js";
import { loadRuntime } from "../node/runtimes/load.js";
import { largeMainStackBytes } from "../node/threads/main-stack.js";
import { guestOptions, packageRequest, type SessionOptions } from "../session/options.js";
import { createTerminalState } from "../terminal/changes.js";
import type { ProgramAction, RunnerArguments } from "./arguments.js";
import type { Runner } from "./command.js";
import type { ExitStatus } from "./end-process.js";
import { createInputReader } from "./input.js";
import { prepareProgram, typescriptOf } from "./prepared-program.js";
import { endOfProgram, type ProgramOutcome } from "./program-end.js";
import type { SessionFileOptions } from "./session-file.js";
import { sessionFileOptions } from "./session-options.js";
import { createShownOutput } from "./shown-output.js";
import { decodeProgram } from "./source-text.js";
import { UsageError } from "./usage-error.js";

/** Runs one program with the streams of this process and tells how the process is to end. */
export async function runProgram(
  runner: Runner,
  action: ProgramAction,
  { rest, given }: Pick<RunnerArguments, "rest" | "given">,
): Promise<ExitStatus> {
  const isPython = runner.language === "python";
  const { timeoutMs, cpuTimeoutMs, rawOutput = false } = given;
  const isTimed = timeoutMs !== undefined || cpuTimeoutMs !== undefined;
  if (cpuTimeoutMs !== undefined) await checkCpuTimeout();
  const sessionFile = sessionFileOptions(given);
  if (given.functions !== undefined && sessionFile === undefined) {
    throw new UsageError("--functions goes with --session, with --jsonl or with a prompt");
  }
  // The thread, if there is to be one, comes up while the rest is read.
  const handle =
    sessionFile === undefined
      ? await createHandle(isPython || isTimed || given.network !== undefined)
      : undefined;
  const prepared = prepareProgram(runner, action, { rest, given });
  const request =
    action.type === "resume"
      ? undefined
      : (prepared.request ?? {
          ...(await readProgram(action.type === "stdin" && action.explicit, isPython)),
          ...typescriptOf(given),
        });
  const options: SessionOptions = { maxOutputBytes: Number.MAX_SAFE_INTEGER, ...prepared.options };
  const isInput = action.type === "stdin" || (action.type === "resume" && action.path === "-");
  const input = isInput ? undefined : createInputReader();
  const terminalState = rawOutput ? undefined : createTerminalState();
  const wanted = guestOptions({ ...options, checkpoints: false });
  let outcome: ProgramOutcome;
  if (handle === undefined) {
    const { runInSessionFile } = await import("./session-program.js");
    const file = sessionFile as SessionFileOptions;
    const work = request ?? { answers: (action as { readonly path: string }).path };
    outcome = await runInSessionFile(runner, work, options, given.functions, input, rawOutput, file);
  } else {
    await handle.open(await runtimeFor(runner, options), {
      ...wanted,
      streams: "inherit",
      ...(terminalState === undefined ? {} : { terminalState }),
    });
    const program = request as RunRequest;
    if (isThread(handle)) {
      if (options.network !== undefined) {
        const { connectNetwork } = await import("./program-network.js");
        await connectNetwork(runner.language, handle, options.network);
      } else {
        // A program has no host functions: whatever it asks is for the network.
        handle.onCalls = (calls) => handle.answerCalls(calls.map(withoutNetwork));
      }
      const { runStoppable } = await import("./stoppable.js");
      outcome = await runStoppable(handle, program, { timeoutMs, cpuTimeoutMs }, input, terminalState);
    } else {
      outcome = await handle.run(program);
    }
  }
  const { memoryBytes, maxOutputBytes, calls } = wanted;
  const limits = { timeoutMs, cpuTimeoutMs, memoryBytes, maxOutputBytes, maxCalls: calls?.maxCalls };
  const status = await endOfProgram(runner.command, outcome, limits);
  const { result, stopped, limit } = outcome;
  const wasStopped = stopped !== undefined || limit !== undefined;
  const hasValue = result.error === undefined && result.exitCode === 0 && !wasStopped;
  if (action.type !== "code" || !action.print || !hasValue) return status;
  const { createStreamWriter, exitCodeWithoutOutput } = await import("./stream-writer.js");
  const { write, broken } = createStreamWriter(1);
  const output = createShownOutput(rawOutput, (_stream, text) => write(text));
  const written = output.write("stdout", `${result.result ?? "undefined"}\n`);
  output.end();
  const fault = await Promise.race([written, broken]);
  return fault === undefined ? status : exitCodeWithoutOutput(runner.command, fault);
}

async function runtimeFor(runner: Runner, options: SessionOptions): Promise<Runtime> {
  const packages = packageRequest(options);
  if (packages === undefined) return loadRuntime(runner.language, options.runtimeDirectory);
  if (options.runtimeDirectory !== undefined)
    throw new UsageError("--runtime does not go with packages: they are for the bundled interpreter");
  const { loadWithPackages } = await import("./packages.js");
  // Nothing of it outlives the program, so nothing depends on which interpreter it was.
  return loadWithPackages(runner, packages, packages.prepare === true || "again");
}

function isThread(handle: GuestHandle): handle is ThreadHandle {
  return "terminate" in handle;
}

/**
 * JavaScript runs in this very thread if that has enough stack for ordinary recursion, which saves starting one.
 *
 * @param needsThread Python does: its recursion needs more stack than a main thread can have. So does what is to end in
 *   time.
 */
async function createHandle(needsThread: boolean): Promise<GuestHandle> {
  const stackBytes = needsThread ? undefined : largeMainStackBytes();
  // Each way is loaded only when it is taken, for the sake of the time it takes.
  if (stackBytes === undefined) {
    return (await import("../node/threads/start-thread.js")).startThread();
  }
  const { nodeGuestPlatform } = await import("../node/threads/guest-platform.js");
  return (await import("../engine/inline-handle.js")).createInlineHandle(nodeGuestPlatform(stackBytes));
}

async function checkCpuTimeout(): Promise<void> {
  const { tellsThreadTime } = await import("../node/threads/thread-time.js");
  if (tellsThreadTime()) return;
  throw new UsageError("--cpu-timeout: this system does not tell a thread's processor time; use --timeout");
}

/** The program that standard input is. */
async function readProgram(explicit: boolean, isPython: boolean): Promise<RunRequest> {
  if (process.stdin.isTTY && !explicit) throw new UsageError("no code was given");
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return {
    mode: "program",
    code: decodeProgram(Buffer.concat(chunks), "standard input"),
    filename: isPython ? "<stdin>" : "[stdin]",
  };
}
