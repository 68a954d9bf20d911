import { ErrnoError } from "../errno.js";
import { sha256Here } from "./fetch-asset.js";
import type { WebAsset } from "./thread-messages.js";

/** A file that code waits for which cannot await: workers may fetch synchronously. `EIO` if it cannot be had. */
export function fetchNow({ url, bytes, sha256 }: WebAsset): Uint8Array<ArrayBuffer> {
  const fetchFrom = (url: string) => {
    const file = requestNow(url, bytes);
    if (sha256Here(file) === sha256) return file;
    throw new ErrnoError("EIO", `${url} is not the file that was built`);
  };
  try {
    return fetchFrom(url);
  } catch {
    return fetchFrom(uncached(url));
  }
}

/** An address of the same file that no cache knows. */
export function uncached(url: string): string {
  return `${url}&again=${Date.now()}`;
}

/** What a server answers, if it has as many bytes; else `EIO`. */
export function requestNow(url: string, bytes: number): Uint8Array<ArrayBuffer> {
  const request = new XMLHttpRequest();
  request.open("GET", url, false);
  request.responseType = "arraybuffer";
  try {
    request.send();
  } catch (cause) {
    throw new ErrnoError("EIO", `cannot fetch ${url}`, { cause });
  }
  if (request.status !== 200) throw new ErrnoError("EIO", `the server answered ${request.status} to ${url}`);
  const file = new Uint8Array(request.response as ArrayBuffer);
  if (file.length !== bytes) throw new ErrnoError("EIO", `${url} is not the file that was built`);
  return file;
}
