/**
 * A volume's bytes, taken apart without making a volume of them: so that a file which has not changed can be left out
 * of one (its entry is of the kind `keptFile`) and taken from the one before it. What is put together is checked as
 * any other when a volume is made of it.
 */
import { ErrnoError } from "../errno.js";
import type { ByteSource } from "./byte-source.js";
import { kinds } from "./memory-snapshot.js";

export interface FileRecords {
  /** All bytes, in order: what `writeMemoryVolume` would give if nothing were left out. */
  readonly parts: readonly Uint8Array[];
  /** Of these, what stands behind the metadata of each file, by its inode. */
  readonly contents: ReadonlyMap<bigint, readonly Uint8Array[]>;
}

export interface RecordLimits {
  /** Of the whole, with what is taken from the volume before. */
  readonly maxBytes: number;
  /** Files, directories and links. */
  readonly maxNodes: number;
}

const metadataBytes = 8 + 2 + 3 * 12;
const stretchBytes = 8 + 4;
/** Bytes are kept in parts of this size at most, which begin small. */
const mostPartBytes = 65_536;
const leastPartBytes = 256;

/**
 * Reads a volume that may come from anywhere. `EINVAL` if it is none, or keeps a file that `before` has not; `ENOSPC` if
 * it is larger than it may be. Yields after each entry.
 */
export function* readFileRecords(
  source: ByteSource,
  before: FileRecords | undefined,
  limits: RecordLimits,
): Generator<void, FileRecords> {
  const parts: Uint8Array[] = [];
  const contents = new Map<bigint, readonly Uint8Array[]>();
  const scratch = new DataView(new ArrayBuffer(metadataBytes));
  let current = new Uint8Array(0);
  let used = 0;
  let bytes = 0;
  let nodes = 0;

  function charge(length: number): void {
    bytes += length;
    if (bytes > limits.maxBytes) throw new ErrnoError("ENOSPC", "the memory file system is full");
  }

  /** What comes next is a part of its own. */
  function endPart(): void {
    if (used > 0) parts.push(current.slice(0, used));
    used = 0;
  }

  /** Room for some of so many bytes. */
  function room(length: number): Uint8Array {
    if (used === mostPartBytes) endPart();
    if (used === current.length && used < mostPartBytes) {
      const larger = new Uint8Array(Math.max(leastPartBytes, 2 * used));
      larger.set(current);
      current = larger;
    }
    const free = current.subarray(used, used + length);
    used += free.length;
    return free;
  }

  /** The next bytes, which become part of the whole. */
  function copy(length: number): void {
    if (length > source.left) invalid("the bytes end too soon");
    charge(length);
    for (let left = length; left > 0; ) {
      const target = room(left);
      source.fill(target);
      left -= target.length;
    }
  }

  /** The same, of a few bytes, to look at. Good until the next call. */
  function read(length: number): DataView {
    if (length > source.left) invalid("the bytes end too soon");
    charge(length);
    const small = new Uint8Array(scratch.buffer, 0, length);
    source.fill(small);
    append(small);
    return scratch;
  }

  function append(small: Uint8Array): void {
    for (let done = 0; done < small.length; ) {
      const target = room(small.length - done);
      target.set(small.subarray(done, done + target.length));
      done += target.length;
    }
  }

  function text(): void {
    copy(2 * read(2).getUint16(0, true));
  }

  function newInode(): bigint {
    const inode = read(metadataBytes).getBigUint64(0, true);
    if (contents.has(inode)) invalid("an inode is used twice");
    return inode;
  }

  function* content(): Generator<void> {
    read(8);
    for (let left = read(4).getUint32(0, true); left > 0; left--) {
      let length = read(stretchBytes).getUint32(8, true);
      for (; length > mostPartBytes; length -= mostPartBytes) {
        copy(mostPartBytes);
        yield;
      }
      copy(length);
    }
  }

  /** A kind is told of as it is in the whole. */
  function kindOfNext(): number {
    if (source.left === 0) invalid("the bytes end too soon");
    const kind = new Uint8Array(1);
    source.fill(kind);
    const [stored = 0] = kind;
    charge(1);
    append(stored === kinds.keptFile ? Uint8Array.of(kinds.file) : kind);
    return stored;
  }

  read(1);
  copy(metadataBytes);
  for (let directories = 1; directories > 0; directories--) {
    for (let left = read(4).getUint32(0, true); left > 0; left--) {
      if (++nodes > limits.maxNodes) throw new ErrnoError("ENOSPC", "the memory file system is full");
      const kind = kindOfNext();
      text();
      if (kind === kinds.directory) {
        copy(metadataBytes);
        directories++;
      } else if (kind === kinds.file) {
        const inode = newInode();
        endPart();
        const start = parts.length;
        yield* content();
        endPart();
        contents.set(inode, parts.slice(start));
      } else if (kind === kinds.keptFile) {
        const inode = newInode();
        const kept = before?.contents.get(inode);
        if (kept === undefined) invalid("a file is kept that there was not");
        endPart();
        for (const part of kept) {
          charge(part.length);
          parts.push(part);
        }
        contents.set(inode, kept);
      } else if (kind === kinds.link) {
        copy(metadataBytes);
        text();
      } else if (kind === kinds.hardLink) {
        copy(4);
      } else {
        invalid("an entry of no kind");
      }
      yield;
    }
  }
  endPart();
  if (source.left !== 0) invalid("bytes are left over");
  return { parts, contents };
}

/** The whole, to be read once. */
export function sourceOfRecords({ parts }: FileRecords): ByteSource {
  let left = parts.reduce((sum, { length }) => sum + length, 0);
  let index = 0;
  let offset = 0;
  return {
    get left() {
      return left;
    },
    fill(target) {
      for (let done = 0; done < target.length; ) {
        const part = parts[index];
        if (part === undefined) throw new ErrnoError("EINVAL", "the bytes end too soon");
        const taken = part.subarray(offset, offset + target.length - done);
        target.set(taken, done);
        done += taken.length;
        offset += taken.length;
        left -= taken.length;
        if (offset < part.length) continue;
        index++;
        offset = 0;
      }
    },
  };
}

function invalid(reason: string): never {
  throw new ErrnoError("EINVAL", `not a file system snapshot: ${reason}`);
}
