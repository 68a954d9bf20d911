import type { BigIntStats, Dir } from "node:fs";
import type { FileStat, TimeChange } from "../../vfs/types.js";
import type { Volume } from "../../vfs/volume.js";
import type { GuestDescriptors } from "./guest-descriptors.js";
import type { AnchoredDirectory, Anchors } from "./host-anchors.js";
import type { HostTimes } from "./host-times.js";

/** A mounted host directory, as the directories and files in it see it. */
export interface MountedVolume extends Volume {
  readonly anchors: Anchors;
  readonly usesHandles: boolean;
  readonly descriptors: GuestDescriptors;
  /** Everything open, so that `close` can close it. */
  readonly openDescriptors: Set<number>;
  readonly openStreams: Set<Dir>;
  readonly times: HostTimes;
  /** Counts operations: what was seen in one is not believed in the next. */
  operation: number;
  /** `EROFS` on a read-only mount: the guard before every call that changes something. */
  requireWritable(): void;
  toFileStat(stats: BigIntStats): FileStat;
}

/** A directory in a mount, as the files in it see it. */
export interface HoldingDirectory extends AnchoredDirectory {
  readonly volume: MountedVolume;
  /** See `HostDirectory.at`. */
  at<T>(act: (path: string) => T, undo?: (result: T) => void): T;
  /** Of an entry, a link itself included. */
  setEntryTimes(name: string, change: TimeChange, stats: BigIntStats): void;
  setEntryMode(name: string, mode: number): void;
}
