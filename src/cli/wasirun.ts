#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { ErrnoError } from "../errno.js";
import { ModuleError, runCommand } from "../guest/command/run-command.js";
import { GuestCrash, type Signals } from "../guest/guest.js";
import { openMounts } from "./mounts.js";
import { openStandardStreams } from "./standard-streams.js";
import { delayOptimisation } from "./tiering.js";
import { packageVersion } from "./version.js";
import {
  parseWasirunArguments,
  UsageError,
  type WasirunArguments,
  wasirunHelp,
} from "./wasirun-arguments.js";

/** The command could not be started. */
const notStartedCode = 2;
/** What a shell reports for a program that aborted: 128 + SIGABRT. */
const crashedCode = 134;

/** The guest has the thread to itself, so nothing interrupts it but what ends the process. */
function quietSignals(): Signals {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  return { take: () => 0, wait: (timeoutMs) => Atomics.wait(bell, 0, 0, timeoutMs) === "ok" };
}

async function run({ module, args, mounts, env, maxMemoryBytes }: WasirunArguments): Promise<number> {
  const bytes = readFileSync(module);
  delayOptimisation();
  const streams = await openStandardStreams();
  const fileSystem = await openMounts(mounts);
  try {
    return runCommand(bytes, {
      args: [module, ...args],
      env,
      preopens: mounts.map(({ guestPath }) => guestPath),
      host: { ...streams, fileSystem, signals: quietSignals(), memoryBytes: maxMemoryBytes },
    });
  } finally {
    fileSystem.close();
  }
}

/** One line for each thing that can go wrong before, or instead of, the guest's own exit. */
function report(error: unknown, module: string): number {
  const tell = (text: string) => process.stderr.write(`wasirun: ${text}\n`);
  if (error instanceof GuestCrash) {
    tell(`${module} crashed: ${error.message}`);
    return crashedCode;
  }
  if (error instanceof UsageError) tell(`${error.message}; see wasirun --help`);
  else if (error instanceof ModuleError) tell(`cannot run ${module}: ${error.message}`);
  else if (error instanceof ErrnoError || isSystemError(error)) tell((error as Error).message);
  else throw error;
  return notStartedCode;
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

async function main(words: readonly string[]): Promise<number> {
  let module = "";
  try {
    const parsed = parseWasirunArguments(words);
    module = parsed.module;
    if (parsed.action === "run") return await run(parsed);
    process.stdout.write(parsed.action === "help" ? wasirunHelp : `wasirun ${packageVersion()}\n`);
    return 0;
  } catch (error) {
    return report(error, module);
  }
}

process.exitCode = await main(process.argv.slice(2));
