import { type Errno, ErrnoError, errnoNumbers } from "../../errno.js";
import type { DescriptorTable } from "../../vfs/descriptors.js";
import type { FileSystem, OpenFile } from "../../vfs/types.js";
import type { Clocks, Wait } from "../clocks.js";
import type { GuestMemory } from "../guest-memory.js";
import type { NetworkLine } from "../network-line.js";
import type { Randomness } from "../randomness.js";
import type { CallTracer } from "../trace/tracer.js";
import type { Linker } from "./linker/linker.js";

/** What the Emscripten imports stand on. One object for each guest. */
export interface EmscriptenHost {
  readonly memory: GuestMemory;
  readonly fileSystem: FileSystem;
  readonly descriptors: DescriptorTable;
  /** The working directory. `chdir` closes it and puts another in its place. */
  workingDirectory: OpenFile;
  /** The environment that the C library reads once, when it starts. */
  readonly env: Readonly<Record<string, string>>;
  /** The most linear memory the guest may have, in bytes. */
  readonly memoryBytes: number;
  /** Hears that it was refused memory, because it would have gone over that. */
  readonly onMemoryRefused?: () => void;
  readonly clocks: Clocks;
  readonly randomness: Randomness;
  /** True if an interrupt is pending. */
  readonly wait: Wait;
  /** Takes a pending interrupt; true if there was one. */
  takeInterrupt(): boolean;
  /** The calls of sockets, and what they stand on. Absent: there is no network, and no socket can be made. */
  readonly network?: {
    readonly line: NetworkLine;
    readonly calls: (host: EmscriptenHost, line: NetworkLine) => Record<string, ImportFunction>;
  };
  /** Sets a pending exception in the guest: the import has no meaning here and its caller must fail. */
  raiseUnsupported(importName: string): void;
  /** Is told of each call. Absent: nobody is. */
  readonly trace?: CallTracer;
  /** The WebAssembly instance's own functions that imports need. */
  guest(): GuestFunctions;
}

export interface GuestFunctions {
  /** Grows the linear memory to at least `bytes`; false if the host cannot. */
  grow(bytes: number): boolean;
  /** The function at a place in the indirect function table. */
  tableEntry(index: number): (...args: number[]) => number;
  /** Allocates memory in the guest, which it frees; 0 if it has none left. */
  allocate(bytes: number): number;
  /** Allocates zeroed memory in the guest, aligned to a WebAssembly page; 0 if it has none left. */
  allocatePages(bytes: number): number;
  /** What `dlerror` gives next. */
  setLinkError(message: string): void;
  /** Loads native libraries. Absent: there are none. */
  readonly linker?: Linker | undefined;
}

/** The value of an import function: WebAssembly passes 64-bit integers as `bigint`, references as `null`. */
// biome-ignore lint/suspicious/noExplicitAny: each import has the parameters that its name stands for.
// biome-ignore lint/suspicious/noConfusingVoidType: an import without a result is a function without one.
export type ImportFunction = (...args: any[]) => number | bigint | null | undefined | void;

/** Emscripten's system calls give the error number negated. */
export function systemCall(call: ImportFunction): ImportFunction {
  return (...args) => {
    try {
      return call(...args) ?? 0;
    } catch (error) {
      return -errnoOf(error);
    }
  };
}

/** The few calls that Emscripten takes from WASI give it as it is. */
export function wasiCall(call: ImportFunction): ImportFunction {
  return (...args) => {
    try {
      return call(...args) ?? 0;
    } catch (error) {
      return errnoOf(error);
    }
  };
}

/** A call whose caller does not look at errors: it gets `otherwise`, and what cannot be written is not. */
export function silentCall(otherwise: number | bigint | undefined, call: ImportFunction): ImportFunction {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      errnoOf(error);
      return otherwise;
    }
  };
}

/** The one number in which Emscripten's C library departs from WASI's. */
const notSupported = 138;

function errnoOf(error: unknown): number {
  if (error instanceof ErrnoError)
    return error.errno === "ENOTSUP" ? notSupported : errnoNumbers[error.errno];
  throw error;
}

/**
 * A 64-bit file offset or length as a number. `EINVAL` if it is negative, and `beyond` if it is more than a double
 * holds exactly, as Linux has it beyond the largest file that it knows.
 */
export function toOffset(value: bigint, beyond: Errno): number {
  if (value < 0n) throw new ErrnoError("EINVAL", "a negative offset");
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new ErrnoError(beyond);
  return number;
}
