import { pageBytes } from "../guest/image.js";
import { statePageBytes } from "./state-page.js";

/**
 * Places for copies of pages. They lie in a WebAssembly memory: it grows without being moved, only what is used of it
 * takes memory, and all of it goes back to the operating system when it is collected or its thread ends.
 */
export interface PageStore {
  /** Where all places lie. Not to be kept: it is another one when the store has grown. */
  readonly bytes: Uint8Array;
  /** Copies a page into a place of its own, and gives that place. It begins at `place * statePageBytes` in `bytes`. */
  add(source: Uint8Array, start: number): number;
  /** A place that is given back is used again. */
  remove(place: number): void;
  /** How many places are in use. */
  readonly count: number;
}

/** The memory grows by so many WebAssembly pages at least. */
const leastGrowth = 16;
const mostWebAssemblyPages = 65_536;

export function createPageStore(): PageStore {
  // Without a maximum, for which some engines would set address space aside.
  const memory = new WebAssembly.Memory({ initial: 0 });
  let bytes = new Uint8Array(memory.buffer);
  const free: number[] = [];
  let used = 0;

  function reserve(): number {
    const place = free.pop();
    if (place !== undefined) return place;
    if (used * statePageBytes === bytes.length) {
      const pages = bytes.length / pageBytes;
      memory.grow(Math.min(Math.max(leastGrowth, pages >> 2), mostWebAssemblyPages - pages));
      bytes = new Uint8Array(memory.buffer);
    }
    return used++;
  }

  return {
    get bytes() {
      return bytes;
    },
    add(source, start) {
      const place = reserve();
      bytes.set(source.subarray(start, start + statePageBytes), place * statePageBytes);
      return place;
    },
    remove(place) {
      free.push(place);
    },
    get count() {
      return used - free.length;
    },
  };
}
