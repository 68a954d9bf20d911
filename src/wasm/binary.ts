/** Reading and writing the primitives of the WebAssembly binary format (core specification, section 5.2). */

/** The module's bytes are not what the binary format allows. */
export class MalformedModuleError extends Error {
  override readonly name = "MalformedModuleError";
  /** Offset of the fault, in bytes from the start of what was read. */
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(`malformed WebAssembly module: ${reason} at byte ${offset}`);
    this.offset = offset;
  }
}

/** Walks over bytes; every read that would pass the end throws `MalformedModuleError`. */
export class BinaryReader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get atEnd(): boolean {
    return this.offset >= this.end;
  }

  fail(reason: string, offset = this.offset): never {
    throw new MalformedModuleError(reason, offset);
  }

  byte(): number {
    const value = this.offset < this.end ? this.bytes[this.offset] : undefined;
    if (value === undefined) this.fail("unexpected end");
    this.offset++;
    return value;
  }

  /** An unsigned LEB128 number of at most 32 bits. */
  u32(): number {
    const start = this.offset;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) this.fail("a number longer than 32 bits", start);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return this.fail("a number longer than 32 bits", start);
  }

  /** Passes over a LEB128 number of at most `bits` bits, whatever its sign. */
  skipNumber(bits: 32 | 64): void {
    const start = this.offset;
    for (let read = 0; read < Math.ceil(bits / 7); read++) if (this.byte() < 0x80) return;
    this.fail(`a number longer than ${bits} bits`, start);
  }

  /** Passes over the next `length` bytes. */
  skip(length: number): void {
    if (length > this.end - this.offset)
      this.fail(`${length} bytes announced, ${this.end - this.offset} left`);
    this.offset += length;
  }

  /** A view of the next `length` bytes, not a copy. */
  take(length: number): Uint8Array {
    this.skip(length);
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  name(): string {
    const start = this.offset;
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(this.u32()));
    } catch (error) {
      if (error instanceof MalformedModuleError) throw error;
      return this.fail("a name that is not UTF-8", start);
    }
  }
}

/** Collects bytes. */
export class BinaryWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** @param capacity Bytes that are made room for; more are taken as well. */
  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  u32(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  name(name: string): void {
    const bytes = new TextEncoder().encode(name);
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** What was written, as an array of its own. */
  finish(): Uint8Array {
    // What is full is not written to any more: the next byte takes a larger array.
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.slice(0, this.#length);
  }
}
