import type { FileSystem, OpenFile } from "../../vfs/types.js";
import type { Clocks } from "../clocks.js";
import type { Randomness } from "../randomness.js";
import type { CallTracer } from "../trace/tracer.js";

/** What the QuickJS module and the driver in it may reach of the host. */
export interface QuickJsHost {
  readonly fileSystem: FileSystem;
  readonly stdin: OpenFile;
  readonly stdout: OpenFile;
  readonly stderr: OpenFile;
  readonly clocks: Clocks;
  readonly randomness: Randomness;
  /** Is told of each call. Absent: nobody is. */
  readonly trace?: CallTracer;
}
