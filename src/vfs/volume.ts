import type { FileStat, FileType, OpenFile, OpenOptions, Space, TimeChange } from "./types.js";

/**
 * What a backend implements. A volume is a tree of nodes; paths, symbolic links, `..` and mounts are resolved
 * above it (`walk.ts`, `namespace.ts`), so that every call below takes one plain component: never empty, `.`,
 * `..`, longer than 255 bytes or with a `/` or a NUL in it.
 */
export interface Volume {
  readonly root: DirectoryNode;
  /** Nothing on the volume can change. Its nodes refuse changes themselves; this only picks the right errno. */
  readonly readOnly: boolean;
  /** Reported by `stat`; the file system that mounts the volume numbers it. */
  device: bigint;
  /** How much there is room for. Absent: it has none of its own. */
  space?(): Omit<Space, "readOnly">;
  /** Called before each operation: the time to let go of cached handles. */
  beginOperation?(): void;
  /** Closes every host handle. Never throws. */
  close(): void;
}

interface NodeBase {
  readonly volume: Volume;
  stat(): FileStat;
  setTimes(change: TimeChange): void;
  setMode(mode: number): void;
}

/** A regular file, or something else that can at most be opened and read or written. */
export interface FileNode extends NodeBase {
  readonly type: Exclude<FileType, "directory" | "symlink">;
  /** Heeds the access flags and `truncate`; what says how to find or make the file is done by then. */
  open(options: OpenOptions): OpenFile;
  truncate(size: number): void;
  /** Other contents in place of all these, or an error and no change. Absent: the volume cannot promise that. */
  replaceContents?(bytes: Uint8Array): void;
}

export interface LinkNode extends NodeBase {
  readonly type: "symlink";
  readTarget(): string;
}

export interface ListedEntry {
  readonly name: string;
  readonly type: FileType;
  readonly inode: bigint;
}

export interface DirectoryNode extends NodeBase {
  readonly type: "directory";
  /** Where it hangs, or hung last if it is removed. Absent for a volume's root. */
  readonly parent: DirectoryNode | undefined;
  /** Its name in `parent`. */
  readonly name: string;
  readonly removed: boolean;
  /** Whether both stand for one directory, which two nodes may do where nodes are made on the fly. */
  isSame(other: DirectoryNode): boolean;
  lookup(name: string): Node | undefined;
  /** All entries but `.` and `..`, while the directory may change. The consumer calls `return` if it stops early. */
  list(): Iterator<ListedEntry>;
  /** `EEXIST` if the name is taken. */
  createFile(name: string, options: OpenOptions): OpenFile;
  makeDirectory(name: string, mode: number): void;
  symlink(name: string, target: string): void;
  /** `node` is of this volume and no directory. */
  link(name: string, node: Node): void;
  unlink(name: string): void;
  removeDirectory(name: string): void;
  /** `to` is of this volume; types and descent have been checked, emptiness of a replaced directory has not. */
  rename(name: string, to: DirectoryNode, toName: string): void;
  /** An open description stands on the directory, until `release`. */
  retain(): void;
  release(): void;
}

export type Node = DirectoryNode | FileNode | LinkNode;
