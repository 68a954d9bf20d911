/** Numbers of places by the number of the page that they belong to. */
export interface PagePlaces {
  /** Undefined if the page has none. */
  get(page: number): number | undefined;
  set(page: number, place: number): void;
  delete(page: number): void;
  /** The pages that have one, in ascending order. */
  pages(): Generator<number>;
}

export function createPagePlaces(): PagePlaces {
  /** By page: one more than the number of its place, or 0. */
  let places = new Uint32Array(0);
  return {
    get(page) {
      const place = places[page] ?? 0;
      return place === 0 ? undefined : place - 1;
    },
    set(page, place) {
      if (page >= places.length) {
        const more = new Uint32Array(Math.max(page + 1, 2 * places.length));
        more.set(places);
        places = more;
      }
      places[page] = place + 1;
    },
    delete(page) {
      if (page < places.length) places[page] = 0;
    },
    *pages() {
      for (let page = 0; page < places.length; page++) if (places[page] !== 0) yield page;
    },
  };
}
