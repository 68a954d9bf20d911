import { type Doors, openDoors } from "../abi/doors.js";
import type { CallTracer } from "../abi/trace/tracer.js";
import type { Preopen } from "../abi/wasi/host.js";
import { ErrnoError } from "../errno.js";
import { CommandError } from "../guest/command/command-error.js";
import { type CommandOptions, runCommand } from "../guest/command/run-command.js";
import { GuestCrash, type Signals } from "../guest/guest.js";
import { signalExitCodes } from "../guest-end.js";
import { sleep } from "../node/streams/patient-write.js";
import { openStandardStreams } from "../node/streams/standard-streams.js";
import { readDeterministic } from "../session/deterministic.js";
import type { TerminalState } from "../terminal/changes.js";
import { createFileSystem } from "../vfs/file-system.js";
import { createMemoryBudget } from "../vfs/memory-budget.js";
import { createMemoryVolume } from "../vfs/memory-volume.js";
import { type Mount, MountError, plainGuestPath } from "../vfs/mount-spec.js";
import type { FileSystem } from "../vfs/types.js";
import { watchMemory } from "./memory-watch.js";
import { readModule } from "./module-file.js";
import type { GivenOptions } from "./parse-options.js";
import { deterministicOptions } from "./session-options.js";
import { UsageError, usageExitCode } from "./usage-error.js";

/** What the process itself may take on top of the guest's memory. */
const processMarginBytes = 128 * 2 ** 20;
/** What all overlays together may hold in memory. */
const overlayBytes = 256 * 2 ** 20;
const defaultMemoryBytes = 2 ** 30;

/** A module that is to be run, so that it can be told to another thread. */
export interface WasiRun {
  /** Its file; `-`: standard input. */
  readonly module: string;
  /** The guest's own arguments, or those of the function that is called. */
  readonly args: readonly string[];
  readonly given: GivenOptions;
  /** Absent: terminals get output as it is. */
  readonly terminalState?: TerminalState;
}

export interface WasiEnd {
  readonly exitCode: number;
  /** A line that says what went wrong, before the guest began or at its end. */
  readonly complaint?: string;
}

/** Runs a module to its end in this thread, on the process's standard streams. */
export async function runWasi(run: WasiRun): Promise<WasiEnd> {
  try {
    return { exitCode: await runModule(run) };
  } catch (error) {
    return endOf(error, run.module);
  }
}

async function runModule({ module, args, given, terminalState }: WasiRun): Promise<number> {
  const { env = [], invoke, memoryBytes = defaultMemoryBytes } = given;
  const directories = [...(given.mounts ?? []), ...(given.directories ?? [])];
  const bytes = readModule(module, memoryBytes);
  const streams = await openStandardStreams(undefined, undefined, terminalState);
  const deterministic = deterministicOptions(given);
  const doors = openDoors(deterministic && readDeterministic(deterministic));
  const { clocks, randomness } = doors;
  const fileSystem = await openFileSystem(directories, doors);
  const trace = given.trace ? await openTracer() : undefined;
  try {
    const options: CommandOptions = {
      args: [module, ...args],
      env: Object.fromEntries(env),
      preopens: directories.map(preopenOf),
      ...(invoke === undefined ? {} : { invoke: { name: invoke, args } }),
      host: {
        ...streams,
        fileSystem,
        signals: quietSignals(),
        clocks,
        randomness,
        memoryBytes,
        ...(trace && { trace }),
      },
      beforeCompile: (worstBytes) =>
        watchCompilation(worstBytes, module, memoryBytes, hasOverlay(directories)),
    };
    return doors.work(() => runCommand(bytes, options));
  } finally {
    streams.restore();
    fileSystem.close();
  }
}

function preopenOf({ guestPath, guestName }: Mount & { readonly guestName?: string }): Preopen {
  return { path: plainGuestPath(guestPath), ...(guestName === undefined ? {} : { name: guestName }) };
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

/** The guest has the thread to itself, so nothing interrupts it but what ends the thread or the process. */
function quietSignals(): Signals {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  return { take: () => 0, wait: (timeoutMs) => Atomics.wait(bell, 0, 0, timeoutMs) === "ok" };
}

/** What went wrong before, or instead of, the guest's own exit. */
export function endOf(error: unknown, module: string): WasiEnd {
  if (error instanceof GuestCrash)
    return { exitCode: signalExitCodes.crash, complaint: `${module} crashed: ${error.message}` };
  return { exitCode: usageExitCode, complaint: complaintOf(error, module) };
}

function complaintOf(error: unknown, module: string): string {
  if (error instanceof UsageError || error instanceof MountError)
    return `${error.message} (see wasirun --help)`;
  if (error instanceof CommandError) return `cannot run ${module}: ${error.message}`;
  if (error instanceof ErrnoError || isSystemError(error)) return (error as Error).message;
  throw error;
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
