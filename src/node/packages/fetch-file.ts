import { packageError } from "../../packages/package-error.js";

/** How long a server may say nothing. */
const longestSilenceMs = 30_000;

export interface Fetched {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** Where it was in the end, which links in it are relative to. */
  readonly url: string;
}

/**
 * Fetches what is at an address, up to a size. Undefined if there is nothing there. Whatever else goes wrong is one clear
 * line: `PACKAGES_UNAVAILABLE`.
 */
export async function fetchFile(url: string, maxBytes: number, accept = "*/*"): Promise<Fetched | undefined> {
  const stop = new AbortController();
  const silence = setTimeout(() => stop.abort(), longestSilenceMs);
  try {
    const response = await fetch(url, { headers: { accept }, signal: stop.signal });
    if (response.status === 404 || response.status === 410) return undefined;
    if (!response.ok) throw packageError(`${url} cannot be fetched: the server answers ${response.status}`);
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of response.body ?? []) {
      silence.refresh();
      length += part.length;
      if (length > maxBytes)
        throw packageError(`${url} cannot be fetched: it is larger than ${maxBytes} bytes`);
      parts.push(part);
    }
    return {
      bytes: Buffer.concat(parts),
      contentType: response.headers.get("content-type") ?? "",
      url: response.url,
    };
  } catch (error) {
    if (Object(error).code === "PACKAGES_UNAVAILABLE") throw error;
    const { cause } = Object(error);
    const reason = stop.signal.aborted
      ? `nothing has come for ${longestSilenceMs / 1000} seconds`
      : (cause?.code ?? cause?.message ?? Object(error).message);
    throw packageError(`${url} cannot be fetched: ${reason}`, error);
  } finally {
    clearTimeout(silence);
    stop.abort();
  }
}
