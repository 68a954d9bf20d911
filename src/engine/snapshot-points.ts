import type { PageStore } from "./page-store.js";

/** What the files in memory were at a point. */
export interface FilesMark {
  /** How many changes of the files, and of their contents, had been counted. */
  readonly changes: number;
  readonly contentChanges: number;
}

/** A moment of a guest that a snapshot holds, since which the changes can be told. */
export interface SnapshotPoint {
  readonly id: string;
  readonly files: FilesMark;
}

/**
 * The last snapshots of a guest. What a page was at one of them is kept once it changes, so that a delta can be made
 * of what differs within it. Not of the page alone: most of it is as it was.
 */
export interface SnapshotPoints {
  find(id: string): SnapshotPoint | undefined;
  /** The guest is now as the snapshot says. */
  add(point: SnapshotPoint): void;
  /**
   * The guest was as the snapshot says before all other points.
   *
   * @param before The places of the pages that were others then than they are now, or at any other point.
   */
  addEarliest(point: SnapshotPoint, before: ReadonlyMap<number, number>): void;
  /** Tells of a page that is not any more what it was; its bytes before become the points' own. */
  changing(page: number, before: number | undefined): void;
  /** What pages that may have changed since the point were then: the places of their bytes, or the image's. */
  since(point: SnapshotPoint): Map<number, number | undefined>;
  /** Pages that any point has kept. */
  pages(): Iterable<number>;
}

/** Beyond these, that which was asked for last the longest ago is forgotten. */
const mostPoints = 4;
/** The points keep no more than so many pages (64 MiB), unless there is only one. */
const mostPages = 16_384;

interface Kept extends SnapshotPoint {
  /** Of pages that changed between this point and the next. */
  readonly before: Map<number, number | undefined>;
  lastUse: number;
}

export function createSnapshotPoints(store: PageStore): SnapshotPoints {
  /** In the order of time. */
  const points: Kept[] = [];
  let uses = 0;

  function free(place: number | undefined): void {
    if (place !== undefined) store.remove(place);
  }

  /** What the one before it has not kept itself was the same then. */
  function drop(index: number): void {
    const [dropped] = points.splice(index, 1);
    const earlier = points[index - 1];
    for (const [page, place] of dropped?.before ?? []) {
      if (earlier === undefined || earlier.before.has(page)) free(place);
      else earlier.before.set(page, place);
    }
  }

  function makeRoom(): void {
    const kept = () => points.reduce((sum, { before }) => sum + before.size, 0);
    while (points.length > mostPoints || (points.length > 1 && kept() > mostPages)) {
      drop(points.indexOf(points.reduce((a, b) => (b.lastUse < a.lastUse ? b : a))));
    }
  }

  function forget(id: string): void {
    const index = points.findIndex((point) => point.id === id);
    if (index >= 0) drop(index);
  }

  return {
    find(id) {
      const found = points.find((point) => point.id === id);
      if (found !== undefined) found.lastUse = ++uses;
      return found;
    },
    add({ id, files }) {
      forget(id);
      points.push({ id, files, before: new Map(), lastUse: ++uses });
      makeRoom();
    },
    addEarliest({ id, files }, before) {
      points.unshift({ id, files, before: new Map(before), lastUse: ++uses });
      makeRoom();
    },
    changing(page, before) {
      const newest = points.at(-1);
      if (newest === undefined || newest.before.has(page)) free(before);
      else newest.before.set(page, before);
    },
    since({ id }) {
      const before = new Map<number, number | undefined>();
      for (const point of points.slice(points.findIndex((each) => each.id === id))) {
        for (const [page, place] of point.before) if (!before.has(page)) before.set(page, place);
      }
      return before;
    },
    *pages() {
      for (const { before } of points) yield* before.keys();
    },
  };
}
