import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIPv6, type LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { type HttpAnswer, type HttpRequest, NetworkFailure } from "../../engine/network-port.js";
import { failureOf } from "./failure.js";
import { readerOf } from "./reader.js";

const longestHead = 256 * 1024;

/** As `NetworkPort.request`, on a connection of its own. */
export function requestOver(
  { url, method, headers, body }: HttpRequest,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    try {
      const sent = send(
        url,
        {
          method,
          agent: false,
          signal,
          maxHeaderSize: longestHead,
          // Whatever the name means by now, the addresses that were checked are what it is connected to.
          lookup: lookupOf(addresses),
        },
        (message) => resolve(answerOf(message, method)),
      );
      for (const [name, value] of headers) sent.appendHeader(name, value);
      sent.on("error", (error) => {
        reject(
          signal.aborted ? new NetworkFailure("ECONNABORTED", "the request was given up") : failureOf(error),
        );
      });
      if (body !== undefined) sent.setHeader("content-length", body.length);
      sent.end(body);
    } catch (error) {
      // A header with characters that none may have.
      reject(new NetworkFailure("EINVAL", (error as Error).message));
    }
  });
}

function lookupOf(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_name, options, callback) => {
    const [first] = all;
    if (first === undefined) callback(new NetworkFailure("ENOTFOUND", "the host has no address"), "", 0);
    else if (options.all) callback(null, all);
    else callback(null, first.address, first.family);
  };
}

function answerOf(message: IncomingMessage, method: string): HttpAnswer {
  const { statusCode = 0, statusMessage = "", rawHeaders } = message;
  const headers: Array<[string, string]> = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index] ?? "", rawHeaders[index + 1] ?? ""]);
  }
  const hasBody = method !== "HEAD" && statusCode !== 204 && statusCode !== 304;
  const body = readerOf(hasBody ? decoded(message) : message);
  return {
    status: statusCode,
    statusText: statusMessage,
    headers,
    body: { ...body, close: () => void message.destroy() },
  };
}

function decoded(message: IncomingMessage): Readable {
  const coding = message.headers["content-encoding"]?.trim().toLowerCase();
  const decoder =
    coding === "gzip" || coding === "x-gzip"
      ? createGunzip()
      : coding === "deflate"
        ? createInflate()
        : coding === "br"
          ? createBrotliDecompress()
          : undefined;
  if (decoder === undefined) return message;
  message.on("error", (error) => decoder.destroy(error));
  message.on("aborted", () =>
    decoder.destroy(new NetworkFailure("ECONNRESET", "the connection was closed too early")),
  );
  return message.pipe(decoder);
}
