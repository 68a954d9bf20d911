import type { Image } from "../guest/image.js";
import { createReturnable } from "../returnable-bytes.js";
import { createCollectedPages } from "./collected-pages.js";
import type { PageBatch } from "./guest-state.js";
import { imagePages } from "./image-pages.js";
import { createPageDifference, type PageDifference } from "./page-difference.js";
import { rememberMemory } from "./remembered-memory.js";
import { createSnapshotPoints, type SnapshotPoint } from "./snapshot-points.js";
import { statePageBytes } from "./state-page.js";

/** Finds which pages of a guest's memory have changed, by comparing them with what they were. */
export interface MemoryChanges {
  /** The pages that changed since the last call, or since the image at the first. The bytes are the caller's own. */
  collect(): PageBatch;
  /** The differences from the image. What the memory is now can then be named as a point. */
  differences(): Iterable<PageDifference>;
  /** The differences from an earlier point, if it is known. */
  differencesSince(point: SnapshotPoint): Iterable<PageDifference>;
  /** The point with this id, if it is known. */
  findPoint(id: string): SnapshotPoint | undefined;
  /** What was looked at last is this point. */
  addPoint(point: SnapshotPoint): void;
  /**
   * Makes a point known again by the differences from the image that the memory had then.
   *
   * @param layOver Lays them over the words of the pages that it asks for.
   */
  addEarlierPoint(point: SnapshotPoint, layOver: (wordsOf: (page: number) => Uint32Array) => void): void;
}

/**
 * A batch takes in those before it as long as they have no more than so many times its pages. Thus their number grows
 * as the logarithm of the pages', and less than half of the pages in them are superseded.
 */
const absorbedRatio = 2;

/**
 * @param known Batches that were laid over the image when the guest was made.
 */
export function trackMemoryChanges(
  memory: WebAssembly.Memory,
  image: Image,
  known: readonly PageBatch[],
): MemoryChanges {
  const remembered = rememberMemory(memory, image, known);
  const { store } = remembered;
  const points = createSnapshotPoints(store);
  const imagePage = imagePages(image);
  const difference = createPageDifference(memory);
  /** The pages of the batches that the owner keeps. */
  const kept = known.map(({ pages }) => pages);
  /** Pages that have changed since the last batch. */
  const unreported = new Set<number>();

  function look(): void {
    remembered.look((page, before) => {
      unreported.add(page);
      points.changing(page, before);
    });
  }

  const bytesAt = (page: number, place: number | undefined) =>
    place === undefined
      ? imagePage(page)
      : store.bytes.subarray(place * statePageBytes, (place + 1) * statePageBytes);

  return {
    collect() {
      look();
      const found = new Set(unreported);
      unreported.clear();
      while (kept.length > 0 && (kept.at(-1)?.length ?? 0) <= absorbedRatio * found.size) {
        for (const page of kept.pop() ?? []) found.add(page);
      }
      if (kept.length === 0) {
        // Nothing lies below but the image, so what is as there is not needed.
        for (const page of found) {
          if (!remembered.isAsImage(page)) continue;
          remembered.forget(page);
          found.delete(page);
        }
      }
      const now = new Uint8Array(memory.buffer);
      const pages = Uint32Array.from(found).sort();
      const bytes = createReturnable(pages.length * statePageBytes);
      for (const [index, page] of pages.entries()) {
        bytes.set(now.subarray(page * statePageBytes, (page + 1) * statePageBytes), index * statePageBytes);
      }
      const batch = { pages, bytes, below: kept.length };
      if (pages.length > 0) kept.push(pages);
      return batch;
    },
    *differences() {
      look();
      for (const page of remembered.pages()) yield difference(page, imagePage(page));
    },
    *differencesSince(point) {
      look();
      const before = [...points.since(point)].sort(([a], [b]) => a - b);
      for (const [page, place] of before) yield difference(page, bytesAt(page, place));
    },
    findPoint: points.find,
    addPoint: points.add,
    addEarlierPoint(point, layOver) {
      look();
      const then = createCollectedPages();
      layOver(then.wordsOf);
      const before = new Map<number, number>();
      const later = new Set(points.pages());
      for (const page of new Set([...remembered.pages(), ...then.pages(), ...later])) {
        const bytes = changed(imagePage(page), then.find(page));
        if (!later.has(page) && difference.isNone(page, bytes)) continue;
        before.set(page, store.add(bytes, 0));
      }
      points.addEarliest(point, before);
    },
  };
}

/** The page's bytes, which are the callee's own, with a difference laid over them. */
function changed(page: Uint8Array, difference: Uint32Array | undefined): Uint8Array {
  const bytes = Uint8Array.from(page);
  const words = new Uint32Array(bytes.buffer);
  for (const [index, word] of (difference ?? []).entries()) words[index] = (words[index] as number) ^ word;
  return bytes;
}
