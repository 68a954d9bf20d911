import type { GuestOptions, OutputStream } from "../engine/messages.js";
import type { PackageRequest } from "../engine/runtime.js";
import type { SnapshotBytes } from "../engine/snapshot-chain.js";
import type { RunRequest, RunResult } from "../guest/guest.js";
import type { FileChange } from "../vfs/change-journal.js";
import { type Mount, type MountMode, plainGuestPath } from "../vfs/mount-spec.js";
import { defaults } from "./defaults.js";
import { type DeterministicOptions, readDeterministic } from "./deterministic.js";
import type { HostFunctions } from "./host-functions/types.js";
import type { NetworkOptions } from "./network/types.js";
import type { RunSignal } from "./run-signal.js";
import type { StopReason } from "./stops.js";

export type { FileChange, Mount, MountMode, RunSignal };

export interface SessionOptions {
  /** The guest's whole environment. Default: `HOME` only; nothing is inherited from the host. */
  readonly env?: Readonly<Record<string, string>>;
  /** `sys.argv` in Python, `process.argv` in JavaScript. Default `[""]`. */
  readonly args?: readonly string[];
  /**
   * CPython's own options, each a word with its value: `-O`, `-Werror`, `-Xdev`. Python only; docs/python.md has them.
   * Default: none.
   */
  readonly interpreterOptions?: readonly string[];
  /**
   * The working directory at the start, an absolute guest path; `START_FAILED` if there is none. Default: a session
   * that goes on from a snapshot, or is a fork, stays where it was, if that is there; otherwise `/home/user`, or `/`
   * where something is mounted there.
   */
  readonly cwd?: string;
  /**
   * Time and chance are always the same: a seeded generator, and a clock that sleeping moves without waiting. A session
   * that goes on from a snapshot, or is a fork, has them begin anew. Default: that of the state it goes on from, else
   * the host's.
   */
  readonly deterministic?: DeterministicOptions;
  /** Host directories that the guest sees. Default: none. */
  readonly mounts?: readonly Mount[];
  /**
   * A directory with a stock CPython build for WASI (`python.wasm` beside `lib/`) to run instead of the bundled
   * one; for Python only. Default: the bundled interpreter.
   */
  readonly runtimeDirectory?: string;
  /**
   * Packages besides the library, for the bundled Python only: requirements such as `numpy>=2`, or more of what is wanted.
   * They are fetched by the host, checked, and kept; the guest sees them read-only. Default: none.
   */
  readonly packages?: readonly string[] | PackageRequest;
  /**
   * Tell each call that the guest makes of the host on this process's standard error, in a line that begins with the
   * number of its thread. For looking at what code does; it takes many times as long. Default false.
   */
  readonly trace?: boolean;
  /**
   * The longest time of each run by the clock, in milliseconds, where the run does not say otherwise. Default: no limit.
   */
  readonly timeoutMs?: number;
  /**
   * The most processor time of each run, in milliseconds, where the run does not say otherwise: what the run itself
   * computes, however busy the machine is, and nothing of what it waits for. `INVALID_OPTION` where the system does not
   * tell a thread's processor time: Linux does. Default: no limit.
   */
  readonly cpuTimeoutMs?: number;
  /** The most memory of the guest, in bytes; at most 4 GiB. See `onLimit`. Default 1 GiB. */
  readonly memoryBytes?: number;
  /**
   * The most output of one run, in bytes; see `onLimit`. Also the most of each text of its result, which may have 1,000
   * bytes at least. Default 16 MiB.
   */
  readonly maxOutputBytes?: number;
  /**
   * What becomes of a run that wants more memory or writes more output than it may. The code gets its language's own
   * error for it (`MemoryError` in Python) in either case. `stop`: the run is stopped, whether its code catches the error
   * or not, and its result has `stopped`. `raise`: nothing else happens. Default `stop`.
   */
  readonly onLimit?: "stop" | "raise";
  /** Functions of this program that the code may call, by name; see docs/host-functions.md. Default: none. */
  readonly functions?: HostFunctions;
  /** The most calls of host functions in one run, which is stopped at one more. Default 10,000. */
  readonly maxCalls?: number;
  /** The most calls of host functions at a time; further ones wait. Default 32. */
  readonly maxConcurrentCalls?: number;
  /** The most bytes of the arguments of one call, and of what it gives. Default 16 MiB. */
  readonly maxCallBytes?: number;
  /**
   * The longest time that each run waits for host functions, in milliseconds, where the run does not say otherwise. That is
   * not part of `timeoutMs`. Waiting for the network counts as such. Default: no limit; with `network` one minute.
   */
  readonly maxWaitMs?: number;
  /** What the code may reach of the network; see docs/network.md. Default: nothing. */
  readonly network?: NetworkOptions;
  /** The most bytes of files in memory. Default 256 MiB. */
  readonly maxFileBytes?: number;
  /** The most files, directories and links in memory. Default 65,536. */
  readonly maxFiles?: number;
  /**
   * Keep the state at hand, so that a guest which must be ended comes back. Default true; without it such a
   * session begins anew.
   */
  readonly checkpoints?: boolean;
  /** Hibernate after so many milliseconds without a request; see `Session.hibernate`. Default: never. */
  readonly hibernateAfterMs?: number;
}

export interface SnapshotOptions {
  /**
   * An earlier snapshot of this session, or the chain of snapshots that ends with it: the new one then holds only what
   * has changed since, and is used behind it in a chain. Of the last four the snapshot itself is enough. Default: the new
   * one is whole.
   */
  readonly since?: SnapshotBytes;
}

export interface RunOptions {
  /** Names the run in `lostRuns`. Default: its number in the session, from 1. */
  readonly id?: string | number;
  /**
   * Names the cell in tracebacks and stacks. Default: `<cell N>` with its number in the session, which counts anew where
   * one goes on from a snapshot.
   */
  readonly filename?: string;
  /** Text that the cell may read from standard input. Default: end of file at once. */
  readonly stdin?: string;
  /** Asked whenever the cell waits for standard input; resolve with undefined for its end. Instead of `stdin`. */
  readonly onInput?: () => Promise<string | undefined>;
  /**
   * Run it as a prompt does: see the mode `interactive` of `RunRequest`. `filename` names it in tracebacks instead of
   * its number; `colors` colours them in Python, and in JavaScript what the console makes of values.
   */
  readonly interactive?: { readonly filename?: string; readonly colors?: boolean };
  /** What the code is written in, for JavaScript sessions: the types of TypeScript are stripped. Default: `javascript`. */
  readonly language?: "javascript" | "typescript";
  /** The longest time of the run by the clock, in milliseconds. Default: the session's. */
  readonly timeoutMs?: number;
  /** The most processor time of the run, in milliseconds; see `SessionOptions`. Default: the session's. */
  readonly cpuTimeoutMs?: number;
  /** The longest time that the run waits for host functions, in milliseconds. Default: the session's. */
  readonly maxWaitMs?: number;
  /** Give the last expression's value as data too, in the result's `value`. Default false. */
  readonly value?: boolean;
  /**
   * Give the session as it is after the run as bytes, in the result's `snapshot`: all of it (`true`), or what has changed
   * since an earlier snapshot. If that is none that the session can tell the difference from, `run` rejects as
   * `Session.snapshot` does, and nothing is run. Default: none.
   */
  readonly snapshot?: true | SnapshotOptions;
  /** Aborting it stops the run as `interrupt` does. */
  readonly signal?: RunSignal;
  /**
   * Called with each piece of output as it is written. A piece counts as read when this returns or, if it gives a
   * promise, when that resolves. A cell that is some 2 MiB ahead waits for its reader, and a run does not end before all
   * is read, unless it is stopped. What this throws or rejects with ends the run.
   */
  readonly onOutput?: (stream: OutputStream, text: string) => unknown;
  /** Whether the result has `output`, `stdout` and `stderr`: without, `onOutput` alone gets it. Default true. */
  readonly keepOutput?: boolean;
}

/** As those of `run`, for a run that goes on. */
export type ResumeOptions = Omit<RunOptions, "filename" | "stdin" | "interactive" | "language" | "value">;

/** What a suspended run gets for a call that it waits for. */
export type ResumeAnswer =
  | { readonly call: string; readonly value: unknown }
  | { readonly call: string; readonly error: { readonly type?: string; readonly message: string } };

/** A call that a suspended run waits for. */
export interface SuspendedCall {
  /** Names it for `resume`: `c1`, `c2`, … */
  readonly call: string;
  readonly function: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** What has been shown of a value, by MIME type: text, or bytes of a picture and the like. */
export type Display = Readonly<Record<string, unknown>>;

/** For our own commands. */
export interface ProgramRunOptions extends RunOptions {
  /** Runs as a program, whose `exitCode` is given and whose uncaught error goes to stderr. */
  readonly program?: Omit<RunRequest, "code">;
  /** Whether the result has `cpuMs`: asking for it takes a tenth of a short run. Default true. */
  readonly measuresCpu?: boolean;
}

/** What a program's run gives besides: whether output was refused because it went over its limit. */
export interface ProgramResult extends CellResult {
  readonly outputLimited?: true;
}

/** How a cell ended. Fields that have nothing to say are absent. */
export interface CellResult extends Omit<RunResult, "value" | "suspended"> {
  /** What the cell wrote to standard output and error, in the order written; absent if that is nothing. */
  readonly output?: string;
  /** The parts of `output`. */
  readonly stdout?: string;
  readonly stderr?: string;
  /** How long the run took by the clock, in milliseconds: 0 if it did not begin. */
  readonly durationMs: number;
  /**
   * The processor time that the run's thread took meanwhile, in milliseconds, within some four of them. Absent where the
   * system does not tell it: on Linux it does.
   */
  readonly cpuMs?: number;
  /** The length of the guest's memory after the run, in bytes. Absent if the run did not begin, or the guest is lost. */
  readonly memoryBytes?: number;
  /**
   * The session afterwards, if `snapshot` asked for it. Absent: the run has lost its interpreter, see `state`, or there is
   * no memory left for it.
   */
  readonly snapshot?: Uint8Array;
  /**
   * What the cell has done to files in memory and on overlays, sorted by path: those that differ from what they were when
   * it began. 1,000 at most. Absent: none does, or the run has lost its interpreter.
   */
  readonly files?: readonly FileChange[];
  /** The last expression's value as data, if `value` asked for it and it can cross; see docs/host-functions.md. */
  readonly value?: unknown;
  /** What the cell has shown with `display`, in order. Absent: nothing. */
  readonly display?: readonly Display[];
  /**
   * The run is not over: it waits for answers to these calls alone, and `Session.resume` goes on with it. Until then
   * `run` rejects with `SUSPENDED`, and the state can be saved, forked and restored.
   */
  readonly suspended?: readonly SuspendedCall[];
  /** More files differ than `files` tells, or have paths that are too long to tell. */
  readonly filesCut?: true;
  /**
   * Why the run was stopped: the limit that it met (`timeout`, `cpu`, `memory`, `output`, `calls`), or `interrupt` if somebody
   * asked. A run that met `memory` or `output` has it also if it came to its end before it could be stopped.
   */
  readonly stopped?: StopReason;
  /**
   * What became of the session's state when the run did not end by itself. `kept`: nothing was lost.
   * `rolled_back`: the session is as it was before the runs in `lostRuns`. `lost`: it begins anew. Absent: nothing
   * happened to it.
   */
  readonly state?: "kept" | "rolled_back" | "lost";
  /** The runs whose effects are gone, this one last. */
  readonly lostRuns?: ReadonlyArray<string | number>;
}

/**
 * Fills in what is not given. What is given has been checked; see `checkOptions`.
 *
 * @param ownOptions Those that go before what is in a state that the session begins from. Default: all of them.
 */
export function guestOptions(options: SessionOptions, ownOptions: SessionOptions = options): GuestOptions {
  const mounts = options.mounts ?? [];
  // A mount at the root takes the place of the files in memory, the home among them.
  const home = mounts.some(({ guestPath }) => plainGuestPath(guestPath) === "/") ? "/" : defaults.home;
  const deterministic =
    options.deterministic === undefined ? undefined : readDeterministic(options.deterministic);
  return {
    start: {
      args: options.args ?? [""],
      env: { HOME: defaults.home, ...options.env },
      cwd: options.cwd ?? home,
      ...(options.interpreterOptions === undefined ? {} : { interpreterOptions: options.interpreterOptions }),
      keepsDirectory: ownOptions.cwd === undefined,
      ...(ownOptions.deterministic === undefined || deterministic === undefined ? {} : { deterministic }),
    },
    ...(deterministic === undefined ? {} : { deterministic }),
    streams: "collect",
    memoryBytes: options.memoryBytes ?? defaults.memoryBytes,
    maxOutputBytes: options.maxOutputBytes ?? defaults.maxOutputBytes,
    maxFileBytes: options.maxFileBytes ?? defaults.maxFileBytes,
    maxFiles: options.maxFiles ?? defaults.maxFiles,
    onLimit: options.onLimit ?? "stop",
    mounts,
    calls: {
      maxCalls: options.maxCalls ?? defaults.maxCalls,
      maxCallBytes: options.maxCallBytes ?? defaults.maxCallBytes,
    },
    checkpoints: options.checkpoints ?? true,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(options.network === undefined ? {} : { network: true }),
    ...(options.trace === true ? { trace: true } : {}),
  };
}

/** What is wanted of packages; undefined for nothing. */
export function packageRequest({ packages }: Pick<SessionOptions, "packages">): PackageRequest | undefined {
  if (packages === undefined) return undefined;
  return "length" in packages ? (packages.length === 0 ? undefined : { requirements: packages }) : packages;
}
