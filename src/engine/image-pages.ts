import { type Image, pageBytes } from "../guest/image.js";
import { sameBytes } from "../same-bytes.js";
import { statePageBytes } from "./state-page.js";

const zeroBlock = new Uint8Array(pageBytes);

/** The image's pages of `statePageBytes` by number; all zero where the image has none. */
export function imagePages(image: Image): (page: number) => Uint8Array {
  const blocks = imageBlocks(image);
  const perBlock = pageBytes / statePageBytes;
  return (page) => {
    const at = (page % perBlock) * statePageBytes;
    return blocks(Math.floor(page / perBlock)).subarray(at, at + statePageBytes);
  };
}

/** The same in blocks of WebAssembly's own page size, which is what images are made of. */
export function imageBlocks(image: Image): (block: number) => Uint8Array {
  const kept = image.runs.reduce((sum, [, count]) => sum + count, 0) * pageBytes;
  const bytes = image.bytes ?? readAll(image, kept);
  const blocks = new Map<number, Uint8Array>();
  let offset = bytes.byteOffset;
  for (const [first, count] of image.runs) {
    for (let index = 0; index < count; index++) {
      blocks.set(first + index, new Uint8Array(bytes.buffer, offset, pageBytes));
      offset += pageBytes;
    }
  }
  return (block) => blocks.get(block) ?? zeroBlock;
}

/** Pages are compared by so many first: most blocks of them have not changed. */
export const blockPages = pageBytes / statePageBytes;

/** Tells whether so many pages of a memory, all in one block, differ from the image's. */
export function compareWithImage(image: Image): (now: Uint8Array, page: number, count: number) => boolean {
  const imageBlock = imageBlocks(image);
  return (now, page, count) => {
    const start = page * statePageBytes;
    const length = count * statePageBytes;
    const block = imageBlock(Math.floor(start / pageBytes));
    return !sameBytes(now, start, block, start % pageBytes, length);
  };
}

function readAll(image: Image, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  image.readPages(0, bytes);
  return bytes;
}
