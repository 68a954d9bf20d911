import { createMemoryBudget, type MemoryBudget } from "./memory-budget.js";
import { type ChangeListener, MemoryDirectory, type MemoryStore } from "./memory-nodes.js";

export interface MemoryVolumeOptions {
  /** The most bytes of contents, names and link targets, and the largest file. Default 256 MiB. */
  readonly maxBytes?: number;
  /** The most files, directories and links, each hard link counted. Default 65,536. */
  readonly maxNodes?: number;
  /** A budget shared with other volumes, in place of the two limits. */
  readonly budget?: MemoryBudget;
  /** The clock that new times come from, in nanoseconds since 1970. Default: it is always 1970. */
  readonly now?: () => bigint;
  /** Is told of what happens to entries and contents. Default: nobody is. */
  readonly journal?: ChangeListener;
  /** Permission bits of the root directory. Default `0o755`. */
  readonly mode?: number;
}

/** A volume that lives in memory. Going over a limit is `ENOSPC`, a file beyond `maxBytes` is `EFBIG`. */
export interface MemoryVolume extends MemoryStore {
  readonly root: MemoryDirectory;
}

export function createMemoryVolume(options: MemoryVolumeOptions = {}): MemoryVolume {
  const store = createMemoryStore(options);
  return Object.assign(store, { root: new MemoryDirectory(store, options.mode ?? 0o755) });
}

/** A volume without its root, for those who build the root themselves. */
export function createMemoryStore(options: MemoryVolumeOptions): MemoryStore {
  let inode = 1n;
  const budget = options.budget ?? createMemoryBudget(options);
  return {
    device: 0n,
    readOnly: false,
    budget,
    journal: options.journal,
    now: options.now ?? (() => 0n),
    nextInode: () => ++inode,
    reserveInodes(upTo) {
      if (upTo > inode) inode = upTo;
    },
    space: () => ({
      totalBytes: budget.maxBytes,
      freeBytes: budget.maxBytes - budget.bytes,
      totalNodes: budget.maxNodes,
      freeNodes: budget.maxNodes - budget.nodes,
    }),
    close() {},
  } as Omit<MemoryStore, "root"> as MemoryStore;
}
