/**
 * A memory volume as bytes, laid out so that one pass from front to end can check and charge everything before it is
 * made, and so that no cycle, no second parent and no lost node can be said. Little-endian:
 *
 *     volume    = version: u8, metadata and entries of the root,
 *                 entries of each directory in the order in which they were named
 *     metadata  = inode: u64, mode: u16, access, modification and change time: each i64 seconds and u32 nanoseconds
 *     entries   = count: u32, then each: kind: u8, name: text, and
 *                 a directory:  metadata
 *                 a file:       metadata, size: u64, count: u32, then each stored stretch: offset: u64, length: u32, bytes
 *                 a link:       metadata, target: text
 *                 a kept file:  metadata; its contents are in the volume before this one, by its inode
 *                 a hard link:  number: u32 of the file or link in their order, from 0
 *     text      = length: u16, UTF-16 code units (a name in memory may hold half a surrogate pair)
 *
 * Files that are open but have no name are not kept.
 */
import { ErrnoError } from "../errno.js";
import { createReturnable } from "../returnable-bytes.js";
import type { ByteSource } from "./byte-source.js";
import { pieceBytes } from "./memory-bytes.js";
import {
  MemoryDirectory,
  MemoryFile,
  MemoryLink,
  type MemoryMetadata,
  type MemoryNode,
} from "./memory-nodes.js";
import { createMemoryVolume, type MemoryVolume, type MemoryVolumeOptions } from "./memory-volume.js";
import { isValidName, maxPathBytes } from "./names.js";

const version = 2;
export const kinds = { directory: 1, file: 2, link: 3, hardLink: 4, keptFile: 5 } as const;
const nanosecondsPerSecond = 1_000_000_000n;

/** Takes the whole tree as bytes: contents, links, hard links, modes and times. The result is a copy. */
export function snapshotMemoryVolume(volume: MemoryVolume): Uint8Array {
  let length = 0;
  writeMemoryVolume(volume, (bytes) => {
    length += bytes.length;
  });
  const whole = createReturnable(length);
  let offset = 0;
  writeMemoryVolume(volume, (bytes) => {
    whole.set(bytes, offset);
    offset += bytes.length;
  });
  return whole;
}

/**
 * As `snapshotMemoryVolume`, part by part.
 *
 * @param write Gets bytes that are good only until it returns.
 * @param keptSince Files whose contents are as they were when the volume's budget had counted so many changes are kept
 *   files; such bytes are for `readFileRecords`. Default: there are none.
 */
export function writeMemoryVolume(
  volume: MemoryVolume,
  write: (bytes: Uint8Array) => void,
  keptSince = -1,
): void {
  const numbers = new Map<MemoryNode, number>();
  const directories: MemoryDirectory[] = [volume.root];
  const record = new RecordWriter();
  record.u8(version);
  record.metadata(volume.root.metadata);
  // The list grows while it is walked, so no tree is too deep.
  for (const directory of directories) {
    record.u32(directory.entries.size);
    for (const [name, node] of directory.entries) {
      const known = numbers.get(node);
      const isKept = node instanceof MemoryFile && node.bytes.changedAt <= keptSince;
      record.u8(known !== undefined ? kinds.hardLink : isKept ? kinds.keptFile : kinds[kindOf(node)]);
      record.text(name);
      if (known === undefined) record.metadata(node.metadata);
      else record.u32(known);
      if (node instanceof MemoryDirectory) directories.push(node);
      else if (known === undefined) {
        numbers.set(node, numbers.size);
        if (node instanceof MemoryLink) record.text(node.readTarget());
        else if (!isKept) writeContents(node, record, write);
      }
      write(record.take());
    }
    write(record.take());
  }
}

function kindOf(node: MemoryNode): "directory" | "file" | "link" {
  if (node instanceof MemoryDirectory) return "directory";
  return node instanceof MemoryLink ? "link" : "file";
}

function writeContents(file: MemoryFile, record: RecordWriter, write: (bytes: Uint8Array) => void): void {
  const stretches = file.bytes.stretches();
  record.u64(BigInt(file.size()));
  record.u32(stretches.length);
  for (const { offset, bytes } of stretches) {
    record.u64(BigInt(offset));
    record.u32(bytes.length);
    write(record.take());
    write(bytes);
  }
}

/** One record on its way out. Names and targets are bounded, and so is this. */
class RecordWriter {
  readonly #bytes = new Uint8Array(4 * maxPathBytes);
  readonly #view = new DataView(this.#bytes.buffer);
  #length = 0;

  u8(value: number): void {
    this.#view.setUint8(this.#length, value);
    this.#length += 1;
  }

  u16(value: number): void {
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  u64(value: bigint): void {
    this.#view.setBigUint64(this.#length, value, true);
    this.#length += 8;
  }

  text(text: string): void {
    this.u16(text.length);
    for (let index = 0; index < text.length; index++) this.u16(text.charCodeAt(index));
  }

  metadata({ inode, mode, accessTimeNs, modifyTimeNs, changeTimeNs }: MemoryMetadata): void {
    this.u64(inode);
    this.u16(mode);
    for (const timeNs of [accessTimeNs, modifyTimeNs, changeTimeNs]) {
      const nanoseconds = ((timeNs % nanosecondsPerSecond) + nanosecondsPerSecond) % nanosecondsPerSecond;
      this.u64(BigInt.asUintN(64, (timeNs - nanoseconds) / nanosecondsPerSecond));
      this.u32(Number(nanoseconds));
    }
  }

  take(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return bytes;
  }
}

/**
 * Makes a volume from what `snapshotMemoryVolume` gave. Nothing in it is trusted: `EINVAL` with a reason if it is not
 * a snapshot, `ENOSPC` or `EFBIG` if it is larger than `options` allow. What is made until then has been charged.
 */
export function restoreMemoryVolume(source: ByteSource, options: MemoryVolumeOptions = {}): MemoryVolume {
  const volume = createMemoryVolume(options);
  const reader = new RecordReader(source);
  if (reader.u8() !== version) invalid("another version");
  const leaves: Array<MemoryFile | MemoryLink> = [];
  const directories = [{ directory: volume.root, metadata: reader.metadata() }];
  for (const { directory, metadata } of directories) {
    for (let left = reader.u32(); left > 0; left--) {
      const kind = reader.u8();
      const name = reader.text();
      if (!isValidName(name) || directory.lookup(name) !== undefined) invalid("a name that cannot be");
      if (kind === kinds.directory) {
        const child = new MemoryDirectory(volume, 0, reader.metadata());
        directory.add(name, child);
        directories.push({ directory: child, metadata: { ...child.metadata } });
      } else if (kind === kinds.file) {
        const file = new MemoryFile(volume, 0, reader.metadata());
        directory.add(name, file);
        leaves.push(file);
        readContents(file, reader);
      } else if (kind === kinds.link) {
        const linkMetadata = reader.metadata();
        const link = new MemoryLink(volume, readTarget(reader), linkMetadata);
        directory.add(name, link);
        leaves.push(link);
      } else if (kind === kinds.hardLink) {
        const named = leaves[reader.u32()];
        if (named === undefined) invalid("a hard link to nothing");
        directory.add(name, named);
      } else {
        invalid("an entry of no kind");
      }
    }
    // Only now, for adding entries has touched it.
    Object.assign(directory.metadata, metadata);
  }
  if (source.left !== 0) invalid("bytes are left over");
  volume.reserveInodes(reader.highestInode);
  return volume;
}

function readTarget(reader: RecordReader): string {
  const target = reader.text();
  if (target === "" || target.length > maxPathBytes || target.includes("\0"))
    invalid("a link that cannot be");
  return target;
}

function readContents(file: MemoryFile, reader: RecordReader): void {
  const size = reader.size();
  let end = 0;
  for (let left = reader.u32(); left > 0; left--) {
    const start = reader.size();
    const length = reader.u32();
    if (start < end || length === 0 || start + length > size) invalid("a file's bytes lie where they cannot");
    end = start + length;
    for (let at = start; at < end; ) {
      const part = reader.take(Math.min(pieceBytes - (at % pieceBytes), end - at));
      if (file.bytes.write(part, at) < part.length) {
        throw new ErrnoError("ENOSPC", "the memory file system is full");
      }
      at += part.length;
    }
  }
  file.bytes.truncate(size);
}

/** Reads the parts of a volume, none of which is larger than a piece of a file. */
class RecordReader {
  readonly #source: ByteSource;
  readonly #bytes = new Uint8Array(pieceBytes);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #inodes = new Set<bigint>();
  highestInode = 1n;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Good until the next read. At most `pieceBytes`. */
  take(length: number): Uint8Array {
    if (length > this.#source.left) invalid("the bytes end too soon");
    const bytes = this.#bytes.subarray(0, length);
    this.#source.fill(bytes);
    return bytes;
  }

  u8(): number {
    this.take(1);
    return this.#view.getUint8(0);
  }

  u16(): number {
    this.take(2);
    return this.#view.getUint16(0, true);
  }

  u32(): number {
    this.take(4);
    return this.#view.getUint32(0, true);
  }

  u64(): bigint {
    this.take(8);
    return this.#view.getBigUint64(0, true);
  }

  size(): number {
    const size = Number(this.u64());
    if (!Number.isSafeInteger(size)) invalid("a size that cannot be");
    return size;
  }

  /** At most 65,535 units, by its length's size. */
  text(): string {
    const length = this.u16();
    if (length > maxPathBytes) invalid("a text that is too long");
    this.take(2 * length);
    let text = "";
    for (let index = 0; index < length; index++) {
      text += String.fromCharCode(this.#view.getUint16(2 * index, true));
    }
    return text;
  }

  metadata(): MemoryMetadata {
    const inode = this.u64();
    if (inode === 0n || inode > BigInt(Number.MAX_SAFE_INTEGER)) invalid("an inode that cannot be");
    if (this.#inodes.has(inode)) invalid("an inode is used twice");
    this.#inodes.add(inode);
    if (inode > this.highestInode) this.highestInode = inode;
    const mode = this.u16();
    if (mode > 0o7777) invalid("a mode that cannot be");
    const [accessTimeNs, modifyTimeNs, changeTimeNs] = [this.#time(), this.#time(), this.#time()];
    return { inode, mode, accessTimeNs, modifyTimeNs, changeTimeNs };
  }

  #time(): bigint {
    const seconds = BigInt.asIntN(64, this.u64());
    const nanoseconds = BigInt(this.u32());
    if (nanoseconds >= nanosecondsPerSecond) invalid("a time that cannot be");
    return seconds * nanosecondsPerSecond + nanoseconds;
  }
}

function invalid(reason: string): never {
  throw new ErrnoError("EINVAL", `not a file system snapshot: ${reason}`);
}
