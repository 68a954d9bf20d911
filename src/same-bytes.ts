/** What Node.js has for it, which is faster than any code of ours. */
const { Buffer: native } = globalThis as {
  readonly Buffer?: {
    readonly prototype: {
      compare(
        this: Uint8Array,
        target: Uint8Array,
        targetStart: number,
        targetEnd: number,
        start: number,
        end: number,
      ): number;
    };
  };
};

const wordBytes = 4;

/** Whether so many bytes of one array, from `start` on, are those of another, from `otherStart` on. */
export function sameBytes(
  bytes: Uint8Array,
  start: number,
  other: Uint8Array,
  otherStart: number,
  length: number,
): boolean {
  if (native !== undefined) {
    const { compare } = native.prototype;
    return compare.call(bytes, other, otherStart, otherStart + length, start, start + length) === 0;
  }
  return sameBytesAnywhere(bytes, start, other, otherStart, length);
}

/** The same without Node.js: by words, where both lie as words do. */
export function sameBytesAnywhere(
  bytes: Uint8Array,
  start: number,
  other: Uint8Array,
  otherStart: number,
  length: number,
): boolean {
  const at = bytes.byteOffset + start;
  const otherAt = other.byteOffset + otherStart;
  const words = at % wordBytes === 0 && otherAt % wordBytes === 0 ? Math.floor(length / wordBytes) : 0;
  if (words > 0) {
    const left = new Uint32Array(bytes.buffer, at, words);
    const right = new Uint32Array(other.buffer, otherAt, words);
    for (let index = 0; index < words; index++) if (left[index] !== right[index]) return false;
  }
  for (let index = words * wordBytes; index < length; index++) {
    if (bytes[start + index] !== other[otherStart + index]) return false;
  }
  return true;
}
