#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { ModuleError, runCommand } from "../guest/command/run-command.js";
import { GuestCrash, GuestExit, type Signals } from "../guest/guest.js";
import { openMounts } from "./mounts.js";
import { openStandardStreams } from "./standard-streams.js";
import { packageVersion } from "./version.js";
import { parseWasirunArguments, UsageError, type WasirunArguments, wasirunHelp } from "./wasirun-arguments.js";

/** The command could not be started. */
const notStartedCode = 2;
/** What a shell reports for a program that aborted: 128 + SIGABRT. */
const crashedCode = 134;

async function main(words: readonly string[]): Promise<number> {
  const { action, ...options } = parseWasirunArguments(words);
  if (action === "help") return print(wasirunHelp);
  if (action === "version") return print(`wasirun ${packageVersion()}\n`);
  const bytes = readModule(options.module);
  const streams = await openStandardStreams();
  const fileSystem = await openMounts(options.mounts);
  try {
    return runCommand(bytes, {
      args: [options.module, ...options.args],
      env: options.env,
      preopens: options.mounts.map(({ guestPath }) => guestPath),
      host: { ...streams, fileSystem, signals, memoryBytes: options.maxMemoryBytes },
    });
  } finally {
    fileSystem.close();
  }
}

const bell = new Int32Array(new SharedArrayBuffer(4));

/** Nothing interrupts the guest but what ends the process. */
const signals: Signals = {
  take: () => 0,
  wait: (timeoutMs) => Atomics.wait(bell, 0, 0, timeoutMs) === "ok",
};
