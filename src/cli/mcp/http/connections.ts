import { randomUUID } from "node:crypto";
import type { Sdk } from "../load-sdk.js";
import type { ProtocolServer } from "../sdk.js";
import type { Client, Clients } from "./clients.js";

/** The most connections that clients of the protocol's earlier revisions have at a time. */
const mostConnections = 256;
/** One that nothing is asked of for this long is over. */
const longestIdleMs = 24 * 60 * 60 * 1000;

type Transport = InstanceType<Sdk["WebStandardStreamableHTTPServerTransport"]>;

interface Connection {
  readonly transport: Transport;
  /** Whose token began it. */
  readonly owner: string;
  readonly client: string;
  /** When it was last asked for something. */
  lastMs: number;
}

/** What clients of the revisions up to 2025 have over HTTP: a connection with an id, that ends when they say so. */
export interface Connections {
  answer(request: Request, body: unknown, owner: string): Promise<Response>;
  close(): Promise<void>;
}

/**
 * @param serverFor Makes the protocol's side of a client.
 * @param areKept The sessions of a client are those of its token, and stay; else each connection has its own.
 */
export function createConnections(
  sdk: Sdk,
  clients: Clients,
  serverFor: (client: Client) => ProtocolServer,
  areKept: boolean,
): Connections {
  const connections = new Map<string, Connection>();

  async function end(id: string): Promise<void> {
    const connection = connections.get(id);
    if (connection === undefined) return;
    connections.delete(id);
    await connection.transport.close();
    if (!areKept) await clients.remove(connection.client);
  }

  /** Ends those that are over; and, if there is no room, the one that nothing was asked of for longest. */
  async function makeRoom(): Promise<void> {
    const byAge = [...connections].sort(([, a], [, b]) => a.lastMs - b.lastMs);
    for (const [index, [id, { lastMs }]] of byAge.entries()) {
      const isInTheWay = index === 0 && connections.size >= mostConnections;
      if (isInTheWay || Date.now() - lastMs > longestIdleMs) await end(id);
    }
  }

  async function begin(request: Request, body: unknown, owner: string): Promise<Response> {
    await makeRoom();
    const id = randomUUID();
    const client = areKept ? owner : id;
    const transport: Transport = new sdk.WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      onsessioninitialized: () => {
        connections.set(id, { transport, owner, client, lastMs: Date.now() });
      },
      onsessionclosed: () => end(id),
    });
    await serverFor(await clients.of(client)).connect(transport);
    const answer = await transport.handleRequest(request, { parsedBody: body });
    if (!connections.has(id)) {
      await transport.close();
      if (!areKept) await clients.remove(client);
    }
    return answer;
  }

  return {
    async answer(request, body, owner) {
      const id = request.headers.get("mcp-session-id");
      if (id === null) {
        if (Object(body).method === "initialize") return begin(request, body, owner);
        return failure(400, -32600, "the request has no Mcp-Session-Id: initialize first");
      }
      const connection = connections.get(id);
      // That of another is as unknown as one that is over.
      if (connection === undefined || connection.owner !== owner) {
        return failure(404, -32001, "there is no such connection: initialize again");
      }
      connection.lastMs = Date.now();
      return connection.transport.handleRequest(request, { parsedBody: body });
    },
    async close() {
      await Promise.all(Array.from(connections.values(), ({ transport }) => transport.close()));
    },
  };
}

export function failure(status: number, code: number, message: string): Response {
  const body = JSON.stringify({ jsonrpc: "2.0", id: null, error: { code, message } });
  return new Response(body, { status, headers: { "content-type": "application/json" } });
}
