#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Doors, openDoors } from "../abi/doors.js";
import type { CallTracer } from "../abi/trace/tracer.js";
import { ErrnoError } from "../errno.js";
import { CommandError, type CommandOptions, runCommand } from "../guest/command/run-command.js";
import { GuestCrash, type Signals } from "../guest/guest.js";
import { signalExitCodes } from "../guest-end.js";
import { packageRoot } from "../node/package-root.js";
import { delayOptimisation } from "../node/runtimes/tiering.js";
import { sleep } from "../node/streams/patient-write.js";
import { openStandardStreams } from "../node/streams/standard-streams.js";
import { readDeterministic } from "../session/deterministic.js";
import { createTerminalState } from "../terminal/changes.js";
import { createFileSystem } from "../vfs/file-system.js";
import { createMemoryBudget } from "../vfs/memory-budget.js";
import { createMemoryVolume } from "../vfs/memory-volume.js";
import { type Mount, MountError, plainGuestPath } from "../vfs/mount-spec.js";
import type { FileSystem } from "../vfs/types.js";
import { parseWasirunArguments, type WasirunArguments } from "./arguments.js";
import { watchMemory } from "./memory-watch.js";
import { deterministicOptions } from "./session-options.js";
import { tell } from "./tell.js";
import { UsageError, usageExitCode } from "./usage-error.js";

/** What the process itself may take on top of the guest's memory. */
const processMarginBytes = 128 * 2 ** 20;
/** What all overlays together may hold in memory. */
const overlayBytes = 256 * 2 ** 20;
const defaultMemoryBytes = 2 ** 30;
const command = "wasirun";

async function run({ module, args, given }: WasirunArguments): Promise<number> {
  const { mounts = [], env = [], memoryBytes = defaultMemoryBytes, rawOutput = false } = given;
  const bytes = readFileSync(module);
  await delayOptimisation();
  const terminalState = rawOutput ? undefined : createTerminalState();
  const streams = await openStandardStreams(undefined, undefined, terminalState);
  const deterministic = deterministicOptions(given);
  const doors = openDoors(deterministic && readDeterministic(deterministic));
  const { clocks, randomness } = doors;
  const fileSystem = await openFileSystem(mounts, doors);
  const trace = given.trace ? await openTracer() : undefined;
  try {
    const options: CommandOptions = {
      args: [module, ...args],
      env: Object.fromEntries(env),
      preopens: mounts.map(({ guestPath }) => plainGuestPath(guestPath)),
      host: {
        ...streams,
        fileSystem,
        signals: quietSignals(),
        clocks,
        randomness,
        memoryBytes,
        ...(trace && { trace }),
      },
      beforeCompile: (worstBytes) => watchCompilation(worstBytes, module, memoryBytes, hasOverlay(mounts)),
    };
    return doors.work(() => runCommand(bytes, options));
  } finally {
    streams.restore();
    fileSystem.close();
  }
}

/** A module that is sure to stay within half of its room, however it is made, needs no watching. */
function watchCompilation(
  worstBytes: number,
  module: string,
  maxMemoryBytes: number,
  hasOverlay: boolean,
): void {
  const moreBytes = maxMemoryBytes + processMarginBytes + (hasOverlay ? overlayBytes : 0);
  if (worstBytes <= moreBytes / 2) return;
  const mebibytes = Math.round(maxMemoryBytes / 2 ** 20);
  watchMemory(
    moreBytes,
    `wasirun: ${module} took more than the ${mebibytes} MiB of memory that it may have\n`,
  );
}

function hasOverlay(mounts: readonly Mount[]): boolean {
  return mounts.some(({ mode }) => mode === "overlay");
}

/** Where nothing is mounted there is nothing, and nothing can be made. */
async function openFileSystem(mounts: readonly Mount[], { clocks }: Doors): Promise<FileSystem> {
  const empty = createMemoryVolume({ maxNodes: 0 });
  if (mounts.length === 0) return createFileSystem({ root: empty });
  const { openMounts } = await import("../vfs/mounts.js");
  const { openHostDirectories } = await import("../node/files/host-mounts.js");
  const opened = openMounts(mounts, openHostDirectories, {
    budget: createMemoryBudget({ maxBytes: overlayBytes }),
    now: clocks.realtimeNs,
  });
  return createFileSystem({ root: opened.root ?? empty, mounts: opened.mounts });
}

async function openTracer(): Promise<CallTracer> {
  const { createCallTracer } = await import("../abi/trace/tracer.js");
  const { openTraceOutput } = await import("../node/streams/trace-output.js");
  return createCallTracer(openTraceOutput("", sleep).write);
}

/** The guest has the thread to itself, so nothing interrupts it but what ends the process. */
function quietSignals(): Signals {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  return { take: () => 0, wait: (timeoutMs) => Atomics.wait(bell, 0, 0, timeoutMs) === "ok" };
}

/** Tells in one line what went wrong before, or instead of, the guest's own exit. */
function report(error: unknown, module: string): number {
  if (error instanceof GuestCrash) {
    tell(command, `${module} crashed: ${error.message}`);
    return signalExitCodes.crash;
  }
  if (error instanceof UsageError || error instanceof MountError)
    tell(command, `${error.message} (see wasirun --help)`);
  else if (error instanceof CommandError) tell(command, `cannot run ${module}: ${error.message}`);
  else if (error instanceof ErrnoError || isSystemError(error)) tell(command, (error as Error).message);
  else throw error;
  return usageExitCode;
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function version(): string {
  return JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")).version;
}

async function main(words: readonly string[]): Promise<number> {
  let module = "";
  try {
    const parsed = parseWasirunArguments(words);
    module = parsed.module;
    if (parsed.action === "run") return await run(parsed);
    const { helpOf } = await import("./help.js");
    process.stdout.write(parsed.action === "help" ? helpOf(command) : `wasirun ${version()}\n`);
    return 0;
  } catch (error) {
    return report(error, module);
  }
}

// Not by letting the event loop run dry: a compilation in the background would be waited for.
main(process.argv.slice(2)).then((exitCode) => process.exit(exitCode));
