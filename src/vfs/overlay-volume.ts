import type { MemoryNode } from "./memory-nodes.js";
import { createMemoryStore, type MemoryVolumeOptions } from "./memory-volume.js";
import { forgetVisited, OverlayDirectory } from "./overlay-nodes.js";
import type { Volume } from "./volume.js";

/** Inodes of new objects begin here, above those that come from below. */
const firstInode = 1n << 48n;

/** Paths of what a session has changed, sorted. */
export interface OverlayChanges {
  /** What was made or moved here, directories and all they hold each by itself. */
  readonly added: readonly string[];
  /** What was there and has other contents, another mode or times, or was replaced. */
  readonly modified: readonly string[];
  /** What was there and is not; of a removed tree only the top. */
  readonly deleted: readonly string[];
}

/** A volume that shows another and keeps every change in memory. */
export interface OverlayVolume extends Volume {
  /** What differs from below. `prefix` is put before each path: the mount point. */
  changes(prefix: string): OverlayChanges;
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

function changesBelow(root: OverlayDirectory, prefix: string): OverlayChanges {
  const added: string[] = [];
  const modified: string[] = [];
  const deleted: string[] = [];
  const pending: Array<{ node: MemoryNode; path: string; isNew: boolean }> = [];
  if (root.changed) modified.push(prefix === "" ? "/" : prefix);
  pending.push({ node: root, path: prefix, isNew: false });
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node: directory, path, isNew } = next;
    if (!(directory instanceof OverlayDirectory)) continue;
    if (isNew) {
      for (const { name } of directory.list()) {
        const node = directory.lookup(name);
        if (node === undefined) continue;
        added.push(`${path}/${name}`);
        pending.push({ node, path: `${path}/${name}`, isNew: true });
      }
      continue;
    }
    for (const name of directory.hidden) if (!directory.entries.has(name)) deleted.push(`${path}/${name}`);
    for (const [name, node] of directory.entries) {
      (directory.hidden.has(name) ? modified : added).push(`${path}/${name}`);
      pending.push({ node, path: `${path}/${name}`, isNew: true });
    }
    for (const [name, node] of directory.kept) {
      if ("changed" in node && node.changed) modified.push(`${path}/${name}`);
      pending.push({ node, path: `${path}/${name}`, isNew: false });
    }
  }
  return { added: added.sort(), modified: modified.sort(), deleted: deleted.sort() };
}
