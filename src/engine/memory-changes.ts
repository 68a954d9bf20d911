import { type Image, pageBytes } from "../guest/image.js";
import { createReturnable } from "../returnable-bytes.js";
import type { PageBatch } from "./guest-state.js";
import { imageBlocks } from "./image-pages.js";
import { createPageCopies } from "./page-copies.js";
import { statePageBytes } from "./state-page.js";

/** Finds which pages of a guest's memory have changed, by comparing them with what they were. */
export interface MemoryChanges {
  /** The pages that changed since the last call, or since the image at the first. The bytes are the caller's own. */
  collect(): PageBatch;
}

/**
 * A batch takes in those before it as long as they have no more than so many times its pages. Thus their number grows
 * as the logarithm of the pages', and less than half of the pages in them are superseded.
 */
const absorbedRatio = 2;
/** Pages are compared by so many first: most blocks have not changed. */
const blockPages = pageBytes / statePageBytes;

/**
 * @param known Batches that were laid over the image when the guest was made.
 */
export function trackMemoryChanges(
  memory: WebAssembly.Memory,
  image: Image,
  known: readonly PageBatch[],
): MemoryChanges {
  const imageBlock = imageBlocks(image);
  const copies = createPageCopies();
  /** The pages of the batches that the owner keeps. */
  const kept: Uint32Array[] = [];
  for (const { pages, bytes } of known) {
    for (const [index, page] of pages.entries()) copies.set(page, bytes, index * statePageBytes);
    kept.push(pages);
  }

  /** Whether so many pages, in one block, differ from the image. */
  function differFromImage(now: Buffer, page: number, count: number): boolean {
    const start = page * statePageBytes;
    const before = start % pageBytes;
    const length = count * statePageBytes;
    const block = imageBlock(Math.floor(start / pageBytes));
    return now.compare(block, before, before + length, start, start + length) !== 0;
  }

  /** Whether so many pages, in one block, differ from what they were. */
  function differ(now: Buffer, page: number, count: number): boolean {
    const before = copies.offset(page);
    // What cannot be compared at once is looked at page by page.
    for (let index = 1; index < count; index++) {
      if (copies.offset(page + index) !== (before < 0 ? -1 : before + index * statePageBytes)) return true;
    }
    if (before < 0) return differFromImage(now, page, count);
    const start = page * statePageBytes;
    const length = count * statePageBytes;
    return now.compare(copies.bytes, before, before + length, start, start + length) !== 0;
  }

  /** Finds what has changed, and remembers how it is now. */
  function changedPages(now: Buffer): Set<number> {
    const changed = new Set<number>();
    for (let block = 0; block * statePageBytes < now.length; block += blockPages) {
      if (!differ(now, block, blockPages)) continue;
      for (let page = block; page < block + blockPages; page++) {
        if (!differ(now, page, 1)) continue;
        copies.set(page, now);
        changed.add(page);
      }
    }
    return changed;
  }

  return {
    collect() {
      const now = Buffer.from(memory.buffer);
      const found = changedPages(now);
      while (kept.length > 0 && (kept.at(-1)?.length ?? 0) <= absorbedRatio * found.size) {
        for (const page of kept.pop() ?? []) found.add(page);
      }
      if (kept.length === 0) {
        // Nothing lies below but the image, so what is as there is not needed.
        for (const page of found) {
          if (differFromImage(now, page, 1)) continue;
          copies.delete(page);
          found.delete(page);
        }
      }
      const pages = Uint32Array.from(found).sort();
      const bytes = createReturnable(pages.length * statePageBytes);
      for (const [index, page] of pages.entries()) {
        bytes.set(now.subarray(page * statePageBytes, (page + 1) * statePageBytes), index * statePageBytes);
      }
      const batch = { pages, bytes, below: kept.length };
      if (pages.length > 0) kept.push(pages);
      return batch;
    },
  };
}
