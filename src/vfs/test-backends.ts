import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHostVolume } from "../node/files/host-volume.js";
import { createFileSystem } from "./file-system.js";
import { createMemoryVolume } from "./memory-volume.js";
import { createOverlayVolume } from "./overlay-volume.js";
import type { FileSystem } from "./types.js";
import type { Volume } from "./volume.js";

export interface Backend {
  readonly name: string;
  /** How exactly times are kept. */
  readonly timePrecisionNs: bigint;
  /** How deep a tree it can take within a test's time. */
  readonly depth: number;
  /**
   * A writable file system, and what to do when the test is over. It is empty, but for what `prepare` puts into the
   * host directory below, if there is one.
   */
  make(prepare?: (hostPath: string) => void): {
    readonly fileSystem: FileSystem;
    readonly finish: () => void;
  };
}

/** Every writable backend, for tests that hold for all of them. */
export const backends: readonly Backend[] = [
  {
    name: "memory",
    timePrecisionNs: 1n,
    depth: 1000,
    make: () => ({ fileSystem: createFileSystem({ root: createMemoryVolume({ now }) }), finish() {} }),
  },
  {
    name: "host directory",
    timePrecisionNs: 1n,
    depth: 1000,
    make: (prepare) => onHost((path) => createHostVolume(path, { writable: true }), prepare),
  },
  {
    name: "host directory without handles",
    timePrecisionNs: 1n,
    depth: 20,
    make: (prepare) =>
      onHost((path) => createHostVolume(path, { writable: true, anchors: "paths" }), prepare),
  },
  {
    name: "overlay",
    timePrecisionNs: 1n,
    depth: 1000,
    make: (prepare) => onHost((path) => createOverlayVolume(createHostVolume(path), { now }), prepare),
  },
];

function onHost(volumeAt: (path: string) => Volume, prepare?: (hostPath: string) => void) {
  const path = mkdtempSync(join(tmpdir(), "vfs-"));
  prepare?.(path);
  return {
    fileSystem: createFileSystem({ root: volumeAt(path) }),
    finish: () => rmSync(path, { recursive: true, force: true }),
  };
}

function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
