import { once } from "node:events";
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Failure } from "../failure.js";
import { problemOf } from "./problems.js";

/** A client that takes nothing of an answer for so long is gone. */
const longestUnreadMs = 30_000;
/** Whoever reads more slowly than this on the whole is gone too: bytes in a millisecond. */
const slowestRead = 256;
/** So much is handed to the connection at a time. */
const pieceBytes = 64 * 1024;

/** Sends all of an answer, as its client takes it. Rejects if that does not, or is gone; the connection is closed then. */
export async function sendBytes(
  response: ServerResponse,
  status: number,
  body: Uint8Array,
  headers: OutgoingHttpHeaders,
  unreadMs = longestUnreadMs,
): Promise<void> {
  response.writeHead(status, {
    ...headers,
    "content-length": body.length,
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
  const timer = setTimeout(() => response.destroy(), unreadMs + body.length / slowestRead);
  try {
    for (let at = 0; at < body.length; at += pieceBytes) {
      await writePiece(response, body.subarray(at, at + pieceBytes), unreadMs);
    }
    await finish(response, unreadMs);
  } finally {
    clearTimeout(timer);
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: OutgoingHttpHeaders = {},
): Promise<void> {
  const type = status >= 400 ? "application/problem+json" : "application/json";
  return sendBytes(response, status, Buffer.from(JSON.stringify(value)), {
    "content-type": type,
    ...headers,
  });
}

export function sendEmpty(response: ServerResponse, status = 204): Promise<void> {
  response.writeHead(status, { "cache-control": "no-store" });
  return finish(response);
}

export function sendFailure(response: ServerResponse, failure: Failure): Promise<void> {
  const problem = problemOf(failure);
  return sendJson(response, problem.status, problem, {
    ...(failure.retryAfterS === undefined ? {} : { "retry-after": String(failure.retryAfterS) }),
    ...(failure.code === "UNAUTHENTICATED" ? { "www-authenticate": "Bearer" } : {}),
  });
}

/** Waits until there is room for more. */
export async function writePiece(
  response: ServerResponse,
  piece: Uint8Array | string,
  unreadMs = longestUnreadMs,
): Promise<void> {
  if (response.destroyed) throw new ClientGone();
  if (!response.write(piece)) await unlessLate(response, "drain", unreadMs);
}

async function finish(response: ServerResponse, unreadMs = longestUnreadMs): Promise<void> {
  response.end();
  if (!response.writableFinished) await unlessLate(response, "finish", unreadMs);
}

async function unlessLate(
  response: ServerResponse,
  event: "drain" | "finish",
  unreadMs: number,
): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  const timer = setTimeout(() => response.destroy(), unreadMs);
  try {
    await Promise.race([
      once(response, event, { signal }),
      once(response, "close", { signal }).then(() => {
        if (!response.writableFinished) throw new ClientGone();
      }),
    ]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

export class ClientGone extends Error {
  override readonly name = "ClientGone";
}
