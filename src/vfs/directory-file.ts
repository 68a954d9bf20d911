import { ErrnoError } from "../errno.js";
import type { DirectoryEntry, FileStat, OpenFile, TimeChange } from "./types.js";
import type { DirectoryNode, ListedEntry } from "./volume.js";

/** The most entries that one `readDirectory` gives, so that a guest's limit never sizes the answer. */
const maxBatch = 1024;

/** How an open directory sees the name space around it. */
export interface DirectoryView {
  list(directory: DirectoryNode): Iterator<ListedEntry>;
  parent(directory: DirectoryNode): DirectoryNode;
}

/** The open file description of a directory, the same on every volume. */
export class DirectoryFile implements OpenFile {
  readonly type = "directory";
  readonly readable = true;
  readonly writable = false;
  readonly terminal = false;
  append = false;
  nonBlocking: boolean;
  readonly node: DirectoryNode;
  readonly #view: DirectoryView;
  #listing: Iterator<ListedEntry> | undefined;
  /** The entries given last. A guest whose buffer was too small for all of them asks again from the middle. */
  #batch: DirectoryEntry[] = [];
  #given = 0n;

  constructor(node: DirectoryNode, view: DirectoryView, nonBlocking: boolean) {
    node.retain();
    this.node = node;
    this.#view = view;
    this.nonBlocking = nonBlocking;
  }

  stat(): FileStat {
    return this.node.stat();
  }

  read(): number {
    throw new ErrnoError("EISDIR");
  }

  write(): number {
    throw new ErrnoError("EBADF", "a directory is never open for writing");
  }

  seek(offset: number): number {
    if (offset !== 0) throw new ErrnoError("EINVAL", "a directory can only be rewound");
    this.#rewind();
    return 0;
  }

  truncate(): void {
    throw new ErrnoError("EINVAL", "a directory has no length");
  }

  allocate(): void {
    throw new ErrnoError("EBADF", "a directory is never open for writing");
  }

  sync(): void {}

  setTimes(change: TimeChange): void {
    this.node.setTimes(change);
  }

  setMode(mode: number): void {
    this.node.setMode(mode);
  }

  readDirectory(cookie: bigint, limit: number): DirectoryEntry[] {
    if (cookie < 0n) throw new ErrnoError("EINVAL", "not a cookie");
    const count = Math.min(limit, maxBatch);
    const behind = this.#batch.findIndex((entry) => entry.cookie > cookie);
    const first = this.#batch[0]?.cookie ?? this.#given + 1n;
    if (cookie === 0n || cookie < first - 1n || cookie > this.#given) {
      this.#rewind();
      while (this.#given < cookie) if (this.#next() === undefined) return [];
    } else {
      this.#batch = behind < 0 ? [] : this.#batch.slice(behind);
    }
    while (this.#batch.length < count) {
      const entry = this.#next();
      if (entry === undefined) break;
      this.#batch.push(entry);
    }
    return this.#batch.slice(0, count);
  }

  poll() {
    return { ready: true, bytes: 0, hangup: false };
  }

  close(): void {
    this.#rewind();
    this.node.release();
  }

  #rewind(): void {
    this.#listing?.return?.();
    this.#listing = undefined;
    this.#batch = [];
    this.#given = 0n;
  }

  #next(): DirectoryEntry | undefined {
    let entry: ListedEntry;
    if (this.#given === 0n) {
      entry = { name: ".", type: "directory", inode: this.node.stat().inode };
    } else if (this.#given === 1n) {
      entry = { name: "..", type: "directory", inode: this.#view.parent(this.node).stat().inode };
    } else {
      this.#listing ??= this.#view.list(this.node);
      const next = this.#listing.next();
      if (next.done === true) return undefined;
      entry = next.value;
    }
    this.#given++;
    return { name: entry.name, type: entry.type, inode: entry.inode, cookie: this.#given };
  }
}
