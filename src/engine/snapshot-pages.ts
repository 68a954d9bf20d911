/**
 * Pages as differences (exclusive or) from what they were, in as few bytes as they need: most pages differ in a few
 * reference counts only. One record a page, in ascending order:
 *
 *     page = gap: varint, how far its number lies behind the one before (the first: behind -1), then runs until all of
 *            its words are told of
 *     run  = skip: varint, words that do not differ; count: varint; so many words of four bytes, little-endian
 *
 * Thus no page can be named twice, nor out of order. A varint has seven bits a byte, the lowest first, and the eighth
 * says that more follow.
 */
import type { ByteSource } from "../vfs/byte-source.js";
import { DamagedError } from "./pieces.js";
import { statePageBytes } from "./state-page.js";

export const wordsPerPage = statePageBytes / 4;
/** So many equal words end a run: to begin the next one costs no more than they do. */
const leastSkip = 2;
/** The longest varint that is read: 35 bits. */
const maxVarintBytes = 5;
/** No page takes more: each run beyond the first replaces two words by at most four bytes. */
export const maxPageRecordBytes = statePageBytes + 2 * maxVarintBytes + 6;
/** Nor less: its gap, and a run that tells of all its words. */
export const minPageRecordBytes = 1;

const bufferBytes = 64 * 1024;

export interface PageWriter {
  /** How many bytes were written. */
  readonly length: number;
  /** Writes a page's difference, unless it is none. Pages come in ascending order. */
  add(page: number, difference: Uint32Array): void;
  /** To be called at the end. */
  flush(): void;
  /** Pages that were written. */
  readonly count: number;
}

/** @param write Gets bytes that are good only until it returns. */
export function writePages(write: (bytes: Uint8Array) => void): PageWriter {
  const buffer = new Uint8Array(bufferBytes);
  let length = 0;
  let flushed = 0;
  let count = 0;
  let last = -1;

  function varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      buffer[length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buffer[length++] = rest;
  }

  function flush(): void {
    if (length > 0) write(buffer.subarray(0, length));
    flushed += length;
    length = 0;
  }

  return {
    get length() {
      return flushed + length;
    },
    get count() {
      return count;
    },
    flush,
    add(page, words) {
      let start = nextDifferent(words, 0);
      if (start === wordsPerPage) return;
      if (length + maxPageRecordBytes > bufferBytes) flush();
      const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
      varint(page - last);
      last = page;
      count++;
      for (let told = 0; told < wordsPerPage; ) {
        const end = endOfRun(words, start);
        varint(start - told);
        varint(end - start);
        buffer.set(bytes.subarray(4 * start, 4 * end), length);
        length += 4 * (end - start);
        told = end;
        start = nextDifferent(words, end);
      }
    },
  };
}

function nextDifferent(words: Uint32Array, from: number): number {
  let index = from;
  while (index < wordsPerPage && words[index] === 0) index++;
  return index;
}

/** Where the run that begins at `start` ends. */
function endOfRun(words: Uint32Array, start: number): number {
  let end = start;
  for (let index = start; index < wordsPerPage && index - end < leastSkip; index++) {
    if (words[index] !== 0) end = index + 1;
  }
  return end;
}

/**
 * Reads pages that may come from anywhere, and lays each over the words that `wordsOf` gives for its number. Yields
 * after each page. Throws a `DamagedError` as soon as something is not as it should be.
 *
 * @param end The first number that no page may have.
 * @param count Of pages, which take all of the source.
 */
export function* layPagesOver(
  source: ByteSource,
  count: number,
  end: number,
  wordsOf: (page: number) => Uint32Array,
): Generator<void> {
  const buffer = new Uint8Array(bufferBytes);
  const view = new DataView(buffer.buffer);
  let start = 0;
  let filled = 0;

  /** Has a whole record at hand, if there are so many bytes. */
  function refill(): void {
    if (filled - start >= maxPageRecordBytes || source.left === 0) return;
    buffer.copyWithin(0, start, filled);
    filled -= start;
    start = 0;
    const more = Math.min(bufferBytes - filled, source.left);
    source.fill(buffer.subarray(filled, filled + more));
    filled += more;
  }

  function varint(): number {
    let value = 0;
    for (let shift = 1, bytes = 0; bytes < maxVarintBytes; bytes++, shift *= 128) {
      if (start === filled) break;
      const byte = buffer[start++] as number;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
    throw new DamagedError();
  }

  let page = -1;
  for (let left = count; left > 0; left--) {
    refill();
    const gap = varint();
    if (gap === 0 || gap >= end - page)
      throw new DamagedError("its pages lie outside its memory, or not in order");
    page += gap;
    const words = wordsOf(page);
    for (let at = 0; at < wordsPerPage; ) {
      at += varint();
      const run = varint();
      if (at + run > wordsPerPage || start + 4 * run > filled) throw new DamagedError();
      // A run that tells of nothing could be repeated without end.
      if (run === 0 && at < wordsPerPage) throw new DamagedError();
      for (const runEnd = at + run; at < runEnd; at++, start += 4) {
        words[at] = (words[at] as number) ^ view.getUint32(start, true);
      }
    }
    yield;
  }
  if (source.left > 0 || start < filled) throw new DamagedError();
}
