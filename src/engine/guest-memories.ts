import { type Image, pageBytes } from "../guest/image.js";
import { hasImageLength, imageMemory } from "../guest/image-memory.js";
import { imageBlocks } from "./image-pages.js";
import { type Runtime, runtimeKey } from "./runtime.js";

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
      const purpose = `${runtimeKey(runtime)} ${maximumPages}`;
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
 * Puts the image in place of whatever a memory of its length holds. Every byte is compared, since only the host's own
 * look says what a guest has changed; what is as it should be is not written, which leaves pages that no guest has
 * touched without memory.
 */
function overwrite(memory: WebAssembly.Memory, image: Image): void {
  const now = Buffer.from(memory.buffer);
  const imageBlock = imageBlocks(image);
  for (let start = 0; start < now.length; start += pageBytes) {
    const block = imageBlock(start / pageBytes);
    if (now.compare(block, 0, pageBytes, start, start + pageBytes) !== 0) now.set(block, start);
  }
}
