import { ErrnoError } from "../errno.js";
import { charge, type MemoryBudget, refund, requireRoom } from "./memory-budget.js";

/** A file's bytes are kept in pieces of this size; pieces never written are holes and cost nothing. */
export const pieceBytes = 65536;
/** The least storage of a piece. It is small for the first, so that small files are; the others are rare to be. */
const smallestFirst = 256;
const smallestOther = 4096;

/** The growable, sparse bytes of one file in memory. All storage is charged before it is allocated. */
export class MemoryBytes {
  size = 0;
  /** What is charged for it. */
  storedBytes = 0;
  /** The number of the last change among those that the budget has counted; coming into being is the first. */
  changedAt: number;
  readonly #budget: MemoryBudget;
  #pieces = new Map<number, Uint8Array>();

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
    this.changedAt = ++budget.changes;
  }

  read(buffer: Uint8Array, offset: number): number {
    const count = Math.min(buffer.length, this.size - offset);
    if (count <= 0) return 0;
    for (let done = 0; done < count; ) {
      const start = (offset + done) % pieceBytes;
      const length = Math.min(count - done, pieceBytes - start);
      const piece = this.#pieces.get((offset + done - start) / pieceBytes);
      const stored = piece === undefined ? 0 : Math.max(0, Math.min(length, piece.length - start));
      if (stored > 0) buffer.set(piece?.subarray(start, start + stored) ?? [], done);
      if (stored < length) buffer.fill(0, done + stored, done + length);
      done += length;
    }
    return count;
  }

  /** Returns fewer than asked when the space runs out on the way; fails if there is none at all. */
  write(bytes: Uint8Array, offset: number): number {
    if (bytes.length === 0) return 0;
    if (offset >= this.#budget.maxBytes) throw new ErrnoError("EFBIG");
    this.#touch();
    const count = Math.min(bytes.length, this.#budget.maxBytes - offset);
    let done = 0;
    while (done < count) {
      const start = (offset + done) % pieceBytes;
      const length = Math.min(count - done, pieceBytes - start);
      try {
        const piece = this.#reserve((offset + done - start) / pieceBytes, start + length);
        piece.set(bytes.subarray(done, done + length), start);
      } catch (error) {
        if (done === 0) throw error;
        break;
      }
      done += length;
      this.size = Math.max(this.size, offset + done);
    }
    return done;
  }

  truncate(size: number): void {
    if (size > this.#budget.maxBytes) throw new ErrnoError("EFBIG");
    this.#touch();
    if (size === 0) {
      this.free();
      return;
    }
    if (size < this.size) {
      const kept = Math.ceil(size / pieceBytes);
      for (const [index, piece] of this.#pieces) if (index >= kept) this.#drop(index, piece);
      // What lies behind the end must read as zero when the file grows again.
      const start = size % pieceBytes;
      if (start > 0) this.#pieces.get(kept - 1)?.fill(0, start);
    }
    this.size = size;
  }

  /** Other contents in place of all these. `ENOSPC` or `EFBIG`, and nothing has changed, if there is no room for them. */
  replace(bytes: Uint8Array): void {
    this.requireRoomFor(bytes.length);
    this.#touch();
    this.free();
    this.write(bytes, 0);
  }

  /** Fails as `replace` with so many bytes does. */
  requireRoomFor(length: number): void {
    if (length > this.#budget.maxBytes) throw new ErrnoError("EFBIG");
    let missing = 0;
    for (let index = 0; index * pieceBytes < length; index++) {
      missing += storageFor(index, Math.min(pieceBytes, length - index * pieceBytes));
    }
    for (const piece of this.#pieces.values()) missing -= piece.length;
    requireRoom(this.#budget, missing, 0);
  }

  /** Fills holes with storage, all or nothing. `length` is at least 1. */
  allocate(offset: number, length: number): void {
    const end = offset + length;
    if (end > this.#budget.maxBytes) throw new ErrnoError("EFBIG");
    const first = Math.floor(offset / pieceBytes);
    const last = Math.ceil(end / pieceBytes);
    let missing = 0;
    for (let index = first; index < last; index++) {
      const needed = storageFor(index, Math.min(pieceBytes, end - index * pieceBytes));
      missing += Math.max(0, needed - (this.#pieces.get(index)?.length ?? 0));
    }
    requireRoom(this.#budget, missing, 0);
    this.#touch();
    for (let index = first; index < last; index++) {
      this.#reserve(index, Math.min(pieceBytes, end - index * pieceBytes));
    }
    this.size = Math.max(this.size, end);
  }

  /** Gives all storage back; the file is empty then. */
  free(): void {
    for (const [index, piece] of this.#pieces) this.#drop(index, piece);
    this.size = 0;
  }

  /** The stored stretches in ascending order, none beyond the end of the file. */
  stretches(): Array<{ readonly offset: number; readonly bytes: Uint8Array }> {
    return [...this.#pieces.entries()]
      .sort(([a], [b]) => a - b)
      .map(([index, piece]) => {
        const offset = index * pieceBytes;
        return { offset, bytes: piece.subarray(0, Math.max(0, Math.min(piece.length, this.size - offset))) };
      })
      .filter(({ bytes }) => bytes.length > 0);
  }

  #touch(): void {
    this.changedAt = ++this.#budget.changes;
  }

  #reserve(index: number, length: number): Uint8Array {
    const old = this.#pieces.get(index);
    if (old !== undefined && old.length >= length) return old;
    const storage = storageFor(index, length);
    const growth = storage - (old?.length ?? 0);
    charge(this.#budget, growth, 0);
    this.storedBytes += growth;
    const piece = new Uint8Array(storage);
    if (old !== undefined) piece.set(old);
    this.#pieces.set(index, piece);
    return piece;
  }

  #drop(index: number, piece: Uint8Array): void {
    this.#pieces.delete(index);
    refund(this.#budget, piece.length, 0);
    this.storedBytes -= piece.length;
  }
}

/** The storage of a piece that must reach to `length`: a power of two, so that appending copies little. */
function storageFor(index: number, length: number): number {
  let storage = index === 0 ? smallestFirst : smallestOther;
  while (storage < length) storage *= 2;
  return storage;
}
