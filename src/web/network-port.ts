import { type ByteReader, NetworkFailure, type NetworkPort } from "../engine/network-port.js";

/** Browsers have their own, and ask the server first whether a page may send others. */
const ownHeaders = /^(accept-encoding|user-agent)$/i;

/**
 * The network as a page has it: `fetch`, without the cookies and credentials of whoever uses the page. It resolves names
 * by itself, and does not tell where a redirect leads to, so it follows none.
 */
export const webNetwork: NetworkPort = {
  async connect() {
    throw new NetworkFailure("EOPNOTSUPP", "a browser has no sockets");
  },
  async request({ url, method, headers, body }, _addresses, signal) {
    const response = await fetch(url, {
      method,
      headers: headers
        .filter(([name]) => !ownHeaders.test(name))
        .map(([name, value]): [string, string] => [name, value]),
      ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
      credentials: "omit",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      redirect: "manual",
      signal,
    }).catch((cause) => {
      throw new NetworkFailure(
        "EIO",
        `${url.origin} cannot be reached, or does not let this page read its answers (CORS): ${cause.message}`,
      );
    });
    if (response.type === "opaqueredirect") {
      throw new NetworkFailure("EIO", `${url.href} redirects, and a browser does not tell where to`);
    }
    const { status, statusText } = response;
    return { status, statusText, headers: [...response.headers], body: readerOf(response.body) };
  },
};

function readerOf(body: ReadableStream<Uint8Array> | null): ByteReader {
  const reader = body?.getReader();
  return {
    async read() {
      try {
        return (await reader?.read())?.value;
      } catch (cause) {
        throw new NetworkFailure("ECONNRESET", `the answer has broken off: ${(cause as Error).message}`);
      }
    },
    close: () => void reader?.cancel().catch(() => {}),
  };
}
