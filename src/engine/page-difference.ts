import type { Image } from "../guest/image.js";
import { blockPages, compareWithImage, imagePages } from "./image-pages.js";
import { wordsPerPage } from "./snapshot-pages.js";
import { statePageBytes } from "./state-page.js";

/** A page and its difference (exclusive or), which is good only until the next one is asked for. */
export type PageDifference = readonly [page: number, words: Uint32Array];

export interface PageDifferences {
  /** Between a page as it is and what it was. */
  (page: number, before: Uint8Array): PageDifference;
  isNone(page: number, before: Uint8Array): boolean;
}

export function createPageDifference(memory: WebAssembly.Memory): PageDifferences {
  const before = new Uint32Array(wordsPerPage);
  const beforeBytes = new Uint8Array(before.buffer);
  const words = new Uint32Array(wordsPerPage);

  function difference(page: number, bytes: Uint8Array): PageDifference {
    // An image's pages may lie where no word can begin.
    beforeBytes.set(bytes);
    const now = new Uint32Array(memory.buffer, page * statePageBytes, wordsPerPage);
    for (let word = 0; word < wordsPerPage; word++) {
      words[word] = (now[word] as number) ^ (before[word] as number);
    }
    return [page, words];
  }

  return Object.assign(difference, {
    isNone: (page: number, bytes: Uint8Array) => difference(page, bytes)[1].every((word) => word === 0),
  });
}

/** The differences of a memory from the image, for those who remember nothing of it. */
export function* differencesFromImage(memory: WebAssembly.Memory, image: Image): Generator<PageDifference> {
  const difference = createPageDifference(memory);
  const differ = compareWithImage(image);
  const imagePage = imagePages(image);
  const now = new Uint8Array(memory.buffer);
  for (let block = 0; block * statePageBytes < now.length; block += blockPages) {
    if (!differ(now, block, blockPages)) continue;
    for (let page = block; page < block + blockPages; page++) {
      if (differ(now, page, 1)) yield difference(page, imagePage(page));
    }
  }
}
