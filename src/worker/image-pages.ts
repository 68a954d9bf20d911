import { type Image, pageBytes } from "../guest/image.js";
import { statePageBytes } from "./guest-state.js";

const zeroPage = Buffer.alloc(statePageBytes);

/** The image's pages of `statePageBytes` by number; all zero where the image has none. */
export function imagePages(image: Image): (page: number) => Buffer {
  const perPage = pageBytes / statePageBytes;
  const kept = image.runs.reduce((sum, [, count]) => sum + count, 0) * pageBytes;
  const bytes = image.bytes ?? readAll(image, kept);
  const offsets = new Map<number, number>();
  let offset = 0;
  for (const [first, count] of image.runs) {
    for (let index = 0; index < count; index++) {
      offsets.set(first + index, offset);
      offset += pageBytes;
    }
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return (page) => {
    const start = offsets.get(Math.floor(page / perPage));
    if (start === undefined) return zeroPage;
    const at = start + (page % perPage) * statePageBytes;
    return buffer.subarray(at, at + statePageBytes);
  };
}

function readAll(image: Image, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  image.readPages(0, bytes);
  return bytes;
}
