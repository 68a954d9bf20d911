#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../node/package-root.js";
import { delayOptimisation } from "../node/runtimes/tiering.js";
import { isMainStackReal } from "../node/threads/main-stack.js";
import { createTerminalState } from "../terminal/changes.js";
import { parseWasirunArguments, type WasirunArguments } from "./arguments.js";
import { tell } from "./tell.js";
import { endOf, runWasi, type WasiEnd, type WasiRun } from "./wasi-run.js";

const command = "wasirun";

async function run({ module, args, given }: WasirunArguments): Promise<WasiEnd> {
  await delayOptimisation();
  const wasiRun: WasiRun = {
    module,
    args,
    given,
    ...(given.rawOutput ? {} : { terminalState: createTerminalState() }),
  };
  // A thread takes time to start, so there is one only where it is needed.
  const needsThread = given.timeoutMs !== undefined || given.stackBytes !== undefined || !isMainStackReal();
  if (!needsThread) return runWasi(wasiRun);
  return (await import("./wasi-in-thread.js")).runWasiInThread(wasiRun);
}

function version(): string {
  return JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")).version;
}

async function main(words: readonly string[]): Promise<WasiEnd> {
  let parsed: WasirunArguments;
  try {
    parsed = parseWasirunArguments(words);
  } catch (error) {
    return endOf(error, "");
  }
  if (parsed.action === "run") return run(parsed);
  const { helpOf } = await import("./help.js");
  process.stdout.write(parsed.action === "help" ? helpOf(command) : `wasirun ${version()}\n`);
  return { exitCode: 0 };
}

// Not by letting the event loop run dry: a compilation in the background would be waited for.
main(process.argv.slice(2)).then(({ exitCode, complaint }) => {
  if (complaint !== undefined) tell(command, complaint);
  process.exit(exitCode);
});
