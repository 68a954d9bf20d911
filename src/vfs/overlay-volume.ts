import type { MemoryNode } from "./memory-nodes.js";
import { createMemoryStore, type MemoryVolumeOptions } from "./memory-volume.js";
import { forgetVisited, OverlayDirectory } from "./overlay-nodes.js";
import type { Node, Volume } from "./volume.js";

/** Inodes of new objects begin here, above those that come from below. */
const firstInode = 1n << 48n;

/**
 * How an entry differs from what is below. `changed`: other contents, target, mode or times. What stands in place of
 * something of another type, and a directory in place of another, are two changes: `removed`, and `created` behind it.
 */
export type OverlayChange =
  | { readonly path: string; readonly change: "created" | "changed"; readonly node: Node }
  /** Of a removed tree only the top. */
  | { readonly path: string; readonly change: "removed" };

/** A volume that shows another and keeps every change in memory. */
export interface OverlayVolume extends Volume {
  readonly root: OverlayDirectory;
  /**
   * What differs from below, directories and all they hold each by itself, and undefined now and then: as many steps,
   * none of which takes long. `prefix` is put before each path: the mount point. Without anything else in between.
   */
  changes(prefix: string): Generator<OverlayChange | undefined, void>;
}

/**
 * Lays a memory volume over `lower`, which is never changed and belongs to the overlay from now on. The limits are
 * those of a memory volume; a file from below counts from its first change on.
 */
export function createOverlayVolume(lower: Volume, options: MemoryVolumeOptions = {}): OverlayVolume {
  const visited = new Set<OverlayDirectory>();
  const store = Object.assign(createMemoryStore(options), { visited });
  store.reserveInodes(firstInode);
  const root = new OverlayDirectory(store, 0, lower.root);
  return Object.assign(store, {
    root,
    beginOperation() {
      lower.beginOperation?.();
      forgetVisited(visited);
    },
    close: () => lower.close(),
    changes: (prefix: string) => changesBelow(root, prefix === "/" ? "" : prefix),
  });
}

interface Pending {
  readonly directory: OverlayDirectory;
  readonly path: string;
  /** It was made or moved here, and so was all that is in it. */
  readonly isNew: boolean;
}

function* changesBelow(root: OverlayDirectory, prefix: string): Generator<OverlayChange | undefined, void> {
  if (root.changed) yield { path: prefix === "" ? "/" : prefix, change: "changed", node: root };
  const pending: Pending[] = [{ directory: root, path: prefix, isNew: false }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    yield undefined;
    const { directory, path, isNew } = next;
    const enter = (node: MemoryNode, nodePath: string, isNew: boolean) => {
      if (node instanceof OverlayDirectory) pending.push({ directory: node, path: nodePath, isNew });
    };
    if (isNew) {
      for (const { name } of directory.list()) {
        const node = directory.lookup(name);
        if (node === undefined) continue;
        yield { path: `${path}/${name}`, change: "created", node };
        enter(node, `${path}/${name}`, true);
      }
      continue;
    }
    for (const name of directory.hidden) {
      if (!directory.entries.has(name)) yield { path: `${path}/${name}`, change: "removed" };
    }
    for (const [name, node] of directory.entries) {
      const nodePath = `${path}/${name}`;
      const isReplaced = directory.hidden.has(name);
      const isOther = isReplaced && directory.lower?.lookup(name)?.type !== node.type;
      if (isOther || (isReplaced && node.type === "directory")) yield { path: nodePath, change: "removed" };
      const isFile = isReplaced && !isOther && node.type !== "directory";
      yield { path: nodePath, change: isFile ? "changed" : "created", node };
      enter(node, nodePath, true);
    }
    for (const [name, node] of directory.kept) {
      if (node.changed) yield { path: `${path}/${name}`, change: "changed", node };
      enter(node, `${path}/${name}`, false);
    }
  }
}
