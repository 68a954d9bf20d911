import type { Image } from "../guest/image.js";
import { type PageBatch, statePageBytes } from "./guest-state.js";
import { imagePages } from "./image-pages.js";

/** Finds which pages of a guest's memory have changed, by comparing them with what they were. */
export interface MemoryChanges {
  /** The pages that changed since the last call, or since the image at the first. */
  collect(): PageBatch;
}

/** Batches hold superseded pages as well; beyond this ratio all pages are collected anew. */
const wasteRatio = 3;

/**
 * @param known Batches that were laid over the image when the guest was made.
 */
export function trackMemoryChanges(
  memory: WebAssembly.Memory,
  image: Image,
  known: readonly PageBatch[],
): MemoryChanges {
  const base = imagePages(image);
  const latest = new Map<number, Buffer>();
  let keptPages = 0;
  const learn = ({ pages, bytes }: PageBatch) => {
    for (const [index, page] of pages.entries()) latest.set(page, pageAt(bytes, index));
    keptPages += pages.length;
  };
  for (const batch of known) learn(batch);

  return {
    collect() {
      const now = Buffer.from(memory.buffer);
      const complete = keptPages > 64 && keptPages > wasteRatio * latest.size;
      const changed: number[] = [];
      for (let page = 0; page * statePageBytes < now.length; page++) {
        const before = (complete ? undefined : latest.get(page)) ?? base(page);
        const start = page * statePageBytes;
        if (now.compare(before, 0, statePageBytes, start, start + statePageBytes) !== 0) changed.push(page);
      }
      const bytes = new Uint8Array(new SharedArrayBuffer(changed.length * statePageBytes));
      for (const [index, page] of changed.entries()) {
        bytes.set(now.subarray(page * statePageBytes, (page + 1) * statePageBytes), index * statePageBytes);
      }
      const batch = { pages: Uint32Array.from(changed), bytes, complete };
      if (complete) {
        latest.clear();
        keptPages = 0;
      }
      learn(batch);
      return batch;
    },
  };
}

function pageAt(bytes: Uint8Array, index: number): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + index * statePageBytes, statePageBytes);
}
