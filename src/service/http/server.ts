import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { RequestHandler } from "./request-handler.js";

/** How slow a client may be, in milliseconds. */
export interface ServerTimes {
  /** To send the head of a request, and all of it. */
  readonly headTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How often that is looked at. */
  readonly checkingMs: number;
}

const usualTimes: ServerTimes = { headTimeoutMs: 10_000, requestTimeoutMs: 120_000, checkingMs: 1000 };
/** Longer than those between keep theirs. */
const idleTimeoutMs = 75_000;
const mostHeadBytes = 16 * 1024;
const mostConnections = 10_000;
/** How long answers may take that are under way when everything else has ended, in milliseconds. */
const longestGoodbyeMs = 2000;

/** Node's own server, with bounds for those who send or read slowly, or too much. */
export interface HttpServer {
  /** Rejects if it cannot listen there. Gives the port. */
  listen(host: string, port: number): Promise<number>;
  /** How many connections are open. */
  readonly connections: number;
  /** Takes no more connections, and ends those that are there once they have their answers. */
  close(): Promise<void>;
}

export function createHttpServer(handler: RequestHandler, times = usualTimes): HttpServer {
  const server: Server = createServer(
    {
      headersTimeout: times.headTimeoutMs,
      requestTimeout: times.requestTimeoutMs,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: times.checkingMs,
      maxHeaderSize: mostHeadBytes,
      noDelay: true,
    },
    (request, response) => void handler(request, response),
  );
  server.maxConnections = mostConnections;
  let connections = 0;
  server.on("connection", (socket) => {
    connections++;
    socket.once("close", () => connections--);
  });
  server.on("clientError", refuseConnection);

  return {
    async listen(host, port) {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, () => {
          server.off("error", reject);
          resolve();
        });
      });
      return (server.address() as AddressInfo).port;
    },
    get connections() {
      return connections;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), longestGoodbyeMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** What is no HTTP, or too much or too slow of it. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const [status, title] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? [431, "Request Header Fields Too Large"]
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? [408, "Request Timeout"]
        : [400, "Bad Request"];
  const body = JSON.stringify({
    status,
    title,
    detail: "the request is no HTTP that is taken here",
    code: "INVALID_REQUEST",
  });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json\r\ncontent-length: ${body.length}\r\n` +
      `connection: close\r\n\r\n${body}`,
    // Not to wait for one that does not read.
    () => socket.destroy(),
  );
}
