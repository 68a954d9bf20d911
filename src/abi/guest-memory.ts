import { ErrnoError } from "../errno.js";
import { decodePath } from "../path-bytes.js";

/** The most buffers one scattered read or write may name; POSIX calls it `IOV_MAX`. */
export const maxBuffers = 1024;

/** The longest path that a guest may pass, in bytes; POSIX calls it `PATH_MAX`. */
export const maxPathBytes = 4096;

/**
 * Checked access to a guest's linear memory. Every pointer and length comes from the guest, so each access that
 * does not lie wholly inside the memory fails with `EFAULT`, and nothing here allocates in proportion to a number
 * that the guest chose, strings apart, whose length the caller bounds.
 *
 * Pointers and lengths are taken as WebAssembly passes them, as signed 32-bit numbers, and read as unsigned.
 * Numbers are little-endian and need not be aligned.
 */
export class GuestMemory {
  #memory: WebAssembly.Memory | undefined;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);

  /** Without a memory, every access fails with `EFAULT` until `attach` gives one. */
  constructor(memory?: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** Sets the memory: the import functions are needed before the instance that exports the memory exists. */
  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory;
    this.#refresh();
  }

  /** The length of the memory in bytes, now. */
  get byteLength(): number {
    return this.#memory?.buffer.byteLength ?? 0;
  }

  /** Fails with `EFAULT` unless `[pointer, pointer + length)` is memory. Returns the pointer, unsigned. */
  check(pointer: number, length: number): number {
    const start = pointer >>> 0;
    const end = start + (length >>> 0);
    // Growing the memory detaches the old buffer, which leaves the array with length 0: looked at again only then.
    if (end > this.#bytes.length || this.#bytes.length === 0) {
      this.#refresh();
      if (end > this.#bytes.length) throw new ErrnoError("EFAULT");
    }
    return start;
  }

  /** The guest's own bytes, not a copy: good until the guest runs again. */
  bytes(pointer: number, length: number): Uint8Array {
    const start = this.check(pointer, length);
    return this.#bytes.subarray(start, start + (length >>> 0));
  }

  u8(pointer: number): number {
    return this.#view.getUint8(this.check(pointer, 1));
  }

  u16(pointer: number): number {
    const at = this.check(pointer, 2);
    return this.#view.getUint16(at, true);
  }

  u32(pointer: number): number {
    const at = this.check(pointer, 4);
    return this.#view.getUint32(at, true);
  }

  u64(pointer: number): bigint {
    const at = this.check(pointer, 8);
    return this.#view.getBigUint64(at, true);
  }

  setU8(pointer: number, value: number): void {
    const at = this.check(pointer, 1);
    this.#view.setUint8(at, value);
  }

  setU16(pointer: number, value: number): void {
    const at = this.check(pointer, 2);
    this.#view.setUint16(at, value, true);
  }

  setU32(pointer: number, value: number): void {
    const at = this.check(pointer, 4);
    this.#view.setUint32(at, value, true);
  }

  /** Negative values are stored as two's complement. */
  setU64(pointer: number, value: bigint): void {
    const at = this.check(pointer, 8);
    this.#view.setBigUint64(at, value, true);
  }

  /** The whole memory, to write a structure of `length` bytes at `pointer >>> 0`; good until the guest runs again. */
  viewFor(pointer: number, length: number): DataView {
    this.check(pointer, length);
    return this.#view;
  }

  /**
   * Reads text of a given length, as `decodePath` has it. `EINVAL` if it holds a zero byte (nothing that has a name
   * may), `ENAMETOOLONG` above `maxLength` bytes.
   */
  string(pointer: number, length: number, maxLength: number): string {
    const bytes = this.bytes(pointer, length);
    if (bytes.length > maxLength) throw new ErrnoError("ENAMETOOLONG");
    return decode(bytes);
  }

  /** Reads text up to its terminating zero byte, which is not part of the result. Errors as for `string`. */
  zeroTerminatedString(pointer: number, maxLength: number): string {
    const start = this.check(pointer, 1);
    const limit = Math.min(start + maxLength + 1, this.#bytes.length);
    const window = this.#bytes.subarray(start, limit);
    const end = window.indexOf(0);
    if (end < 0) throw new ErrnoError(window.length > maxLength ? "ENAMETOOLONG" : "EFAULT");
    return decode(window.subarray(0, end));
  }

  /**
   * Does a scattered read or write: `move` is called with each of the guest's buffers in turn, the guest's own
   * memory and never a copy, and tells how many bytes it moved. It ends at the first buffer that was not moved
   * whole. The buffers are `count` pairs of pointer and length at `list` (`iovec`; both ABIs have the same layout).
   *
   * `EINVAL` for more than `maxBuffers` buffers or more than 2^32 - 1 bytes, `EFAULT` if any buffer is not memory;
   * both before the first byte moves. A failure after some bytes have moved is not reported: their count is.
   *
   * @param once Stop after the first buffer that is not empty. For streams, where the next read might wait.
   */
  transfer(list: number, count: number, once: boolean, move: (buffer: Uint8Array) => number): number {
    const buffers = count >>> 0;
    if (buffers > maxBuffers) throw new ErrnoError("EINVAL");
    const start = this.check(list, buffers * 8);
    if (buffers === 1) {
      const only = this.bytes(this.u32(start), this.u32(start + 4));
      return only.length === 0 ? 0 : move(only);
    }
    let wanted = 0;
    for (let index = 0; index < buffers; index++) {
      const length = this.u32(start + index * 8 + 4);
      this.check(this.u32(start + index * 8), length);
      wanted += length;
    }
    if (wanted > 0xffff_ffff) throw new ErrnoError("EINVAL");
    let moved = 0;
    for (let index = 0; index < buffers; index++) {
      const length = this.u32(start + index * 8 + 4);
      if (length === 0) continue;
      let part: number;
      try {
        part = move(this.bytes(this.u32(start + index * 8), length));
      } catch (error) {
        if (moved > 0 && error instanceof ErrnoError) return moved;
        throw error;
      }
      moved += part;
      if (part < length || once) break;
    }
    return moved;
  }

  #refresh(): void {
    if (this.#memory === undefined || this.#memory.buffer === this.#bytes.buffer) return;
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
  }
}

function decode(bytes: Uint8Array): string {
  if (bytes.includes(0)) throw new ErrnoError("EINVAL");
  return decodePath(bytes);
}
