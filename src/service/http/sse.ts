import type { ServerResponse } from "node:http";
import { writePiece } from "./send.js";

/** How often a client is told that the connection is there, in milliseconds: those between would close it. */
export const heartbeatMs = 15_000;

export function beginEvents(response: ServerResponse): void {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
  });
  response.flushHeaders();
}

/** Sends an event; its data is JSON, which has no line breaks. */
export function sendEvent(
  response: ServerResponse,
  event: string,
  data: unknown,
  id?: string,
): Promise<void> {
  const named = id === undefined ? "" : `id: ${id}\n`;
  return writePiece(response, `${named}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

export function sendHeartbeat(response: ServerResponse): Promise<void> {
  return writePiece(response, ":\n\n");
}
