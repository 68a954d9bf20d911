import type { Image } from "../guest/image.js";
import { sameBytes } from "../same-bytes.js";
import type { PageBatch } from "./guest-state.js";
import { blockPages, compareWithImage } from "./image-pages.js";
import { createPagePlaces } from "./page-places.js";
import { createPageStore, type PageStore } from "./page-store.js";
import { statePageBytes } from "./state-page.js";

/**
 * What a guest's memory was when it was looked at last: the image, and copies of the pages that are not as there. All
 * that is to know what has changed compares with this.
 */
export interface RememberedMemory {
  /** Where the copies are, and those that `look` gives away. */
  readonly store: PageStore;
  /**
   * Compares the memory with what it was, and remembers how it is now. Calls `changed` for each page that differs, with
   * the place of its bytes before, which is the callee's to give back; undefined if they were the image's.
   */
  look(changed: (page: number, before: number | undefined) => void): void;
  /** The pages that may differ from the image, in ascending order. */
  pages(): Iterable<number>;
  /** Whether a page is as in the image. */
  isAsImage(page: number): boolean;
  /** Needs no copy of a page that is as in the image. */
  forget(page: number): void;
}

/** @param known Batches that were laid over the image when the guest was made. */
export function rememberMemory(
  memory: WebAssembly.Memory,
  image: Image,
  known: readonly PageBatch[],
): RememberedMemory {
  const differFromImage = compareWithImage(image);
  const store = createPageStore();
  const places = createPagePlaces();
  for (const { pages, bytes } of known) {
    for (const [index, page] of pages.entries()) {
      const superseded = places.get(page);
      if (superseded !== undefined) store.remove(superseded);
      places.set(page, store.add(bytes, index * statePageBytes));
    }
  }

  /** Whether so many pages, in one block, differ from what they were. */
  function differ(now: Uint8Array, page: number, count: number): boolean {
    const place = places.get(page);
    // What cannot be compared at once is looked at page by page.
    for (let index = 1; index < count; index++) {
      if (places.get(page + index) !== (place === undefined ? undefined : place + index)) return true;
    }
    if (place === undefined) return differFromImage(now, page, count);
    const start = page * statePageBytes;
    return !sameBytes(now, start, store.bytes, place * statePageBytes, count * statePageBytes);
  }

  return {
    store,
    look(changed) {
      const now = new Uint8Array(memory.buffer);
      for (let block = 0; block * statePageBytes < now.length; block += blockPages) {
        if (!differ(now, block, blockPages)) continue;
        for (let page = block; page < block + blockPages; page++) {
          if (!differ(now, page, 1)) continue;
          const before = places.get(page);
          places.set(page, store.add(now, page * statePageBytes));
          changed(page, before);
        }
      }
    },
    pages: places.pages,
    isAsImage: (page) => !differFromImage(new Uint8Array(memory.buffer), page, 1),
    forget(page) {
      const place = places.get(page);
      if (place === undefined) return;
      places.delete(page);
      store.remove(place);
    },
  };
}
