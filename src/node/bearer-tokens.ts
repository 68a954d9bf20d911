import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** What is kept of a token: its SHA-256. */
export function hashOfToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** The entry whose token this is. All are looked at, so that how long it takes tells nothing. */
export function entryOfToken<Entry extends { readonly sha256: Uint8Array }>(
  entries: readonly Entry[],
  token: string,
): Entry | undefined {
  const hash = hashOfToken(token);
  let found: Entry | undefined;
  for (const entry of entries) if (timingSafeEqual(entry.sha256, hash)) found = entry;
  return found;
}

/**
 * Whether a request was made to a server by one of its own names, and by no page of another: what a browser is led to send
 * has another `Host` or `Origin`.
 */
export function isFromOwn(hosts: readonly string[], { host, origin }: IncomingHttpHeaders): boolean {
  if (host === undefined || !hosts.includes(host.toLowerCase())) return false;
  return origin === undefined || hosts.some((each) => origin.toLowerCase() === `http://${each}`);
}
