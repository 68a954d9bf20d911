import { createSha256 } from "./sha256.js";

/** A file of the package's, as the manifest tells of it. */
export interface Asset {
  readonly file: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** One more try helps against a connection that broke. */
const attempts = 2;

/** Where an asset is: named by what is in it as well, so that no cache gives that of another version. */
export function assetUrl(base: URL, { file, sha256 }: Asset): string {
  return new URL(`${file}?${sha256.slice(0, 16)}`, base).href;
}

/**
 * Fetches a file and checks that it is the one that was built.
 *
 * @param onBytes Hears of bytes that have come; of a negative number of them where it has to begin again.
 */
export async function fetchAsset(
  base: URL,
  asset: Asset,
  onBytes: (count: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const url = assetUrl(base, asset);
  for (let attempt = 1; ; attempt++) {
    let come = 0;
    try {
      // What a cache gave the first time may be what was wrong.
      const cache = attempt === 1 ? "default" : "reload";
      const bytes = await download(url, cache, asset.bytes, (count) => {
        come += count;
        onBytes(count);
      });
      if ((await sha256Of(bytes)) !== asset.sha256) throw new Error("it is not the file that was built");
      return bytes;
    } catch (cause) {
      onBytes(-come);
      if (attempt === attempts)
        throw new Error(`cannot fetch ${url}: ${(cause as Error).message}`, { cause });
    }
  }
}

async function download(
  url: string,
  cache: RequestCache,
  length: number,
  onBytes: (count: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url, { cache });
  if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status}`);
  const bytes = new Uint8Array(length);
  let filled = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    if (filled + value.length > length) throw new Error("it is longer than it should be");
    bytes.set(value, filled);
    filled += value.length;
    onBytes(value.length);
  }
  if (filled < length) throw new Error("it ends too soon");
  return bytes;
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // Pages that do not come from a secure place have none.
  if (globalThis.crypto.subtle === undefined) return sha256Here(bytes);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** In one go. */
export function sha256Here(bytes: Uint8Array): string {
  const hash = createSha256();
  hash.update(bytes);
  return hash.digest();
}
