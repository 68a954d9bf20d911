import { ErrnoError } from "../errno.js";
import { pieceBytes } from "./memory-bytes.js";
import {
  MemoryDirectory,
  MemoryFile,
  MemoryLink,
  type MemoryMetadata,
  type MemoryNode,
  type MemoryStore,
} from "./memory-nodes.js";
import { checkOffset } from "./regular-file.js";
import type { FileStat, OpenFile, OpenOptions, TimeChange } from "./types.js";
import type { DirectoryNode, FileNode, LinkNode, ListedEntry } from "./volume.js";

/** Where an object that came from the volume below is found, as long as nobody has moved it. */
interface Origin {
  readonly directory: OverlayDirectory;
  readonly name: string;
}

/** An object that came from the volume below. */
export type OverlayNode = OverlayDirectory | OverlayFile | OverlayLink;

/** A memory volume that also knows the directories which were only looked at, the earliest first. */
export interface OverlayStore extends MemoryStore {
  readonly visited: Set<OverlayDirectory>;
}

/** How many directories are remembered without a reason; a guest may walk a tree of millions. */
const maxVisited = 1024;
/** How many are looked at in one go, so that forgetting never takes long. */
const maxForgotten = 64;

/** Lets go of directories from below that nothing has happened to: they can be found again. Between operations only. */
export function forgetVisited(visited: Set<OverlayDirectory>): void {
  let left = maxForgotten;
  for (const directory of visited) {
    if (visited.size <= maxVisited || left-- === 0) return;
    visited.delete(directory);
    if (directory.isInUse) visited.add(directory);
    else if (!directory.hasChanges) directory.parent?.kept.delete(directory.name);
  }
}

/**
 * A directory in memory in front of one below. The own entries are what was made or moved here; `hidden` names what
 * was removed or replaced; everything else shows through. Without `lower` nothing does.
 */
export class OverlayDirectory extends MemoryDirectory {
  declare readonly volume: OverlayStore;
  declare parent: OverlayDirectory | undefined;
  readonly lower: DirectoryNode | undefined;
  readonly hidden = new Set<string>();
  /** Objects from below that are in use or have changed where they are. They are not charged for: those below are. */
  readonly kept = new Map<string, OverlayNode>();
  /** Its own mode or times were changed. */
  changed = false;
  #retained = 0;

  constructor(volume: OverlayStore, mode: number, lower?: DirectoryNode) {
    super(volume, mode, lower === undefined ? undefined : metadataOf(lower.stat()));
    this.lower = lower;
  }

  override stat(): FileStat {
    return this.statAs("directory", this.removed ? 0 : 2, 0);
  }

  override setTimes(change: TimeChange): void {
    super.setTimes(change);
    this.changed = true;
  }

  override setMode(mode: number): void {
    super.setMode(mode);
    this.changed = true;
  }

  override lookup(name: string): MemoryNode | undefined {
    const own = this.entries.get(name) ?? this.kept.get(name);
    if (own !== undefined) return own;
    if (this.lower === undefined || this.removed || this.hidden.has(name)) return undefined;
    const lower = this.lower.lookup(name);
    const origin = { directory: this, name };
    switch (lower?.type) {
      case "directory":
        return this.#keepDirectory(name, new OverlayDirectory(this.volume, 0, lower));
      case "symlink":
        return new OverlayLink(this.volume, lower, origin);
      case "file":
        return new OverlayFile(this.volume, lower, origin);
      // Devices, FIFOs and sockets cannot be opened anyway, and do not show through.
      default:
        return undefined;
    }
  }

  override *list(): Generator<ListedEntry, void> {
    yield* super.list();
    if (this.lower === undefined) return;
    const lower = this.lower.list();
    try {
      for (let next = lower.next(); !next.done; next = lower.next()) {
        const { name, type } = next.value;
        const shows = type === "file" || type === "directory" || type === "symlink";
        if (shows && !this.hidden.has(name) && !this.entries.has(name)) yield next.value;
      }
    } finally {
      lower.return?.();
    }
  }

  override *ownEntries(): Generator<readonly [string, MemoryNode]> {
    yield* this.entries;
    yield* this.kept;
  }

  override isEmpty(): boolean {
    const entries = this.list();
    const isEmpty = entries.next().done === true;
    entries.return();
    return isEmpty;
  }

  override retain(): void {
    this.lower?.retain();
    this.#retained++;
  }

  override release(): void {
    this.lower?.release();
    this.#retained--;
  }

  get isInUse(): boolean {
    return this.#retained > 0 || this.kept.size > 0;
  }

  get hasChanges(): boolean {
    return this.changed || this.entries.size > 0 || this.hidden.size > 0;
  }

  protected override newDirectory(mode: number): MemoryDirectory {
    return new OverlayDirectory(this.volume, mode);
  }

  protected override detach(name: string, node: MemoryNode): void {
    if (this.entries.has(name)) {
      super.detach(name, node);
      return;
    }
    this.hidden.add(name);
    this.kept.delete(name);
    node.linkCount--;
    this.volume.journal?.removed(this, name, node);
    if (node instanceof OverlayDirectory) this.volume.visited.delete(node);
    if (node instanceof OverlayFile || node instanceof OverlayLink) node.origin = undefined;
  }

  #keepDirectory(name: string, directory: OverlayDirectory): OverlayDirectory {
    directory.parent = this;
    directory.name = name;
    directory.linkCount = 1;
    this.kept.set(name, directory);
    this.volume.visited.add(directory);
    return directory;
  }
}

/** A file from below. Its bytes are read from there until the first change, which copies them into memory. */
export class OverlayFile extends MemoryFile {
  origin: Origin | undefined;
  /** Its contents, mode or times are not those from below any more. */
  changed = false;
  #lower: FileNode | undefined;
  readonly #lowerSize: number;
  readonly #lowerStoredBytes: number;
  #reader: OpenFile | undefined;

  constructor(volume: MemoryStore, lower: FileNode, origin: Origin) {
    const stat = lower.stat();
    super(volume, 0, metadataOf(stat));
    this.#lower = lower;
    this.#lowerSize = stat.size;
    this.#lowerStoredBytes = stat.storedBytes;
    this.origin = origin;
    this.parent = origin.directory;
    this.name = origin.name;
    this.linkCount = 1;
  }

  override settle(): void {
    this.origin?.directory.kept.set(this.origin.name, this);
  }

  override open(options: OpenOptions): OpenFile {
    if (options.truncate !== true) this.#reader ??= this.#lower?.open({ read: true });
    this.settle();
    return super.open(options);
  }

  override size(): number {
    if (this.#lower === undefined) return super.size();
    return this.#reader?.stat().size ?? this.#lowerSize;
  }

  override storedBytes(): number {
    return this.#lower === undefined ? super.storedBytes() : this.#lowerStoredBytes;
  }

  override readAt(buffer: Uint8Array, offset: number): number {
    return this.#reader?.read(buffer, offset) ?? super.readAt(buffer, offset);
  }

  override writeAt(bytes: Uint8Array, offset: number): number {
    this.#copyUp(Number.POSITIVE_INFINITY);
    return super.writeAt(bytes, offset);
  }

  override truncate(size: number): void {
    this.#copyUp(checkOffset(size));
    super.truncate(size);
  }

  override replaceContents(bytes: Uint8Array): void {
    this.bytes.requireRoomFor(bytes.length);
    this.#copyUp(0);
    super.replaceContents(bytes);
  }

  override isChangedSince(changes: number): boolean {
    return this.changed && super.isChangedSince(changes);
  }

  override allocate(offset: number, length: number): void {
    this.#copyUp(Number.POSITIVE_INFINITY);
    super.allocate(offset, length);
  }

  override setTimes(change: TimeChange): void {
    this.#change();
    super.setTimes(change);
  }

  override setMode(mode: number): void {
    this.#change();
    super.setMode(mode);
  }

  override releaseIfUnused(): void {
    if (!this.isOpen) {
      this.#closeReader();
      // As it was found: it can be found again.
      if (!this.changed && this.linkCount === 1) this.origin?.directory.kept.delete(this.origin.name);
    }
    super.releaseIfUnused();
  }

  #change(): void {
    this.settle();
    this.changed = true;
  }

  /** Takes up to `limit` bytes from below into memory. On failure nothing has changed. */
  #copyUp(limit: number): void {
    this.#change();
    if (this.#lower === undefined) return;
    if (limit > 0) {
      this.#reader ??= this.#lower.open({ read: true });
      try {
        this.#copy(this.#reader, limit);
      } catch (error) {
        this.bytes.free();
        if (!this.isOpen) this.#closeReader();
        throw error;
      }
    }
    this.#lower = undefined;
    this.#closeReader();
  }

  #copy(reader: OpenFile, limit: number): void {
    const buffer = new Uint8Array(pieceBytes);
    for (let offset = 0; offset < limit; ) {
      const count = reader.read(buffer.subarray(0, Math.min(pieceBytes, limit - offset)), offset);
      if (count === 0) return;
      if (this.bytes.write(buffer.subarray(0, count), offset) < count) throw new ErrnoError("ENOSPC");
      offset += count;
    }
  }

  #closeReader(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }
}

export class OverlayLink extends MemoryLink {
  origin: Origin | undefined;
  changed = false;

  constructor(volume: MemoryStore, lower: LinkNode, origin: Origin) {
    super(volume, lower.readTarget(), metadataOf(lower.stat()));
    this.origin = origin;
    this.linkCount = 1;
  }

  override settle(): void {
    this.origin?.directory.kept.set(this.origin.name, this);
  }

  override setTimes(change: TimeChange): void {
    this.settle();
    this.changed = true;
    super.setTimes(change);
  }
}

function metadataOf(stat: FileStat): MemoryMetadata {
  const { inode, mode, accessTimeNs, modifyTimeNs, changeTimeNs } = stat;
  return { inode, mode, accessTimeNs, modifyTimeNs, changeTimeNs };
}
