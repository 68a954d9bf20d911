import { packageError } from "../../packages/package-error.js";

/** How long a server may say nothing, and how long all of it may take. */
const usualPatience = { silenceMs: 30_000, totalMs: 20 * 60_000 };

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
export async function fetchFile(
  url: string,
  maxBytes: number,
  accept = "*/*",
  patience: Partial<typeof usualPatience> = {},
): Promise<Fetched | undefined> {
  const { silenceMs, totalMs } = { ...usualPatience, ...patience };
  const stop = new AbortController();
  const give = (reason: string) => stop.abort(new Error(reason));
  const silence = setTimeout(() => give(`nothing has come for ${silenceMs / 1000} seconds`), silenceMs);
  const total = setTimeout(() => give(`it has taken longer than ${totalMs / 1000} seconds`), totalMs);
  const failed = (reason: string, cause?: unknown) =>
    packageError(`${url} cannot be fetched: ${reason}`, cause);
  try {
    const response = await fetch(url, { headers: { accept }, signal: stop.signal });
    if (response.status === 404 || response.status === 410) return undefined;
    if (!response.ok) throw failed(`the server answers ${response.status}`);
    if (url.startsWith("https:") && !response.url.startsWith("https:")) {
      throw failed("it leads to an address that is not https");
    }
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of response.body ?? []) {
      silence.refresh();
      length += part.length;
      if (length > maxBytes) throw failed(`it is larger than ${maxBytes} bytes`);
      parts.push(part);
    }
    return {
      bytes: Buffer.concat(parts),
      contentType: response.headers.get("content-type") ?? "",
      url: response.url,
    };
  } catch (error) {
    if (Object(error).code === "PACKAGES_UNAVAILABLE") throw error;
    const { cause, message } = Object(stop.signal.aborted ? stop.signal.reason : error);
    throw failed(Object(cause).code ?? Object(cause).message ?? message, error);
  } finally {
    clearTimeout(silence);
    clearTimeout(total);
    stop.abort();
  }
}
