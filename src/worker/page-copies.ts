import { createReturnable } from "../returnable-bytes.js";
import { giveBack } from "./give-back.js";
import { type PageBatch, statePageBytes } from "./guest-state.js";

/** Copies of a guest's pages by number, each in one place that is written over when the page changes. */
export interface PageCopies {
  get(page: number): Buffer | undefined;
  /** Copies the page that begins at `offset` of `memory`. */
  set(page: number, memory: Buffer, offset: number): void;
  delete(page: number): void;
  /** Gives all memory back, that of `adopted` too. There are no copies any more. */
  close(): void;
}

/** Pages are reserved by so many; only those in use take memory. */
const chunkPages = 256;

/** @param adopted Pages to begin with, the later before the earlier. Their bytes are the copies' own from now on. */
export function createPageCopies(adopted: readonly PageBatch[]): PageCopies {
  const copies = new Map<number, Buffer>();
  const owned: Uint8Array[] = [];
  let free: Buffer[] = [];
  for (const { pages, bytes } of adopted) {
    owned.push(bytes);
    for (const [index, page] of pages.entries()) copies.set(page, pageAt(bytes, index));
  }

  function reserve(): Buffer {
    if (free.length === 0) {
      const chunk = createReturnable(chunkPages * statePageBytes);
      owned.push(chunk);
      free = Array.from({ length: chunkPages }, (_, index) => pageAt(chunk, chunkPages - 1 - index));
    }
    return free.pop() as Buffer;
  }

  return {
    get: (page) => copies.get(page),
    set(page, memory, offset) {
      let copy = copies.get(page);
      if (copy === undefined) {
        copy = reserve();
        copies.set(page, copy);
      }
      memory.copy(copy, 0, offset, offset + statePageBytes);
    },
    delete(page) {
      const copy = copies.get(page);
      if (copy === undefined) return;
      copies.delete(page);
      free.push(copy);
    },
    close() {
      copies.clear();
      free = [];
      for (const bytes of owned.splice(0)) giveBack(bytes);
    },
  };
}

function pageAt(bytes: Uint8Array, index: number): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + index * statePageBytes, statePageBytes);
}
