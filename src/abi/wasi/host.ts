import type { FileSystem, OpenFile } from "../../vfs/types.js";
import type { GuestMemory } from "../guest-memory.js";
import type { CallTracer } from "../trace/tracer.js";
import type { Descriptors } from "./descriptors.js";

/** The clocks that a guest sees, all in nanoseconds. */
export interface Clocks {
  /** Since 1970-01-01T00:00:00Z. */
  realtimeNs(): bigint;
  /** Since any fixed moment; never goes back. */
  monotonicNs(): bigint;
  /** Processor time that the guest has used. */
  cpuNs(): bigint;
}

/** All that a WASI guest may reach of the host. */
export interface WasiHost {
  /** The guest's `argv`; the first is the program's name. */
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly fileSystem: FileSystem;
  /** Descriptors 0, 1 and 2. They stay the host's: closing them in the guest does not close them here. */
  readonly stdin: OpenFile;
  readonly stdout: OpenFile;
  readonly stderr: OpenFile;
  /** Directories, as absolute guest paths, that the guest finds open from descriptor 3 on. */
  readonly preopens: readonly string[];
  readonly clocks: Clocks;
  /** Fills `buffer`, which is never longer than 64 KiB, with random bytes. */
  fillRandom(buffer: Uint8Array): void;
  /** Waits up to `timeoutMs` (Infinity: without end). Returns early, with true, if the wait is to be broken off. */
  wait(timeoutMs: number): boolean;
  /** Is told of each call. Absent: nobody is. */
  readonly trace?: CallTracer;
}

/** What every function family works on. */
export interface WasiContext {
  readonly host: WasiHost;
  readonly memory: GuestMemory;
  readonly descriptors: Descriptors;
}
