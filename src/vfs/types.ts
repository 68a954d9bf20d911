/**
 * What the rest of the project sees of the file system. Everything here is synchronous, because a guest's system
 * call is, and free of any ABI: no wire numbers, no guest memory. Every failure is an `ErrnoError`.
 */

export type FileType =
  | "file"
  | "directory"
  | "symlink"
  | "character"
  | "block"
  | "fifo"
  | "socket"
  | "unknown";

export interface FileStat {
  /** Which volume the object lives on; two objects are one only if `device` and `inode` agree. */
  readonly device: bigint;
  readonly inode: bigint;
  readonly type: FileType;
  /** Permission bits, `0o7777` at most; the file type is not part of it. */
  readonly mode: number;
  readonly linkCount: number;
  /** Length in bytes. */
  readonly size: number;
  /** What it takes of the volume, in bytes; less than `size` if it has holes. */
  readonly storedBytes: number;
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  readonly accessTimeNs: bigint;
  readonly modifyTimeNs: bigint;
  readonly changeTimeNs: bigint;
}

/** The room of a volume. What has no room of its own, and what is not the guest's to know, is 0. */
export interface Space {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** Directory entries: files, directories and links. */
  readonly totalNodes: number;
  readonly freeNodes: number;
  readonly readOnly: boolean;
}

/** New times in nanoseconds since 1970; `"now"` takes the host's clock, an absent field stays as it is. */
export interface TimeChange {
  readonly accessTimeNs?: bigint | "now";
  readonly modifyTimeNs?: bigint | "now";
}

export interface OpenOptions {
  readonly read?: boolean;
  readonly write?: boolean;
  /** Every write goes to the end of the file. */
  readonly append?: boolean;
  /** Make the file if it is absent. */
  readonly create?: boolean;
  /** With `create`: fail with `EEXIST` if anything is there, a dangling symbolic link included. */
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
  /** Fail with `ENOTDIR` unless it is a directory. */
  readonly directory?: boolean;
  readonly nonBlocking?: boolean;
  /** Writes are on the disk before they return (`O_SYNC`/`O_DSYNC`); memory volumes ignore it. */
  readonly sync?: boolean;
  /** Follow a symbolic link in the last component. Default true; false gives `ELOOP` on one. */
  readonly followSymlinks?: boolean;
  /** Permission bits of a new file. Default `0o666`. */
  readonly mode?: number;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly type: FileType;
  readonly inode: bigint;
  /** Give this to `readDirectory` to go on behind this entry. Never 0. */
  readonly cookie: bigint;
}

/**
 * One open file description: a position, flags, and the object they stand on. Several descriptors may share one
 * (`dup`). Calls that make no sense for the object fail as POSIX says (`EISDIR`, `ENOTDIR`, `ESPIPE`, `EBADF`).
 */
export interface OpenFile {
  readonly type: FileType;
  readonly readable: boolean;
  readonly writable: boolean;
  append: boolean;
  nonBlocking: boolean;
  /** A terminal: the guest's `isatty` is true. */
  readonly terminal: boolean;

  stat(): FileStat;
  /**
   * Reads into `buffer` and returns the number of bytes; 0 is the end. Without `position` it reads at, and moves,
   * the description's own position.
   */
  read(buffer: Uint8Array, position?: number): number;
  /** As `read`, for writing. Returns the number of bytes taken, which may be fewer than given. */
  write(buffer: Uint8Array, position?: number): number;
  /** Moves the position and returns it. `EINVAL` if it would be negative, `ESPIPE` on streams. */
  seek(offset: number, from: "start" | "current" | "end"): number;
  truncate(size: number): void;
  /** Makes sure that `[offset, offset + length)` has storage; grows the file, never shrinks it. */
  allocate(offset: number, length: number): void;
  sync(dataOnly: boolean): void;
  setTimes(change: TimeChange): void;
  setMode(mode: number): void;
  /**
   * Up to `limit` entries behind `cookie` (0n: from the start), `.` and `..` first. Entries made or removed
   * meanwhile may or may not be seen; all others are seen exactly once.
   */
  readDirectory(cookie: bigint, limit: number): DirectoryEntry[];
  /** What a read (or a write) would find without waiting: bytes at hand, and whether the other end is gone. */
  poll(direction: "read" | "write"): {
    readonly ready: boolean;
    readonly bytes: number;
    readonly hangup: boolean;
  };
  /** Called once, when the last descriptor goes. Never throws. */
  close(): void;
}

/** How a path is resolved. */
export interface PathContext {
  /** The directory that a relative path starts at. Absent: the root. */
  readonly base?: OpenFile;
  /**
   * WASI's rule: the path and every link on the way stay beneath `base`. Absolute paths and links, and a `..`
   * that would climb out, fail with `EPERM`. Without it, an absolute path starts at the root and `..` stops there.
   */
  readonly beneath?: boolean;
}

/** One session's name space: a tree of volumes under one root. Paths are guest paths, separated by `/`. */
export interface FileSystem {
  open(path: string, options: OpenOptions, context?: PathContext): OpenFile;
  stat(path: string, options?: { followSymlinks?: boolean }, context?: PathContext): FileStat;
  makeDirectory(path: string, mode?: number, context?: PathContext): void;
  removeDirectory(path: string, context?: PathContext): void;
  unlink(path: string, context?: PathContext): void;
  rename(from: string, to: string, fromContext?: PathContext, toContext?: PathContext): void;
  /** A hard link. `EXDEV` across volumes. */
  link(
    from: string,
    to: string,
    options?: { followSymlinks?: boolean },
    fromContext?: PathContext,
    toContext?: PathContext,
  ): void;
  symlink(target: string, path: string, context?: PathContext): void;
  readLink(path: string, context?: PathContext): string;
  setTimes(
    path: string,
    change: TimeChange,
    options?: { followSymlinks?: boolean },
    context?: PathContext,
  ): void;
  setMode(path: string, mode: number, options?: { followSymlinks?: boolean }, context?: PathContext): void;
  truncate(path: string, size: number, context?: PathContext): void;
  /** The room of the volume that an object lies on, told by its `stat`. */
  space(object: FileStat): Space;
  /**
   * Other contents in place of a file's, which is made if it is absent. In memory and on overlays all or nothing: if
   * there is no room, nothing has changed. `EINVAL` for what is no regular file.
   */
  writeFile(path: string, bytes: Uint8Array, mode?: number, context?: PathContext): void;
  /** The absolute guest path that names an open directory now. `ENOENT` once it is removed. */
  pathOf(directory: OpenFile): string;
  /** Closes every host handle. The file system is not used afterwards. Never throws. */
  close(): void;
}
