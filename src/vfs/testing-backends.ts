import { createFileSystem } from "./file-system.js";
import { createMemoryVolume } from "./memory-volume.js";
import type { FileSystem } from "./types.js";

export interface Backend {
  readonly name: string;
  /** How exactly times are kept. */
  readonly timePrecisionNs: bigint;
  /** An empty, writable file system, and what to do when the test is over. */
  make(): { readonly fileSystem: FileSystem; readonly finish: () => void };
}

/** Every writable backend, for tests that hold for all of them. */
export const backends: readonly Backend[] = [
  {
    name: "memory",
    timePrecisionNs: 1n,
    make: () => ({ fileSystem: createFileSystem({ root: createMemoryVolume() }), finish() {} }),
  },
];
