import type { PageDifference } from "./page-difference.js";
import { createPagePlaces } from "./page-places.js";
import { createPageStore } from "./page-store.js";
import { wordsPerPage } from "./snapshot-pages.js";
import { statePageBytes } from "./state-page.js";

/** Differences of pages, collected by laying them over one another. */
export interface CollectedPages {
  /** The words of a page, all zero at first. Good until the next call. */
  wordsOf(page: number): Uint32Array;
  /** The words of a page that was asked for. Good until the next call. */
  find(page: number): Uint32Array | undefined;
  /** The pages that were asked for, in ascending order. */
  pages(): Iterable<number>;
  all(): Iterable<PageDifference>;
}

export function createCollectedPages(): CollectedPages {
  const store = createPageStore();
  const places = createPagePlaces();
  const zeros = new Uint8Array(statePageBytes);
  const wordsAt = (place: number) =>
    new Uint32Array(store.bytes.buffer, place * statePageBytes, wordsPerPage);
  const find = (page: number) => {
    const place = places.get(page);
    return place === undefined ? undefined : wordsAt(place);
  };
  return {
    wordsOf(page) {
      const place = places.get(page) ?? store.add(zeros, 0);
      places.set(page, place);
      return wordsAt(place);
    },
    find,
    pages: places.pages,
    *all() {
      for (const page of places.pages()) yield [page, find(page) ?? new Uint32Array(wordsPerPage)];
    },
  };
}
