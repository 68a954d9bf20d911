import type { FileSystem, OpenFile } from "../../vfs/types.js";
import type { Clocks, Wait } from "../clocks.js";
import type { GuestMemory } from "../guest-memory.js";
import type { Randomness } from "../randomness.js";
import type { CallTracer } from "../trace/tracer.js";
import type { Descriptors } from "./descriptors.js";

/** A directory that a guest finds open. */
export interface Preopen {
  /** Where it is: an absolute path of the file system. */
  readonly path: string;
  /** What the guest is told. Default: `path`. */
  readonly name?: string;
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
  /** Directories that the guest finds open from descriptor 3 on. */
  readonly preopens: readonly Preopen[];
  readonly clocks: Clocks;
  readonly randomness: Randomness;
  readonly wait: Wait;
  /** Is told of each call. Absent: nobody is. */
  readonly trace?: CallTracer;
}

/** What every function family works on. */
export interface WasiContext {
  readonly host: WasiHost;
  readonly memory: GuestMemory;
  readonly descriptors: Descriptors;
}
