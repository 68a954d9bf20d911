import { NetworkFailure } from "../../engine/network-port.js";
import { parseAddress } from "./addresses.js";
import { type NetworkState, text, wrong } from "./network-state.js";

type Header = readonly [name: string, value: string];

const mostRedirects = 20;
const mostHeaders = 1000;
const redirects = new Set([301, 302, 303, 307, 308]);
/** What the connection itself needs; a guest has no say in it. */
const ownHeaders =
  /^(host|connection|keep-alive|content-length|transfer-encoding|te|trailer|upgrade|expect|date|proxy-.*)$/i;
/** What another origin must not get. */
const secretHeaders = /^(authorization|cookie|proxy-authorization)$/i;
const bodyHeaders = /^content-/i;

/**
 * Sends a request, and follows redirects, each of which is checked as the first address is. The answer's body is read by
 * its number.
 */
export async function fetchFrom(
  state: NetworkState,
  given: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<unknown> {
  let url = readUrl(text(given.url));
  let method = text(given.method);
  if (!/^[A-Z0-9!#$%&'*+.^_`|~-]{1,40}$/i.test(method)) throw wrong("the method");
  let headers = withDefaults(readHeaders(given.headers).filter(([name]) => !ownHeaders.test(name)));
  let body = given.body === undefined ? undefined : bytesOf(given.body);
  const mode = given.redirect ?? "follow";
  for (let count = 0; ; count++) {
    const portNumber = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
    const addresses = await state.grants.addressesOf(plainHost(url), portNumber);
    const leave = state.reserve();
    let answer: Awaited<ReturnType<NetworkState["port"]["request"]>>;
    let id: number;
    try {
      state.count(
        url.href.length + headers.reduce((sum, header) => sum + header.join("").length, body?.length ?? 0),
      );
      const request = { url, method, headers, ...(body === undefined ? {} : { body }) };
      answer = await state.port.request(request, addresses, signal);
      const target = locationOf(answer.status, answer.headers);
      if (target === undefined || mode === "manual") {
        id = state.keep(answer.body);
        const { status, statusText } = answer;
        return { id, status, statusText, headers: answer.headers, url: url.href, redirected: count > 0 };
      }
      answer.body.close();
      if (mode === "error") throw new NetworkFailure("EIO", `${url.href} redirects, which was not wanted`);
      if (count === mostRedirects) throw new NetworkFailure("ELOOP", `more than ${mostRedirects} redirects`);
      const next = readUrl(target, url);
      if (next.origin !== url.origin) headers = headers.filter(([name]) => !secretHeaders.test(name));
      const { status } = answer;
      const becomesGet =
        status === 303 ? method !== "GET" && method !== "HEAD" : status < 303 && method === "POST";
      if (becomesGet) {
        method = "GET";
        body = undefined;
        headers = headers.filter(([name]) => !bodyHeaders.test(name));
      }
      url = next;
    } finally {
      leave();
    }
  }
}

function readUrl(given: string, base?: URL): URL {
  let url: URL;
  try {
    url = new URL(given, base);
  } catch {
    throw new NetworkFailure("EINVAL", `${JSON.stringify(given.slice(0, 300))} is no URL`);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new NetworkFailure("EINVAL", `${url.protocol} is not supported; http: and https: are`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new NetworkFailure(
      "EINVAL",
      "a URL with a user name or password in it is not fetched: use a header",
    );
  }
  return url;
}

function plainHost({ hostname }: URL): string {
  const inner = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return inner.startsWith("[") || parseAddress(inner) === undefined ? hostname : inner;
}

function locationOf(status: number, headers: readonly Header[]): string | undefined {
  if (!redirects.has(status)) return undefined;
  return headers.find(([name]) => name.toLowerCase() === "location")?.[1];
}

function readHeaders(given: unknown): Header[] {
  if (!Array.isArray(given) || given.length > mostHeaders) throw wrong("the headers");
  return given.map((pair) => {
    if (!Array.isArray(pair)) throw wrong("a header");
    return [text(pair[0]), text(pair[1])] as const;
  });
}

function withDefaults(headers: readonly Header[]): Header[] {
  const has = (wanted: string) => headers.some(([name]) => name.toLowerCase() === wanted);
  const defaults: readonly Header[] = [
    ["accept", "*/*"],
    ["accept-encoding", "gzip, deflate, br"],
    ["user-agent", "wasm-repl"],
  ];
  return [...headers, ...defaults.filter(([name]) => !has(name))];
}

function bytesOf(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrong("the body");
  return value;
}
