import { ErrnoError } from "../errno.js";
import { sha256Here } from "./fetch-asset.js";
import type { WebAsset } from "./thread-messages.js";

/** A file that code waits for which cannot await: workers may fetch synchronously. `EIO` if it cannot be had. */
export function fetchNow({ url, bytes, sha256 }: WebAsset): Uint8Array<ArrayBuffer> {
  const check = (file: Uint8Array<ArrayBuffer>) => {
    if (file.length === bytes && sha256Here(file) === sha256) return file;
    throw new ErrnoError("EIO", `${url} is not the file that was built`);
  };
  try {
    return check(request(url));
  } catch {
    // One more try, and not of what a cache has kept.
    return check(request(`${url}&again`));
  }
}

function request(url: string): Uint8Array<ArrayBuffer> {
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
