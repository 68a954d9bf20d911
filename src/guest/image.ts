/**
 * Images: an interpreter's linear memory, without its empty pages, and the few values that live outside memory.
 * Encoded, an image is a little-endian header length, a JSON header, and the kept pages in order.
 */

import type { LinkedState } from "./native-code.js";

/** The WebAssembly page, which is also the unit that images keep or leave out. */
export const pageBytes = 65536;

export interface Image {
  /** Length of the memory, in pages. */
  readonly pageCount: number;
  /** The kept pages, as ascending runs `[first page, number of pages]`. All others are zero. */
  readonly runs: ReadonlyArray<readonly [first: number, count: number]>;
  /** Fills `target` with the kept pages' bytes, counted from the first of them and run after run. */
  readPages(offset: number, target: Uint8Array): void;
  /** The module's stack pointer. */
  readonly stackPointer: number;
  /** The kept pages' bytes, if they are at hand as a whole. */
  readonly bytes?: Uint8Array;
  /** The native libraries that the memory is linked with. Absent: none. */
  readonly linked?: LinkedState;
  /** What the guest's own code needs to find its way: addresses, table indices, versions. */
  readonly addresses: Readonly<Record<string, number>>;
}

/** Takes an image of a memory at rest. The result is a copy. */
export function captureImage(
  memory: WebAssembly.Memory,
  stackPointer: number,
  addresses: Readonly<Record<string, number>>,
): Image {
  const bytes = new Uint8Array(memory.buffer);
  const pageCount = bytes.length / pageBytes;
  const runs: Array<[number, number]> = [];
  let kept = 0;
  for (let page = 0; page < pageCount; page++) {
    if (isZero(bytes, page)) continue;
    const last = runs.at(-1);
    if (last !== undefined && last[0] + last[1] === page) last[1]++;
    else runs.push([page, 1]);
    kept++;
  }
  const data = new Uint8Array(kept * pageBytes);
  let offset = 0;
  for (const [first, count] of runs) {
    data.set(bytes.subarray(first * pageBytes, (first + count) * pageBytes), offset);
    offset += count * pageBytes;
  }
  return { pageCount, runs, stackPointer, addresses, readPages: reader(data) };
}

function isZero(bytes: Uint8Array, page: number): boolean {
  const words = new BigUint64Array(bytes.buffer, bytes.byteOffset + page * pageBytes, pageBytes / 8);
  return words.every((word) => word === 0n);
}

/** Puts an image's kept pages into a memory no larger than the image. The others are as they were: zero, in a new one. */
export function loadImage(image: Image, memory: WebAssembly.Memory): void {
  const missing = image.pageCount - memory.buffer.byteLength / pageBytes;
  if (missing > 0) memory.grow(missing);
  const bytes = new Uint8Array(memory.buffer);
  let offset = 0;
  for (const [first, count] of image.runs) {
    const length = count * pageBytes;
    image.readPages(offset, bytes.subarray(first * pageBytes, first * pageBytes + length));
    offset += length;
  }
}

export function encodeImage(image: Image): Uint8Array {
  const { pageCount, runs, stackPointer, addresses, linked } = image;
  const header = new TextEncoder().encode(
    JSON.stringify({ pageCount, runs, stackPointer, addresses, linked }),
  );
  const kept = runs.reduce((sum, [, count]) => sum + count, 0);
  const bytes = new Uint8Array(4 + header.length + kept * pageBytes);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  image.readPages(0, bytes.subarray(4 + header.length));
  return bytes;
}

/**
 * Reads what `encodeImage` wrote, one of the host's own files: it is not checked.
 *
 * @param read Fills a buffer with the encoded image's bytes from an offset on.
 * @param whole All of these bytes, if they are at hand.
 */
export function decodeImage(read: (offset: number, target: Uint8Array) => void, whole?: Uint8Array): Image {
  const length = new Uint8Array(4);
  read(0, length);
  const header = new Uint8Array(new DataView(length.buffer).getUint32(0, true));
  read(4, header);
  return {
    ...JSON.parse(new TextDecoder().decode(header)),
    readPages: (offset, target) => read(4 + header.length + offset, target),
    ...(whole === undefined ? {} : { bytes: whole.subarray(4 + header.length) }),
  };
}

function reader(data: Uint8Array): Image["readPages"] {
  return (offset, target) => target.set(data.subarray(offset, offset + target.length));
}
