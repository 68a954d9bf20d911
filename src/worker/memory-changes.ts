import { type Image, pageBytes } from "../guest/image.js";
import { createReturnable } from "../returnable-bytes.js";
import { type PageBatch, statePageBytes } from "./guest-state.js";
import { imagePages } from "./image-pages.js";
import { createPageCopies } from "./page-copies.js";

/** Finds which pages of a guest's memory have changed, by comparing them with what they were. */
export interface MemoryChanges {
  /** The pages that changed since the last call, or since the image at the first. The bytes are the caller's own. */
  collect(): PageBatch;
  /** Gives back the memory that pages are kept in. Nothing can be collected any more. */
  close(): void;
}

/**
 * A batch takes in those before it as long as they have no more than so many times its pages. Thus their number grows
 * as the logarithm of the pages', and less than half of the pages in them are superseded.
 */
const absorbedRatio = 2;

/**
 * @param known Batches that were laid over the image when the guest was made. Their bytes are the tracker's own from
 * now on.
 */
export function trackMemoryChanges(
  memory: WebAssembly.Memory,
  image: Image,
  known: readonly PageBatch[],
): MemoryChanges {
  const base = imagePages(image);
  const copies = createPageCopies(known);
  /** The pages of the batches that the owner keeps. */
  const kept = known.map(({ pages }) => pages);

  return {
    collect() {
      const now = Buffer.from(memory.buffer);
      const differs = (page: number, before: Buffer) => {
        const start = page * statePageBytes;
        return now.compare(before, 0, statePageBytes, start, start + statePageBytes) !== 0;
      };
      const found = new Set<number>();
      for (let page = 0; page * statePageBytes < now.length; page++) {
        if (!differs(page, copies.get(page) ?? base(page))) continue;
        copies.set(page, now, page * statePageBytes);
        found.add(page);
      }
      while (kept.length > 0 && (kept.at(-1)?.length ?? 0) <= absorbedRatio * found.size) {
        for (const page of kept.pop() ?? []) found.add(page);
      }
      if (kept.length === 0) {
        // Nothing lies below but the image, so what is as there is not needed.
        for (const page of found) {
          if (differs(page, base(page))) continue;
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
    close: copies.close,
  };
}

/** Lays batches over a memory that holds the image. */
export function applyBatches(
  memory: WebAssembly.Memory,
  memoryBytes: number,
  batches: readonly PageBatch[],
): void {
  const missing = (memoryBytes - memory.buffer.byteLength) / pageBytes;
  if (missing > 0) memory.grow(missing);
  const target = new Uint8Array(memory.buffer);
  for (const { pages, bytes } of batches) {
    for (const [index, page] of pages.entries()) {
      target.set(bytes.subarray(index * statePageBytes, (index + 1) * statePageBytes), page * statePageBytes);
    }
  }
}
