import { pageBytes } from "../guest/image.js";
import { statePageBytes } from "./state-page.js";

/**
 * Copies of a guest's pages by number, each in one place that is written over when the page changes. They lie in a
 * WebAssembly memory: it grows without being moved, only what is used of it takes memory, and all of it goes back
 * to the operating system when it is collected or its thread ends.
 */
export interface PageCopies {
  /** Where all copies lie. */
  readonly bytes: Buffer;
  /** Where the copy of a page begins; -1 if there is none. */
  offset(page: number): number;
  /** Copies the page from a place in `source`, by default the one that it has in the guest's memory. */
  set(page: number, source: Uint8Array, start?: number): void;
  delete(page: number): void;
}

/** The copies' memory grows by so many WebAssembly pages at least. */
const leastGrowth = 16;
const mostWebAssemblyPages = 65_536;

export function createPageCopies(): PageCopies {
  const memory = new WebAssembly.Memory({ initial: 0, maximum: mostWebAssemblyPages });
  let bytes = Buffer.from(memory.buffer);
  /** By page: one more than the number of its place, or 0. */
  let places = new Uint32Array(0);
  const free: number[] = [];
  let used = 0;

  function reserve(): number {
    const place = free.pop();
    if (place !== undefined) return place;
    if (used * statePageBytes === bytes.length) {
      const pages = bytes.length / pageBytes;
      memory.grow(Math.min(Math.max(leastGrowth, pages >> 2), mostWebAssemblyPages - pages));
      bytes = Buffer.from(memory.buffer);
    }
    return used++;
  }

  function placeOf(page: number): number {
    const known = places[page] ?? 0;
    if (known > 0) return known - 1;
    const place = reserve();
    if (page >= places.length) {
      const more = new Uint32Array(Math.max(page + 1, 2 * places.length));
      more.set(places);
      places = more;
    }
    places[page] = place + 1;
    return place;
  }

  return {
    get bytes() {
      return bytes;
    },
    offset(page) {
      const place = places[page] ?? 0;
      return place === 0 ? -1 : (place - 1) * statePageBytes;
    },
    set(page, source, start = page * statePageBytes) {
      const offset = placeOf(page) * statePageBytes;
      bytes.set(source.subarray(start, start + statePageBytes), offset);
    },
    delete(page) {
      const place = places[page] ?? 0;
      if (place === 0) return;
      places[page] = 0;
      free.push(place - 1);
    },
  };
}
