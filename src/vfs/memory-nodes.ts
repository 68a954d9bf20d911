import { ErrnoError } from "../errno.js";
import { charge, type MemoryBudget, refund, requireRoom } from "./memory-budget.js";
import { MemoryBytes } from "./memory-bytes.js";
import { checkUtf8 } from "./names.js";
import { type Content, checkOffset, RegularFile } from "./regular-file.js";
import type { FileStat, OpenFile, OpenOptions, TimeChange } from "./types.js";
import type { DirectoryNode, FileNode, LinkNode, ListedEntry, Node, Volume } from "./volume.js";

/** What all nodes of one memory volume share. */
export interface MemoryStore extends Volume {
  readonly budget: MemoryBudget;
  /** Is told of what happens to entries and contents. Absent: nobody is. */
  readonly journal?: ChangeListener | undefined;
  now(): bigint;
  nextInode(): bigint;
  /** Numbers up to this one are taken. */
  reserveInodes(upTo: bigint): void;
}

/** Hears what happens to entries and contents. */
export interface ChangeListener {
  /** An entry is about to be made where there is none. */
  added(directory: MemoryDirectory, name: string): void;
  /** An entry has just been taken away. */
  removed(directory: MemoryDirectory, name: string, node: MemoryNode): void;
  /** The contents of a file have changed. */
  contents(file: MemoryFile): void;
}

export interface MemoryMetadata {
  inode: bigint;
  mode: number;
  accessTimeNs: bigint;
  modifyTimeNs: bigint;
  changeTimeNs: bigint;
}

export type MemoryNode = MemoryFile | MemoryLink | MemoryDirectory;

/** What files, links and directories in memory have in common. Reading leaves the access time alone (`noatime`). */
abstract class MemoryObject {
  readonly volume: MemoryStore;
  readonly metadata: MemoryMetadata;
  /** Directory entries that name it. */
  linkCount = 0;
  /** The last entry that was made for it, which of several names need not be there any more. */
  parent: MemoryDirectory | undefined;
  name = "";

  constructor(volume: MemoryStore, mode: number, metadata?: MemoryMetadata) {
    this.volume = volume;
    const now = volume.now();
    this.metadata = metadata ?? {
      inode: volume.nextInode(),
      mode: mode & 0o7777,
      accessTimeNs: now,
      modifyTimeNs: now,
      changeTimeNs: now,
    };
  }

  setTimes(change: TimeChange): void {
    const now = this.volume.now();
    const { accessTimeNs, modifyTimeNs } = change;
    if (accessTimeNs !== undefined) this.metadata.accessTimeNs = accessTimeNs === "now" ? now : accessTimeNs;
    if (modifyTimeNs !== undefined) this.metadata.modifyTimeNs = modifyTimeNs === "now" ? now : modifyTimeNs;
    this.metadata.changeTimeNs = now;
  }

  setMode(mode: number): void {
    this.metadata.mode = mode & 0o7777;
    this.metadata.changeTimeNs = this.volume.now();
  }

  /** The object itself is to be kept, not just what it was made from. Only overlays make objects on the fly. */
  settle(): void {}

  /** The contents, or a directory's entries, have changed. */
  modified(): void {
    this.metadata.modifyTimeNs = this.volume.now();
    this.metadata.changeTimeNs = this.metadata.modifyTimeNs;
  }

  protected statAs(type: FileStat["type"], linkCount: number, size: number, storedBytes = 0): FileStat {
    return { device: this.volume.device, ...this.metadata, type, linkCount, size, storedBytes };
  }
}

export class MemoryFile extends MemoryObject implements FileNode, Content {
  readonly type = "file";
  readonly bytes: MemoryBytes;
  #openCount = 0;

  constructor(volume: MemoryStore, mode: number, metadata?: MemoryMetadata) {
    super(volume, mode, metadata);
    this.bytes = new MemoryBytes(volume.budget);
  }

  stat(): FileStat {
    return this.statAs("file", this.linkCount, this.size(), this.storedBytes());
  }

  storedBytes(): number {
    return this.bytes.storedBytes;
  }

  open(options: OpenOptions): OpenFile {
    this.#openCount++;
    if (options.truncate === true) this.truncate(0);
    return new RegularFile(this, options);
  }

  size(): number {
    return this.bytes.size;
  }

  readAt(buffer: Uint8Array, offset: number): number {
    return this.bytes.read(buffer, offset);
  }

  writeAt(bytes: Uint8Array, offset: number): number {
    const count = this.bytes.write(bytes, offset);
    if (count > 0) this.modified();
    return count;
  }

  append(bytes: Uint8Array): number {
    return this.writeAt(bytes, this.size());
  }

  truncate(size: number): void {
    this.bytes.truncate(checkOffset(size));
    this.modified();
  }

  replaceContents(bytes: Uint8Array): void {
    this.bytes.replace(bytes);
    this.modified();
  }

  override modified(): void {
    super.modified();
    this.volume.journal?.contents(this);
  }

  /** Whether its contents are others than when its volume's budget had counted so many changes. */
  isChangedSince(changes: number): boolean {
    return this.bytes.changedAt > changes;
  }

  allocate(offset: number, length: number): void {
    this.bytes.allocate(offset, length);
    this.modified();
  }

  sync(): void {}

  close(): void {
    this.#openCount--;
    this.releaseIfUnused();
  }

  /** A file lives on without a name as long as it is open. */
  releaseIfUnused(): void {
    if (this.linkCount === 0 && this.#openCount === 0) this.bytes.free();
  }

  get isOpen(): boolean {
    return this.#openCount > 0;
  }
}

export class MemoryLink extends MemoryObject implements LinkNode {
  readonly type = "symlink";
  readonly #target: string;
  /** What the target costs, whatever its characters: two bytes each, as the host keeps them. */
  readonly targetBytes: number;

  constructor(volume: MemoryStore, target: string, metadata?: MemoryMetadata) {
    super(volume, 0o777, metadata);
    this.#target = target;
    this.targetBytes = target.length * 2;
  }

  readTarget(): string {
    return this.#target;
  }

  stat(): FileStat {
    return this.statAs("symlink", this.linkCount, new TextEncoder().encode(this.#target).length);
  }
}

export class MemoryDirectory extends MemoryObject implements DirectoryNode {
  readonly type = "directory";
  readonly entries = new Map<string, MemoryNode>();
  removed = false;
  #subdirectories = 0;

  stat(): FileStat {
    return this.statAs("directory", this.removed ? 0 : 2 + this.#subdirectories, 0);
  }

  isSame(other: DirectoryNode): boolean {
    return other === this;
  }

  lookup(name: string): MemoryNode | undefined {
    return this.entries.get(name);
  }

  *list(): Generator<ListedEntry, void> {
    for (const [name, { type, metadata }] of this.entries) yield { name, type, inode: metadata.inode };
  }

  /** The entries that are in memory, with the objects that stand for them. */
  ownEntries(): Iterable<readonly [name: string, node: MemoryNode]> {
    return this.entries;
  }

  isEmpty(): boolean {
    return this.entries.size === 0;
  }

  createFile(name: string, options: OpenOptions): OpenFile {
    const file = new MemoryFile(this.volume, options.mode ?? 0o666);
    this.add(name, file);
    return file.open(options);
  }

  makeDirectory(name: string, mode: number): void {
    this.add(name, this.newDirectory(mode));
  }

  symlink(name: string, target: string): void {
    checkUtf8(target);
    this.add(name, new MemoryLink(this.volume, target));
  }

  link(name: string, node: Node): void {
    if (node.volume !== this.volume || node instanceof MemoryDirectory) throw new ErrnoError("EXDEV");
    const linked = node as MemoryFile | MemoryLink;
    linked.settle();
    this.add(name, linked);
    linked.metadata.changeTimeNs = this.volume.now();
  }

  unlink(name: string): void {
    const node = this.existing(name);
    if (node instanceof MemoryDirectory) throw new ErrnoError("EISDIR");
    this.detach(name, node);
    if (node instanceof MemoryFile) node.releaseIfUnused();
    this.modified();
    node.metadata.changeTimeNs = this.metadata.changeTimeNs;
  }

  removeDirectory(name: string): void {
    const node = this.existing(name);
    if (!(node instanceof MemoryDirectory)) throw new ErrnoError("ENOTDIR");
    if (!node.isEmpty()) throw new ErrnoError("ENOTEMPTY");
    this.detach(name, node);
    node.removed = true;
    this.modified();
  }

  rename(name: string, to: DirectoryNode, toName: string): void {
    if (!(to instanceof MemoryDirectory) || to.volume !== this.volume) throw new ErrnoError("EXDEV");
    if (to.removed) throw new ErrnoError("ENOENT");
    checkUtf8(toName);
    const node = this.existing(name);
    const replaced = to.lookup(toName);
    if (replaced instanceof MemoryDirectory && !replaced.isEmpty()) throw new ErrnoError("ENOTEMPTY");
    if (replaced === undefined) {
      const growth = entryBytes(toName, node) - entryBytes(name, node);
      if (growth > 0) requireRoom(this.volume.budget, growth, 0);
    } else {
      to.detach(toName, replaced);
      if (replaced instanceof MemoryDirectory) replaced.removed = true;
      else if (replaced instanceof MemoryFile) replaced.releaseIfUnused();
    }
    this.detach(name, node);
    to.attach(toName, node);
    this.modified();
    if (to !== this) to.modified();
    node.metadata.changeTimeNs = this.metadata.changeTimeNs;
  }

  retain(): void {}

  release(): void {}

  /** A new entry. `EEXIST`, `ENOSPC`, `EILSEQ`, and `ENOENT` in a directory that is removed itself. */
  add(name: string, node: MemoryNode): void {
    if (this.removed) throw new ErrnoError("ENOENT", "the directory is removed");
    if (this.lookup(name) !== undefined) throw new ErrnoError("EEXIST");
    checkUtf8(name);
    this.attach(name, node);
    this.modified();
  }

  protected newDirectory(mode: number): MemoryDirectory {
    return new MemoryDirectory(this.volume, mode);
  }

  protected existing(name: string): MemoryNode {
    const node = this.lookup(name);
    if (node === undefined) throw new ErrnoError("ENOENT");
    return node;
  }

  protected attach(name: string, node: MemoryNode): void {
    charge(this.volume.budget, entryBytes(name, node), 1);
    this.volume.journal?.added(this, name);
    this.entries.set(name, node);
    node.linkCount++;
    node.parent = this;
    node.name = name;
    if (node instanceof MemoryDirectory) this.#subdirectories++;
  }

  protected detach(name: string, node: MemoryNode): void {
    refund(this.volume.budget, entryBytes(name, node), 1);
    this.entries.delete(name);
    node.linkCount--;
    this.volume.journal?.removed(this, name, node);
    if (node instanceof MemoryDirectory) this.#subdirectories--;
  }
}

/** An entry pays for its name, and for the target of a link, so that short files cannot hide long strings. */
function entryBytes(name: string, node: MemoryNode): number {
  return name.length * 2 + (node instanceof MemoryLink ? node.targetBytes : 0);
}
