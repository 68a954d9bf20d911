import { ErrnoError } from "../errno.js";
import { sha256Here } from "./fetch-asset.js";
import { requestNow, uncached } from "./fetch-now.js";
import type { WebLibrary } from "./thread-messages.js";

/** Of the word that says how far the threads are that share the library. */
const states = { missing: 0, beingFetched: 1, there: 2 } as const;

const hashDigits = 64;

/**
 * The library's pack, for a guest's thread, which waits for it: so it is fetched synchronously, which workers may, when
 * the first part of it is asked for. Where memory is shared, one thread does it for all.
 *
 * Each block of it is checked when it is read first, since checking all of it takes longer than an import should. A wrong
 * one has the pack fetched once more. `EIO` if it cannot be had; the next look-up tries again.
 *
 * @returns Gives a part of the pack, which is not to be changed.
 */
export function openLibrary(library: WebLibrary): (start: number, end: number) => Uint8Array {
  const { url, bytes, blockBytes, blockHashes } = library;
  let pack: Uint8Array | undefined;
  const isChecked = new Uint8Array(Math.ceil(bytes / blockBytes));

  function isSound(pack: Uint8Array, block: number): boolean {
    const hash = sha256Here(pack.subarray(block * blockBytes, (block + 1) * blockBytes));
    return hash === blockHashes.slice(block * hashDigits, (block + 1) * hashDigits);
  }

  return (start, end) => {
    pack ??= load(library);
    for (let block = Math.floor(start / blockBytes); block * blockBytes < end; block++) {
      if (isChecked[block] === 1) continue;
      if (!isSound(pack, block)) {
        pack = loadAgain(library);
        if (!isSound(pack, block)) throw new ErrnoError("EIO", `${url} is not the file that was built`);
      }
      isChecked[block] = 1;
    }
    return pack.subarray(start, end);
  };
}

function load(library: WebLibrary): Uint8Array {
  const { shared } = library;
  if (shared === undefined) return fetchPack(library);
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
      pack.set(fetchPack(library));
      after = states.there;
    } finally {
      Atomics.store(state, 0, after);
      Atomics.notify(state, 0);
    }
  }
}

function fetchPack({ url, bytes }: WebLibrary): Uint8Array {
  try {
    return requestNow(url, bytes);
  } catch {
    return requestNow(uncached(url), bytes);
  }
}

function loadAgain({ url, bytes, shared }: WebLibrary): Uint8Array {
  const fetched = requestNow(uncached(url), bytes);
  if (shared === undefined) return fetched;
  shared.pack.set(fetched);
  return shared.pack;
}
