import { ErrnoError } from "../errno.js";
import { sha256Here } from "./fetch-asset.js";
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

function fetchNow({ url, bytes, sha256 }: WebLibrary): Uint8Array {
  const check = (pack: Uint8Array) => {
    if (pack.length === bytes && sha256Here(pack) === sha256) return pack;
    throw new ErrnoError("EIO", `${url} is not the file that was built`);
  };
  try {
    return check(request(url));
  } catch {
    // One more try, and not of what a cache has kept.
    return check(request(`${url}&again`));
  }
}

function request(url: string): Uint8Array {
  const request = new XMLHttpRequest();
  request.open("GET", url, false);
  request.responseType = "arraybuffer";
  try {
    request.send();
  } catch (cause) {
    throw new ErrnoError("EIO", `cannot fetch ${url}`, { cause });
  }
  if (request.status !== 200) throw new ErrnoError("EIO", `the server answered ${request.status} to ${url}`);
  return new Uint8Array(request.response as ArrayBuffer);
}
