import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  type Dir,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  opendirSync,
  openSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { ErrnoError } from "../../errno.js";
import { decodePath, encodePath, isPathText, isUtf8 } from "../../path-bytes.js";
import { RegularFile } from "../../vfs/regular-file.js";
import type { FileStat, OpenFile, OpenOptions, TimeChange } from "../../vfs/types.js";
import type { DirectoryNode, ListedEntry, Node } from "../../vfs/volume.js";
import type { AnchoredDirectory } from "./host-anchors.js";
import { hostCall, toErrnoError } from "./host-errors.js";
import { HostContent, HostFile, HostLink, openFlags } from "./host-file.js";
import { descriptorPath, entryPath, O_PATH, openRegularFile, typeOf } from "./host-open.js";
import { secondsOf } from "./host-times.js";
import type { HoldingDirectory, MountedVolume } from "./mounted.js";

/** What Windows would take for more than a name: separators, streams, devices, and ends that it drops. */
const notAWindowsName = /[\\/:*?"<>|\p{Cc}]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\.|$)/iu;

/** What stands in a text for bytes that are no UTF-8; it may also be meant. */
const unreadable = "\ufffd";

const entryStatsOptions = { bigint: true, throwIfNoEntry: false } as const;

/** A directory of a mount. Every host call below names one entry of one anchored directory. */
export class HostDirectory implements DirectoryNode, AnchoredDirectory, HoldingDirectory {
  readonly type = "directory";
  readonly volume: MountedVolume;
  readonly device: bigint;
  readonly inode: bigint;
  readonly held = new Map<string, HostDirectory>();
  parent: HostDirectory | undefined;
  name: string;
  removed = false;
  #seen: BigIntStats | undefined;
  #seenIn = 0;

  constructor(volume: MountedVolume, parent: HostDirectory | undefined, name: string, stats: BigIntStats) {
    this.volume = volume;
    this.parent = parent;
    this.name = name;
    this.device = stats.dev;
    this.inode = stats.ino;
  }

  /** Runs `act` with a host path of this directory. `undo` takes its result back if it may be from elsewhere. */
  at<T>(act: (path: string) => T, undo?: (result: T) => void): T {
    const { anchors } = this.volume;
    return hostCall(() => {
      const result = act(anchors.path(this));
      try {
        anchors.confirm?.(this);
      } catch (error) {
        undo?.(result);
        throw error;
      }
      return result;
    });
  }

  isSame(other: DirectoryNode): boolean {
    if (!(other instanceof HostDirectory) || other.volume !== this.volume) return false;
    return other.device === this.device && other.inode === this.inode;
  }

  stat(): FileStat {
    const seen = this.#seenIn === this.volume.operation ? this.#seen : undefined;
    this.#seen = undefined;
    return this.volume.toFileStat(seen ?? this.#stats());
  }

  #stats(): BigIntStats {
    return this.at((path) => lstatSync(`${path}/.`, { bigint: true }));
  }

  lookup(name: string): Node | undefined {
    if (!this.#isHostName(name)) return undefined;
    const stats = this.#entryStats(name);
    if (stats === undefined) return undefined;
    const type = typeOf(stats);
    if (type === "symlink") return new HostLink(this, name, stats);
    if (type !== "directory") return new HostFile(this, name, stats, type);
    let directory = this.held.get(name);
    if (directory === undefined || directory.inode !== stats.ino || directory.device !== stats.dev) {
      directory = new HostDirectory(this.volume, this, name, stats);
    }
    directory.#seen = stats;
    directory.#seenIn = this.volume.operation;
    return directory;
  }

  /** As `at` does it, but without a function for each call: this is what guests ask for most. */
  #entryStats(name: string): BigIntStats | undefined {
    const { anchors } = this.volume;
    try {
      const stats = lstatSync(entryPath(anchors.path(this), name), entryStatsOptions);
      anchors.confirm?.(this);
      return stats;
    } catch (error) {
      throw toErrnoError(error);
    }
  }

  *list(): Generator<ListedEntry, void> {
    // To get names as bytes takes twice as long, so that is done for those alone that are no text.
    let hasOthers = false;
    for (const name of this.#names("utf8") as Generator<string>) {
      if (name.includes(unreadable)) {
        hasOthers = true;
        continue;
      }
      const entry = this.#listed(name);
      if (entry !== undefined) yield entry;
    }
    if (!hasOthers) return;
    for (const name of this.#names("buffer")) {
      const entry = String(name).includes(unreadable) ? this.#listed(decodePath(name as Buffer)) : undefined;
      if (entry !== undefined) yield entry;
    }
  }

  #listed(name: string): ListedEntry | undefined {
    const stats = this.#isHostName(name) ? this.#entryStats(name) : undefined;
    return stats && { name, type: typeOf(stats), inode: stats.ino };
  }

  *#names(encoding: "utf8" | "buffer"): Generator<string | Buffer, void> {
    const { openStreams, descriptors } = this.volume;
    const stream = this.#openStream(encoding);
    openStreams.add(stream);
    try {
      while (openStreams.has(stream)) {
        const entry = hostCall(() => stream.readSync());
        if (entry === null) break;
        yield entry.name;
      }
    } finally {
      if (openStreams.delete(stream)) {
        stream.closeSync();
        descriptors.release();
      }
    }
  }

  #openStream(encoding: "utf8" | "buffer"): Dir {
    const { descriptors } = this.volume;
    descriptors.claim();
    try {
      return this.at(
        (path) => opendirSync(path, { encoding: encoding as BufferEncoding }),
        (opened) => opened.closeSync(),
      );
    } catch (error) {
      descriptors.release();
      throw error;
    }
  }

  createFile(name: string, options: OpenOptions): OpenFile {
    this.#prepareChange(name);
    // O_EXCL keeps the host from following a link or opening what is there.
    const flags = openFlags(options) | constants.O_CREAT | constants.O_EXCL;
    const mode = (options.mode ?? 0o666) & 0o777;
    const descriptor = this.volume.descriptors.open(() =>
      this.at((path) => openSync(entryPath(path, name), flags, mode), closeSync),
    );
    return new RegularFile(new HostContent(this.volume, descriptor), options);
  }

  makeDirectory(name: string, mode: number): void {
    this.#prepareChange(name);
    this.at((path) => mkdirSync(entryPath(path, name), mode & 0o777));
  }

  symlink(name: string, target: string): void {
    this.#prepareChange(name);
    this.at((path) =>
      symlinkSync(isUtf8(target) ? target : Buffer.from(encodePath(target)), entryPath(path, name)),
    );
  }

  link(name: string, node: Node): void {
    this.#prepareChange(name);
    if (!(node instanceof HostFile || node instanceof HostLink)) throw new ErrnoError("EPERM");
    const { directory: from, name: oldName } = node;
    this.#with(from, (path, fromPath) => linkSync(entryPath(fromPath, oldName), entryPath(path, name)));
  }

  unlink(name: string): void {
    this.#prepareChange(name);
    this.at((path) => unlinkSync(entryPath(path, name)));
  }

  removeDirectory(name: string): void {
    this.#prepareChange(name);
    this.at((path) => rmdirSync(entryPath(path, name)));
    this.#drop(name);
  }

  rename(name: string, to: DirectoryNode, toName: string): void {
    if (!(to instanceof HostDirectory)) throw new ErrnoError("EXDEV");
    this.#prepareChange(name);
    to.#prepareChange(toName);
    const moved = this.held.get(name);
    this.#with(to, (path, toPath) => renameSync(entryPath(path, name), entryPath(toPath, toName)));
    to.#drop(toName);
    if (moved === undefined) return;
    this.held.delete(name);
    moved.parent = to;
    moved.name = toName;
    to.held.set(toName, moved);
  }

  setTimes(change: TimeChange): void {
    this.setEntryTimes(".", change, this.#stats());
  }

  setMode(mode: number): void {
    this.setEntryMode(".", mode);
  }

  /** Of an entry, a link itself included, or of `.`. */
  setEntryTimes(name: string, change: TimeChange, stats: BigIntStats): void {
    this.volume.requireWritable();
    this.#seen = undefined;
    const [accessTime, modifyTime] = secondsOf(change, stats);
    const after = this.at((path) => {
      lutimesSync(entryPath(path, name), accessTime, modifyTime);
      return lstatSync(entryPath(path, name), { bigint: true });
    });
    this.volume.times.remember(change, stats, after);
  }

  /** Of a file or directory, or of `.`; never through a link. Set-user-id and the like are not for guests to give. */
  setEntryMode(name: string, mode: number): void {
    this.volume.requireWritable();
    this.#seen = undefined;
    this.at((path) => {
      const entry = entryPath(path, name);
      if (!this.volume.usesHandles) {
        if (name === ".") return chmodSync(path, mode & 0o777);
        if (lstatSync(entry).isDirectory()) throw new ErrnoError("EISDIR");
        const descriptor = openRegularFile(entry, constants.O_RDONLY, false);
        try {
          return fchmodSync(descriptor, mode & 0o777);
        } finally {
          closeSync(descriptor);
        }
      }
      const object = openSync(entry, O_PATH | constants.O_NOFOLLOW);
      try {
        const stats = fstatSync(object);
        if (!stats.isFile() && !stats.isDirectory()) throw new ErrnoError("EACCES");
        chmodSync(descriptorPath(object), mode & 0o777);
      } finally {
        closeSync(object);
      }
    });
  }

  retain(): void {
    const { anchors, descriptors } = this.volume;
    hostCall(() => anchors.retain(this));
    try {
      descriptors.keep();
    } catch (error) {
      anchors.release(this);
      throw error;
    }
  }

  release(): void {
    this.volume.anchors.release(this);
  }

  /** Runs `act` with paths of this directory and another. Both are retained, so that neither gives way to the other. */
  #with<T>(other: HoldingDirectory, act: (path: string, otherPath: string) => T): T {
    const { anchors } = this.volume;
    hostCall(() => anchors.retain(this));
    try {
      hostCall(() => anchors.retain(other));
      try {
        return this.at((path) => other.at((otherPath) => act(path, otherPath)));
      } finally {
        anchors.release(other);
      }
    } finally {
      anchors.release(this);
    }
  }

  /** Whether a guest may mean an entry by it. Without handles the host resolves directories, as text. */
  #isHostName(name: string): boolean {
    if (!isUtf8(name)) return this.volume.usesHandles && isPathText(name);
    return process.platform !== "win32" || !notAWindowsName.test(name);
  }

  /** Before the entry `name` is made, moved or removed. */
  #prepareChange(name: string): void {
    this.volume.requireWritable();
    this.#seen = undefined;
    if (!this.#isHostName(name)) throw new ErrnoError(isUtf8(name) ? "EINVAL" : "EILSEQ");
  }

  /** The directory of that name is gone, if there was one. */
  #drop(name: string): void {
    const directory = this.held.get(name);
    if (directory === undefined) return;
    this.held.delete(name);
    directory.removed = true;
    this.volume.anchors.forget(directory);
  }
}
