import type { Doors } from "../abi/doors.js";
import { type BundleSource, createBundleVolume } from "../vfs/bundle-volume.js";
import type { ByteSource } from "../vfs/byte-source.js";
import { createChangeJournal, type FileChanges } from "../vfs/change-journal.js";
import { createDeviceVolume } from "../vfs/device-volume.js";
import { createFileSystem } from "../vfs/file-system.js";
import { createMemoryBudget } from "../vfs/memory-budget.js";
import { restoreMemoryVolume } from "../vfs/memory-snapshot.js";
import { createMemoryVolume, type MemoryVolume } from "../vfs/memory-volume.js";
import type { Mount } from "../vfs/mount-spec.js";
import { type OpenedMounts, type OpenHostDirectories, openMounts } from "../vfs/mounts.js";
import type { FileSystem } from "../vfs/types.js";

/** Where every session begins, and what `HOME` names. */
export const homeDirectory = "/home/user";

export interface GuestFilesOptions {
  /** Where the files' times come from, and what `/dev/random` gives. */
  readonly doors: Pick<Doors, "clocks" | "randomness">;
  /** The most bytes that files in memory may take, overlays included. Default 256 MiB. */
  readonly maxFileBytes?: number;
  /** The most files, directories and links in memory. Default 65,536. */
  readonly maxFiles?: number;
  /** A read-only library that the interpreter imports from, and its guest path. */
  readonly library?: { readonly guestPath: string; readonly source: BundleSource };
  /** Read-only packages beside it, and their guest path. */
  readonly packages?: { readonly guestPath: string; readonly source: BundleSource };
  /** Host directories. A mount at `/` takes the place of the root in memory. */
  readonly mounts?: { readonly list: readonly Mount[]; readonly open: OpenHostDirectories };
  /** What `snapshotMemoryVolume` gave for the root in memory; it is not trusted. Default: an empty root. */
  readonly snapshot?: ByteSource;
  /** Called whenever a file in memory changes, many times in a row perhaps. */
  readonly onChange?: () => void;
}

/** The files of one session: a root in memory with `/tmp` and a home, `/dev`, the library and the mounts. */
export interface GuestFiles {
  readonly fileSystem: FileSystem;
  readonly memory: MemoryVolume;
  readonly overlays: OpenedMounts["overlays"];
  /** Has what is done to files in memory and on overlays remembered from now on. */
  beginChanges(): void;
  /** What they differ in since then. */
  takeChanges(): FileChanges;
}

/** Fails with a `MountError` if a mount cannot be, with an `ErrnoError` if the snapshot is none. */
export function createGuestFiles(options: GuestFilesOptions): GuestFiles {
  const { clocks, randomness } = options.doors;
  const { maxFileBytes, maxFiles, library, packages, mounts, snapshot, onChange } = options;
  const budget = createMemoryBudget({
    ...(maxFileBytes === undefined ? {} : { maxBytes: maxFileBytes }),
    ...(maxFiles === undefined ? {} : { maxNodes: maxFiles }),
  });
  // Every change takes a new time, so the clock sees them all.
  const now = () => {
    onChange?.();
    return clocks.realtimeNs();
  };
  const journal = createChangeJournal();
  const memory =
    snapshot === undefined
      ? createMemoryVolume({ budget, now, journal })
      : restoreMemoryVolume(snapshot, { budget, now, journal });
  if (snapshot === undefined) makeFirstDirectories(memory);
  const opened =
    mounts === undefined
      ? undefined
      : openMounts(mounts.list, mounts.open, { budget, now: clocks.realtimeNs, journal });
  const fileSystem = createFileSystem({
    root: opened?.root ?? memory,
    mounts: [
      { path: "/dev", volume: createDeviceVolume(randomness.fill) },
      ...[library, packages].flatMap((bundle) =>
        bundle === undefined ? [] : [{ path: bundle.guestPath, volume: createBundleVolume(bundle.source) }],
      ),
      ...(opened?.mounts ?? []),
    ],
  });
  const overlays = opened?.overlays ?? [];
  const roots = [
    ...(opened?.root === undefined ? [{ path: "/", root: memory.root }] : []),
    ...overlays.map(({ path, volume }) => ({ path, root: volume.root })),
  ];
  return {
    fileSystem,
    memory,
    overlays,
    beginChanges: () => journal.begin(budget.changes),
    takeChanges: () => journal.take(roots),
  };
}

/** Before anything is mounted, so that what a mount point hides, or stands in for, is there nevertheless. */
function makeFirstDirectories(memory: MemoryVolume): void {
  const fileSystem = createFileSystem({ root: memory });
  const sharedDirectoryMode = 0o1777;
  fileSystem.makeDirectory("/tmp", sharedDirectoryMode);
  let directory = "";
  for (const name of homeDirectory.split("/").slice(1)) {
    directory += `/${name}`;
    fileSystem.makeDirectory(directory, 0o755);
  }
}
