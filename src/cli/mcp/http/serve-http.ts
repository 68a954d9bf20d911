import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseBoundedJson } from "../../../bounded-json.js";
import { longestTimerMs } from "../../../session/defaults.js";
import type { Sessions } from "../../../session/sessions.js";
import { UsageError } from "../../usage-error.js";
import type { Sdk } from "../load-sdk.js";
import { messageBounds } from "../message-bounds.js";
import { createServer, type ServerSetting, toolsFor } from "../server.js";
import { createClients } from "./clients.js";
import { createConnections, failure } from "./connections.js";
import { isFromHere, type Tokens } from "./gate.js";
import { readBody, sendWebResponse, toWebRequest } from "./web-messages.js";

const path = "/mcp";
/** The most bytes of a request, and the most messages that it may hold. */
const mostBodyBytes = 16 * 1024 * 1024;
const mostMessages = 100;
/** The most requests at a time, and the most connections of HTTP. */
const mostRequests = 64;
const mostSockets = 256;
/** Streams on which a client waits for what changes: nothing does. */
const mostListeners = 16;
/** How long a client may take to send the head of a request, and all of it. */
const headTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
/** How much longer than a run may take a client may neither read nor write. */
const silenceMs = 60_000;

export interface HttpServer {
  readonly url: string;
  /** Ends all connections, and what runs for them. */
  close(): Promise<void>;
}

/** Serves the protocol over HTTP on the loopback address. A `UsageError` if the port cannot be had. */
export async function serveHttp(
  sdk: Sdk,
  sessions: Sessions,
  setting: ServerSetting,
  port: number,
  tokens: Tokens,
): Promise<HttpServer> {
  const clients = createClients(sessions, (workspace) => toolsFor(workspace, setting));
  const earlier = createConnections(
    sdk,
    clients,
    ({ workspace, tools }) => createServer(sdk, workspace, tools, setting),
    setting.surroundings.areKept,
  );
  // The later revision has no connections: whose request it is its token says.
  const later = sdk.createMcpHandler(
    async ({ authInfo }) => {
      const { workspace, tools } = await clients.of(authInfo?.clientId ?? "");
      return createServer(sdk, workspace, tools, setting);
    },
    { legacy: "reject", maxSubscriptions: mostListeners },
  );
  let running = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<Response> {
    const { method = "", headers } = request;
    if (!isFromHere(headers, (server.address() as AddressInfo).port)) {
      return failure(403, -32000, "the Host or Origin of the request is not this server's");
    }
    const owner = tokens.clientOf(headers.authorization);
    if (owner === undefined) {
      const refusal = failure(401, -32000, "a token is needed: Authorization: Bearer TOKEN");
      refusal.headers.set("www-authenticate", "Bearer");
      return refusal;
    }
    if (request.url?.replace(/\?.*$/s, "") !== path) return failure(404, -32000, `the address is ${path}`);
    if (!["GET", "POST", "DELETE"].includes(method)) return failure(405, -32000, "use POST, GET or DELETE");
    let body: unknown;
    if (method === "POST") {
      if (!/^application\/json\s*(;|$)/i.test(headers["content-type"] ?? "")) {
        return failure(415, -32000, "the Content-Type must be application/json");
      }
      const bytes = await readBody(request, mostBodyBytes);
      if (bytes === undefined) return failure(413, -32000, `a request has ${mostBodyBytes} bytes at most`);
      try {
        body = parseBoundedJson(bytes, { bytes: mostBodyBytes, ...messageBounds });
      } catch (error) {
        const isTooMuch = error instanceof RangeError;
        return failure(400, -32700, isTooMuch ? error.message : "the request is no JSON");
      }
      if (Array.isArray(body) && body.length > mostMessages) {
        return failure(400, -32600, `a request holds ${mostMessages} messages at most`);
      }
    }
    const web = toWebRequest(request, response);
    if (await sdk.isLegacyRequest(web, body)) return earlier.answer(web, body, owner);
    return later.fetch(web, { parsedBody: body, authInfo: { token: "", clientId: owner, scopes: [] } });
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on("error", () => {});
    response.on("error", () => {});
    // A stream that a client only listens to takes nothing.
    const counts = request.method !== "GET";
    if (counts && running >= mostRequests) {
      response.setHeader("retry-after", "1");
      return sendWebResponse(failure(503, -32000, "too many requests at a time"), response);
    }
    if (counts) running++;
    try {
      const given = await answer(request, response);
      // What is left of a request that was refused is not waited for.
      if (!request.complete) response.setHeader("connection", "close");
      await sendWebResponse(given, response);
    } catch {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    } finally {
      if (counts) running--;
    }
  }

  const server = createHttpServer(
    { headersTimeout: headTimeoutMs, requestTimeout: requestTimeoutMs, connectionsCheckingInterval: 1000 },
    (request, response) => void take(request, response),
  );
  server.maxConnections = mostSockets;
  // A run may compute for its time limit, and wait for as long.
  server.timeout = Math.min(2 * setting.surroundings.times.mostMs + silenceMs, longestTimerMs);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(new UsageError(`cannot serve on port ${port}: ${error.message}`)));
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    async close() {
      server.close();
      await Promise.all([later.close(), earlier.close()]);
      server.closeAllConnections();
    },
  };
}
