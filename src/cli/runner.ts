import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkHostMounts } from "../node/files/host-mounts.js";
import { packageRoot } from "../node/package-root.js";
import { findStockFiles, RuntimeError } from "../node/runtimes/stock-build.js";
import { delayOptimisation } from "../node/runtimes/tiering.js";
import { MountError } from "../vfs/mount-spec.js";
import { parseRunnerArguments, type RunnerArguments } from "./arguments.js";
import type { Runner } from "./command.js";
import { type ExitStatus, endProcess } from "./end-process.js";
import { packagesOf, sessionFileOptions, sessionsOptions } from "./session-options.js";
import { tell } from "./tell.js";
import { UsageError, usageExitCode } from "./usage-error.js";

/** Does what the command line asks for, and ends the process with the right status. */
export async function main(runner: Runner): Promise<void> {
  let status: ExitStatus;
  try {
    status = await act(runner, parseRunnerArguments(runner.command, process.argv.slice(2)));
  } catch (error) {
    const isUsage =
      [UsageError, MountError, RuntimeError].some((kind) => error instanceof kind) || isRefused(error);
    status = isUsage ? usageExitCode : 1;
    const reason = error instanceof Error ? error.message : String(error);
    const advice = isUsage ? ` (see ${runner.command} --help)` : "";
    tell(runner.command, `${reason}${advice}`);
  }
  endProcess(status);
}

/** The options of the command line are such that nothing can be started with them, wherever that was found. */
function isRefused(error: unknown): boolean {
  const { name, kind, code, cause } = Object(error);
  return (
    code === "INVALID_OPTION" ||
    [name, kind].includes("StartRefusedError") ||
    (cause !== undefined && isRefused(cause))
  );
}

async function act(runner: Runner, parsed: RunnerArguments): Promise<ExitStatus> {
  const { action, given } = parsed;
  checkHostMounts(given.mounts ?? []);
  if (given.runtimeDirectory !== undefined) {
    findStockFiles(given.runtimeDirectory);
    await delayOptimisation();
  }
  if (action.type === "lock") {
    const { printLock } = await import("./packages.js");
    return printLock(runner.command, packagesOf(given) ?? {});
  }
  if (wantsPrompt(parsed) || action.type === "jsonl" || action.type === "mcp") {
    const packages = packagesOf(given);
    if (packages !== undefined) await (await import("./packages.js")).loadWithPackages(runner, packages);
  }
  if (wantsPrompt(parsed)) {
    const { startPrompt } = await import("./repl/start.js");
    return startPrompt(runner, parsed);
  }
  switch (action.type) {
    case "help": {
      const { helpOf } = await import("./help.js");
      process.stdout.write(helpOf(runner.command));
      return 0;
    }
    case "version":
      process.stdout.write(`${await versionLine(runner, given)}\n`);
      return 0;
    case "jsonl": {
      const { serveJsonLines } = await import("./jsonl.js");
      return serveJsonLines(runner, sessionsOptions(given), given.functions, sessionFileOptions(given));
    }
    case "mcp": {
      const { serveMcp } = await import("./mcp/serve.js");
      return serveMcp(runner, given);
    }
    default: {
      const { runProgram } = await import("./program.js");
      return runProgram(runner, action, parsed);
    }
  }
}

/** A prompt is for a terminal: after a program if `-i` asks for it, else where there is no program at all. */
function wantsPrompt({ action, given }: RunnerArguments): boolean {
  if (action.type === "stdin") return !action.explicit && process.stdin.isTTY === true;
  const isProgram = action.type === "code" || action.type === "module" || action.type === "script";
  return given.interactive === true && isProgram && process.stdin.isTTY === true;
}

/** Asked for twice, as Python's `-VV`, it says all of the interpreter's. */
async function versionLine(
  { command, language }: Runner,
  { version: times = 1, runtimeDirectory }: RunnerArguments["given"],
): Promise<string> {
  const read = (path: string) => JSON.parse(readFileSync(join(packageRoot(), path), "utf8"));
  const isWhole = times > 1 && language === "python";
  let interpreter: string;
  if (runtimeDirectory === undefined) {
    interpreter = read("dist/runtimes/versions.json")[isWhole ? "pythonBuild" : language];
  } else {
    const { versionOfBuild } = await import("./version-of-build.js");
    interpreter = `${await versionOfBuild(runtimeDirectory, isWhole)}, ${runtimeDirectory}`;
  }
  return `${command} ${read("package.json").version} (${interpreter})`;
}
