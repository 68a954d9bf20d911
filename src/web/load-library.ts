import { fetchNow } from "./fetch-now.js";
import type { WebLibrary } from "./thread-messages.js";

/** Of the word that says how far the threads are that share the library. */
const states = { missing: 0, beingFetched: 1, there: 2 } as const;

/**
 * The library's pack, in the thread of a guest that waits for it: so it is fetched synchronously, which workers may.
 * Where memory is shared, one thread does it for all. `EIO` if it cannot be had; the next look-up tries again.
 */
export function loadLibrary(library: WebLibrary): Uint8Array {
  const { shared } = library;
  if (shared === undefined) return fetchNow(library);
  const { state, pack } = shared;
  for (;;) {
    const before = Atomics.compareExchange(state, 0, states.missing, states.beingFetched);
    if (before === states.there) return pack;
    if (before === states.beingFetched) {
      Atomics.wait(state, 0, states.beingFetched);
      continue;
    }
    let after: number = states.missing;
    try {
      pack.set(fetchNow(library));
      after = states.there;
    } finally {
      Atomics.store(state, 0, after);
      Atomics.notify(state, 0);
    }
  }
}
