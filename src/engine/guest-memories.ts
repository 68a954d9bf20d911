import { type Image, loadImage, pageBytes } from "../guest/image.js";
import { hasImageLength, imageMemory } from "../guest/image-memory.js";
import { sameBytes } from "../same-bytes.js";
import type { Runtime } from "./runtime.js";

/**
 * Gives guests their memory, in one thread. All that a guest is besides its memory is made anew for the next one, its
 * instance with its globals and tables too; a memory that one has left is given to the next, overwritten. That costs a
 * tenth of filling a new one, whose pages the operating system has to find first.
 */
export interface GuestMemories {
  /** A memory that holds the image and nothing else. */
  take(runtime: Runtime, image: Image, maximumPages: number): WebAssembly.Memory;
  /** A guest that ended well has left its memory. Only the last one is kept, and none that has grown. */
  leave(memory: WebAssembly.Memory): void;
  /** Frees what is kept. */
  drop(): void;
}

export function createGuestMemories(): GuestMemories {
  const made = new WeakMap<WebAssembly.Memory, { readonly purpose: string; readonly image: Image }>();
  let left: WebAssembly.Memory | undefined;

  return {
    take(runtime, image, maximumPages) {
      const purpose = `${runtime.id} ${maximumPages}`;
      const used = left;
      left = undefined;
      if (used !== undefined && made.get(used)?.purpose === purpose) {
        overwrite(used, image);
        return used;
      }
      const memory = imageMemory(image, maximumPages);
      made.set(memory, { purpose, image });
      return memory;
    },
    leave(memory) {
      const image = made.get(memory)?.image;
      left = image !== undefined && hasImageLength(memory, image) ? memory : undefined;
    },
    drop() {
      left = undefined;
    },
  };
}

/**
 * Puts the image in place of whatever a memory of its length holds. Only the host's own look says what a guest has
 * changed. Where the image is empty, pages are compared and written only if they are not: so those that no guest has
 * touched go on taking no memory.
 */
function overwrite(memory: WebAssembly.Memory, image: Image): void {
  loadImage(image, memory);
  const now = new Uint8Array(memory.buffer);
  const clear = (first: number, end: number) => {
    for (let at = first * pageBytes; at < end * pageBytes; at += zeros.length) {
      if (!sameBytes(now, at, zeros, 0, zeros.length)) now.fill(0, at, at + zeros.length);
    }
  };
  let cleared = 0;
  for (const [first, count] of image.runs) {
    clear(cleared, first);
    cleared = first + count;
  }
  clear(cleared, image.pageCount);
}

const zeros = new Uint8Array(pageBytes);
