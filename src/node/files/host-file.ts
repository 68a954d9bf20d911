import {
  type BigIntStats,
  closeSync,
  constants,
  fchmodSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  openSync,
  readlinkSync,
  readSync,
  writeSync,
} from "node:fs";
import { ErrnoError } from "../../errno.js";
import { decodePath } from "../../path-bytes.js";
import { type Content, checkOffset, RegularFile } from "../../vfs/regular-file.js";
import type { FileStat, OpenFile, OpenOptions, TimeChange } from "../../vfs/types.js";
import type { FileNode, LinkNode } from "../../vfs/volume.js";
import { hostCall, toErrnoError } from "./host-errors.js";
import { descriptorPath, entryPath, openRegularFile } from "./host-open.js";
import { secondsOf } from "./host-times.js";
import type { HoldingDirectory, MountedVolume } from "./mounted.js";

/** The most bytes of one host call; callers take short counts. */
const maxTransferBytes = 1 << 30;

/** An entry of a host directory that is no directory: known by its place, and used at once after it was looked up. */
abstract class HostEntry {
  readonly volume: MountedVolume;
  readonly directory: HoldingDirectory;
  readonly name: string;
  readonly stats: BigIntStats;

  constructor(directory: HoldingDirectory, name: string, stats: BigIntStats) {
    this.volume = directory.volume;
    this.directory = directory;
    this.name = name;
    this.stats = stats;
  }

  stat(): FileStat {
    return this.volume.toFileStat(this.stats);
  }

  setTimes(change: TimeChange): void {
    this.directory.setEntryTimes(this.name, change, this.stats);
  }

  setMode(mode: number): void {
    this.directory.setEntryMode(this.name, mode);
  }
}

export class HostLink extends HostEntry implements LinkNode {
  readonly type = "symlink";

  readTarget(): string {
    return this.directory.at((path) => decodePath(readlinkSync(entryPath(path, this.name), "buffer")));
  }
}

/** A regular file, or one that is not opened: a device, a FIFO, a socket. */
export class HostFile extends HostEntry implements FileNode {
  readonly type: FileNode["type"];

  constructor(directory: HoldingDirectory, name: string, stats: BigIntStats, type: FileNode["type"]) {
    super(directory, name, stats);
    this.type = type;
  }

  open(options: OpenOptions): OpenFile {
    const { volume } = this;
    if (options.write || options.append || options.truncate) volume.requireWritable();
    const flags = openFlags(options);
    const descriptor = volume.descriptors.open(() =>
      this.directory.at((path) => openQuietly(entryPath(path, this.name), flags, volume), closeSync),
    );
    return new RegularFile(new HostContent(volume, descriptor), options);
  }

  truncate(size: number): void {
    checkOffset(size);
    const file = this.open({ write: true });
    try {
      file.truncate(size);
    } finally {
      file.close();
    }
  }
}

/** Flags without those that find or make the file. Appending is done call by call, as a guest can switch it. */
export function openFlags(options: OpenOptions): number {
  const writes = options.write === true || options.append === true;
  const access = !writes ? constants.O_RDONLY : options.read ? constants.O_RDWR : constants.O_WRONLY;
  return (
    access |
    (options.truncate === true ? constants.O_TRUNC : 0) |
    (options.sync === true ? (constants.O_SYNC ?? 0) : 0)
  );
}

/** Leaves the access time alone where the host allows it, which is on one's own files. */
function openQuietly(path: string | Buffer, flags: number, volume: MountedVolume): number {
  if (!volume.usesHandles) return openRegularFile(path, flags, false);
  try {
    return openRegularFile(path, flags | constants.O_NOATIME, true);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    return openRegularFile(path, flags, true);
  }
}

/** An open host file. */
export class HostContent implements Content {
  readonly #volume: MountedVolume;
  readonly #descriptor: number;
  #appending: number | undefined;

  /** Owns the descriptor. */
  constructor(volume: MountedVolume, descriptor: number) {
    this.#volume = volume;
    this.#descriptor = descriptor;
    volume.openDescriptors.add(descriptor);
  }

  stat(): FileStat {
    return this.#volume.toFileStat(this.#stats());
  }

  size(): number {
    return hostCall(() => fstatSync(this.#live(this.#descriptor)).size);
  }

  readAt(buffer: Uint8Array, offset: number): number {
    const length = Math.min(buffer.length, maxTransferBytes);
    try {
      return readSync(this.#live(this.#descriptor), buffer, 0, length, offset);
    } catch (error) {
      throw toErrnoError(error);
    }
  }

  writeAt(bytes: Uint8Array, offset: number): number {
    this.#volume.requireWritable();
    const length = Math.min(bytes.length, maxTransferBytes);
    try {
      return writeSync(this.#live(this.#descriptor), bytes, 0, length, offset);
    } catch (error) {
      throw toErrnoError(error);
    }
  }

  append(bytes: Uint8Array): number {
    if (!this.#volume.usesHandles) return this.writeAt(bytes, this.size());
    this.#volume.requireWritable();
    return hostCall(() => {
      this.#appending ??= this.#openAppending();
      return writeSync(this.#live(this.#appending), bytes, 0, Math.min(bytes.length, maxTransferBytes));
    });
  }

  truncate(size: number): void {
    this.#volume.requireWritable();
    hostCall(() => ftruncateSync(this.#live(this.#descriptor), size));
  }

  /** Node has no `posix_fallocate`: the file is grown, its storage is not reserved. */
  allocate(offset: number, length: number): void {
    this.#volume.requireWritable();
    if (offset + length > this.size()) this.truncate(offset + length);
  }

  sync(dataOnly: boolean): void {
    hostCall(() => (dataOnly ? fdatasyncSync : fsyncSync)(this.#live(this.#descriptor)));
  }

  setTimes(change: TimeChange): void {
    this.#volume.requireWritable();
    const before = this.#stats();
    const [accessTime, modifyTime] = secondsOf(change, before);
    hostCall(() => futimesSync(this.#live(this.#descriptor), accessTime, modifyTime));
    this.#volume.times.remember(change, before, this.#stats());
  }

  setMode(mode: number): void {
    this.#volume.requireWritable();
    hostCall(() => fchmodSync(this.#live(this.#descriptor), mode & 0o777));
  }

  close(): void {
    const { openDescriptors, descriptors } = this.#volume;
    for (const descriptor of [this.#descriptor, this.#appending]) {
      if (descriptor !== undefined && openDescriptors.delete(descriptor)) descriptors.close(descriptor);
    }
  }

  #stats(): BigIntStats {
    return hostCall(() => fstatSync(this.#live(this.#descriptor), { bigint: true }));
  }

  /** After the volume is closed the number may stand for another file of the host's. */
  #live(descriptor: number): number {
    if (!this.#volume.openDescriptors.has(descriptor)) throw new ErrnoError("EBADF", "closed");
    return descriptor;
  }

  /** A second descriptor with `O_APPEND`, so that the host itself keeps concurrent writers apart. */
  #openAppending(): number {
    const path = descriptorPath(this.#live(this.#descriptor));
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;
    const descriptor = this.#volume.descriptors.open(() => openSync(path, flags));
    this.#volume.openDescriptors.add(descriptor);
    return descriptor;
  }
}
