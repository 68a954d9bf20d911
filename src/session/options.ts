import type { GuestOptions, OutputStream } from "../engine/messages.js";
import type { SnapshotBytes } from "../engine/snapshot-chain.js";
import { WasmReplError } from "../errors.js";
import type { RunRequest, RunResult } from "../guest/guest.js";
import { type Mount, type MountMode, plainGuestPath } from "../vfs/mount-spec.js";
import { defaults } from "./defaults.js";
import { type DeterministicOptions, readDeterministic } from "./deterministic.js";
import { faultOfInterpreterOption } from "./interpreter-options.js";
import type { StopReason } from "./stops.js";

export type { Mount, MountMode };

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
   * Tell each call that the guest makes of the host on this process's standard error, in a line that begins with the
   * number of its thread. For looking at what code does; it takes many times as long. Default false.
   */
  readonly trace?: boolean;
  /** The longest time of each run, in milliseconds, where the run does not say otherwise. Default: no limit. */
  readonly timeoutMs?: number;
  /** The most memory of the guest, in bytes. Going over it is a `MemoryError` in Python. Default 1 GiB. */
  readonly memoryBytes?: number;
  /**
   * The most output of one run, in bytes; writing more fails in the guest. Also the most of each text of its result,
   * which may have 1,000 bytes at least. Default 16 MiB.
   */
  readonly maxOutputBytes?: number;
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

/** What of an `AbortSignal` a run looks at. Every `AbortSignal` is one. */
export interface RunSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
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
  /** Text that the cell may read from standard input. Default: end of file at once. */
  readonly stdin?: string;
  /** Asked whenever the cell waits for standard input; resolve with undefined for its end. Instead of `stdin`. */
  readonly onInput?: () => Promise<string | undefined>;
  /**
   * Run it as a prompt does: see the mode `interactive` of `RunRequest`. `filename` names it in tracebacks instead of
   * its number; `colors` colours them in Python, and in JavaScript what the console makes of values.
   */
  readonly interactive?: { readonly filename?: string; readonly colors?: boolean };
  /** The longest time of the run, in milliseconds. Default: the session's. */
  readonly timeoutMs?: number;
  /**
   * Give the session as it is after the run as bytes, in the result's `snapshot`: all of it (`true`), or what has changed
   * since an earlier snapshot. If that is none that the session can tell the difference from, `run` rejects as
   * `Session.snapshot` does, and nothing is run. Default: none.
   */
  readonly snapshot?: true | SnapshotOptions;
  /** Aborting it stops the run as `interrupt` does. */
  readonly signal?: RunSignal;
  /**
   * Called with each piece of output as it is written; the result then has no `output`. A piece counts as read when
   * this returns or, if it gives a promise, when that resolves. A cell that is some 2 MiB ahead waits for its reader,
   * and a run does not end before all is read, unless it is stopped. What this throws or rejects with ends the run.
   */
  readonly onOutput?: (stream: OutputStream, text: string) => unknown;
}

/** For our own commands: runs as a program, whose `exitCode` is given and whose uncaught error goes to stderr. */
export interface ProgramRunOptions extends RunOptions {
  readonly program?: Omit<RunRequest, "code">;
}

/** What a program's run gives besides: whether output was refused because it went over its limit. */
export interface ProgramResult extends CellResult {
  readonly outputLimited?: true;
}

/** How a cell ended. Fields that have nothing to say are absent. */
export interface CellResult extends RunResult {
  /** What the cell wrote to standard output and error, in the order written. */
  readonly output?: string;
  /**
   * The session afterwards, if `snapshot` asked for it. Absent: the run has lost its interpreter, see `state`, or there is
   * no memory left for it.
   */
  readonly snapshot?: Uint8Array;
  /** Why the run was stopped before its end: its time was over, or somebody asked. */
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
 * Fills in what is not given. `INVALID_OPTION` for a value that cannot be.
 *
 * @param ownOptions Those that go before what is in a state that the session begins from. Default: all of them.
 */
export function guestOptions(options: SessionOptions, ownOptions: SessionOptions = options): GuestOptions {
  const size = (name: "memoryBytes" | "maxOutputBytes" | "maxFileBytes" | "maxFiles") => {
    const value = options[name] ?? defaults[name];
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new WasmReplError("INVALID_OPTION", `${name} must be a positive whole number, not ${value}`);
  };
  checkTimeout(options.timeoutMs);
  checkTimeout(options.hibernateAfterMs, "hibernateAfterMs");
  checkStrings("args", options.args ?? []);
  checkInterpreterOptions(options.interpreterOptions ?? []);
  checkStrings("env", Object.entries(options.env ?? {}).flat());
  const mounts = options.mounts ?? [];
  // A mount at the root takes the place of the files in memory, the home among them.
  const home = mounts.some(({ guestPath }) => plainGuestPath(guestPath) === "/") ? "/" : defaults.home;
  const { cwd = home } = options;
  checkStrings("cwd", [cwd]);
  if (!cwd.startsWith("/")) throw new WasmReplError("INVALID_OPTION", `cwd must be absolute, not ${cwd}`);
  const deterministic =
    options.deterministic === undefined ? undefined : readDeterministic(options.deterministic);
  return {
    start: {
      args: options.args ?? [""],
      env: { HOME: defaults.home, ...options.env },
      cwd,
      ...(options.interpreterOptions === undefined ? {} : { interpreterOptions: options.interpreterOptions }),
      keepsDirectory: ownOptions.cwd === undefined,
      ...(ownOptions.deterministic === undefined || deterministic === undefined ? {} : { deterministic }),
    },
    ...(deterministic === undefined ? {} : { deterministic }),
    streams: "collect",
    memoryBytes: Math.min(size("memoryBytes"), 4 * 1024 ** 3),
    maxOutputBytes: size("maxOutputBytes"),
    maxFileBytes: size("maxFileBytes"),
    maxFiles: size("maxFiles"),
    mounts,
    checkpoints: options.checkpoints ?? true,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(options.trace === true ? { trace: true } : {}),
  };
}

/** NUL ends a string in the guest's C library. */
function checkStrings(name: string, values: readonly unknown[]): void {
  if (values.every((value) => typeof value === "string" && !value.includes("\0"))) return;
  throw new WasmReplError("INVALID_OPTION", `${name} must be strings without NUL characters`);
}

function checkInterpreterOptions(words: readonly string[]): void {
  checkStrings("interpreterOptions", words);
  const fault = words.map(faultOfInterpreterOption).find((found) => found !== undefined);
  if (fault !== undefined) throw new WasmReplError("INVALID_OPTION", `interpreterOptions takes ${fault}`);
}

export function checkTimeout(timeMs: number | undefined, name = "timeoutMs"): void {
  if (timeMs === undefined || (typeof timeMs === "number" && timeMs > 0)) return;
  throw new WasmReplError("INVALID_OPTION", `${name} must be greater than 0, not ${timeMs}`);
}

export function checkCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new WasmReplError(
    "INVALID_OPTION",
    `${name} must be a whole number of ${least} or more, not ${value}`,
  );
}
