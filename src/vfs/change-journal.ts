import type { ChangeListener, MemoryDirectory, MemoryFile, MemoryNode } from "./memory-nodes.js";
import { maxPathBytes } from "./names.js";

/** What became of a file or a link. */
export interface FileChange {
  /** An absolute guest path. */
  readonly path: string;
  /** Its length now; 0 if it is removed. */
  readonly bytes: number;
  readonly change: "created" | "changed" | "removed";
}

export interface FileChanges {
  /** Sorted by path. */
  readonly files: readonly FileChange[];
  /** There are more than were to be told. */
  readonly isCut: boolean;
}

/** Where the nodes of one volume begin, and the guest path of that. */
export interface JournalRoot {
  readonly path: string;
  readonly root: MemoryDirectory;
}

/**
 * Remembers what is done to files in memory from `begin` to `take`. Takes memory for what differs alone: files that came
 * and went in between leave nothing behind.
 */
export interface ChangeJournal extends ChangeListener {
  /** @param changes How many changes of contents have been counted so far; see `MemoryBudget`. */
  begin(changes: number): void;
  /** What files and links differ since `begin`, and the end of it. Takes time for what it tells alone. */
  take(roots: readonly JournalRoot[]): FileChanges;
}

/** The most files that are told of, the most characters of their paths together, and the most entries looked at. */
const maxFiles = 1000;
const maxPathCharacters = 256 * 1024;
const maxLookedAt = 10_000;

export function createChangeJournal(): ChangeJournal {
  /** What entries were before the first change of each: undefined where there was none. */
  const before = new Map<MemoryDirectory, Map<string, MemoryNode | undefined>>();
  /** Files with a name whose contents have changed. */
  const written = new Set<MemoryFile>();
  let since: number | undefined;

  function namesOf(directory: MemoryDirectory): Map<string, MemoryNode | undefined> {
    let names = before.get(directory);
    if (names === undefined) {
      names = new Map();
      before.set(directory, names);
    }
    return names;
  }

  return {
    added(directory, name) {
      if (since === undefined) return;
      const names = namesOf(directory);
      if (!names.has(name)) names.set(name, undefined);
    },
    removed(directory, name, node) {
      if (since === undefined) return;
      if (node.linkCount === 0 && node.type === "file") written.delete(node);
      const names = namesOf(directory);
      if (!names.has(name)) names.set(name, node);
      else if (names.get(name) === undefined) {
        // It came and went.
        names.delete(name);
        if (names.size === 0) before.delete(directory);
      }
    },
    contents(file) {
      if (since !== undefined && file.linkCount > 0) written.add(file);
    },
    begin(changes) {
      before.clear();
      written.clear();
      since = changes;
    },
    take(roots) {
      const mark = since ?? 0;
      since = undefined;
      if (before.size === 0 && written.size === 0) return { files: [], isCut: false };
      const told = tell(before, written, mark, roots);
      before.clear();
      written.clear();
      return told;
    },
  };
}

/** Nothing more is to be told. */
class Enough extends Error {}

interface Sides {
  wasThere: boolean;
  /** The length of what is there now; undefined if there is nothing. */
  bytes: number | undefined;
}

function tell(
  before: ReadonlyMap<MemoryDirectory, ReadonlyMap<string, MemoryNode | undefined>>,
  written: ReadonlySet<MemoryFile>,
  mark: number,
  roots: readonly JournalRoot[],
): FileChanges {
  const pathOfRoot = new Map(roots.map(({ path, root }) => [root, path === "/" ? "" : path]));
  const found = new Map<string, Sides>();
  let left = maxLookedAt;
  let characters = 0;
  let isCut = false;

  /** A file or link that was there before, or is there now. */
  function add(path: string, now: MemoryNode | undefined): void {
    if (path.length > maxPathBytes) {
      isCut = true;
      return;
    }
    let sides = found.get(path);
    if (sides === undefined) {
      characters += path.length;
      if (found.size === maxFiles || characters > maxPathCharacters) throw new Enough();
      sides = { wasThere: false, bytes: undefined };
      found.set(path, sides);
    }
    if (now === undefined) sides.wasThere = true;
    else sides.bytes = now.stat().size;
  }

  function wasAt(
    directory: MemoryDirectory,
    name: string,
    now: MemoryNode | undefined,
  ): MemoryNode | undefined {
    const names = before.get(directory);
    return names?.has(name) ? names.get(name) : now;
  }

  /** The path of a node that was where it is, with all that is above it. Undefined if it was not, or is nowhere. */
  function lastingPath(node: MemoryNode): string | undefined {
    let path = "";
    for (let below = node; ; ) {
      const { parent, name } = below;
      if (parent === undefined) {
        const start = pathOfRoot.get(below as MemoryDirectory);
        return start === undefined ? undefined : `${start}${path}`;
      }
      if (parent.lookup(name) !== below || wasAt(parent, name, below) !== below) return undefined;
      path = `/${name}${path}`;
      if (path.length > maxPathBytes) {
        isCut = true;
        return undefined;
      }
      below = parent;
    }
  }

  /** Adds the files in a tree, as it was or as it is now. */
  function addTree(top: MemoryNode, topPath: string, side: "before" | "now"): void {
    const pending: Array<{ readonly directory: MemoryDirectory; readonly path: string }> = [];
    const visit = (node: MemoryNode, path: string) => {
      if (left-- === 0) throw new Enough();
      if (node.type === "directory") pending.push({ directory: node, path });
      else add(path, side === "now" ? node : undefined);
    };
    visit(top, topPath);
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { directory, path } = next;
      directory.volume.beginOperation?.();
      const names = side === "before" ? before.get(directory) : undefined;
      for (const [name, was] of names ?? []) if (was !== undefined) visit(was, `${path}/${name}`);
      for (const { name } of directory.list()) {
        const child = names?.has(name) ? undefined : directory.lookup(name);
        if (child !== undefined) visit(child, `${path}/${name}`);
      }
    }
  }

  function addEntries(): void {
    for (const [directory, names] of before) {
      const path = lastingPath(directory);
      // In one that came, went or moved: that is an entry of another.
      if (path === undefined) continue;
      for (const [name, was] of names) {
        if (left-- === 0) throw new Enough();
        const now = directory.lookup(name);
        const entryPath = `${path}/${name}`;
        if (was !== now) {
          if (was !== undefined) addTree(was, entryPath, "before");
          if (now !== undefined) addTree(now, entryPath, "now");
        } else if (now?.type === "file" && now.isChangedSince(mark)) {
          add(entryPath, undefined);
          add(entryPath, now);
        }
      }
    }
  }

  function addWritten(): void {
    const linked = new Set<MemoryFile>();
    for (const file of written) {
      if (file.linkCount > 1) linked.add(file);
      else addChanged(file, lastingPath(file));
    }
    if (linked.size > 0) for (const { root } of roots) addLinked(root, linked);
  }

  function addChanged(file: MemoryFile, path: string | undefined): void {
    if (path === undefined) return;
    if (left-- === 0) throw new Enough();
    add(path, undefined);
    add(path, file);
  }

  /** Of files with several names, which they do not know. */
  function addLinked(root: MemoryDirectory, linked: ReadonlySet<MemoryFile>): void {
    const directories = new Set([root]);
    for (const directory of directories) {
      for (const [name, node] of directory.ownEntries()) {
        if (node.type === "directory") directories.add(node);
        else if (node.type === "file" && linked.has(node) && wasAt(directory, name, node) === node) {
          const path = lastingPath(directory);
          if (path !== undefined) addChanged(node, `${path}/${name}`);
        }
      }
    }
  }

  try {
    addEntries();
    addWritten();
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
    isCut = true;
  }
  const files = [...found].map(([path, { wasThere, bytes }]): FileChange => {
    const change = bytes === undefined ? "removed" : wasThere ? "changed" : "created";
    return { path, bytes: bytes ?? 0, change };
  });
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), isCut };
}
