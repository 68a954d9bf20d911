import { timingSafeEqual } from "node:crypto";
import { Agent, type ClientRequest, type IncomingMessage, request as startRequest } from "node:http";
import { pipeline } from "node:stream/promises";
import { hashOfToken } from "../../node/bearer-tokens.js";
import { Failure } from "../failure.js";
import type { Exchange } from "./route.js";

/** With it a worker says that it, and not a client, asks: what has been forwarded is not forwarded again. */
const secretHeader = "x-wasm-repl-cluster";
/** How long a connection to another worker may take, in milliseconds. */
const connectMs = 2000;
/** How often it is asked whether those that are waited for are workers still, in milliseconds. */
const watchMs = 2000;
/** What is handed on of a request and of its answer. */
const requestHeaders = ["authorization", "accept", "content-type", "last-event-id"];
const answerHeaders = [
  "content-type",
  "cache-control",
  "retry-after",
  "www-authenticate",
  "x-content-type-options",
  "x-accel-buffering",
];

/** Requests between workers. */
export interface Forwarding {
  /** Whether another worker has sent it. `FORBIDDEN` if it only says so. */
  isForwarded(request: IncomingMessage): boolean;
  /** Has another worker answer. False if it cannot be reached, and nothing has been answered. */
  forward(exchange: Exchange, address: string): Promise<boolean>;
  close(): void;
}

/**
 * @param secret What all workers of a cluster know. Undefined: there is one worker alone.
 * @param addresses Those of the workers that are alive. One that hangs is none after some time, and nothing more is
 *   waited for from it.
 */
export function createForwarding(
  secret: string | undefined,
  addresses: () => Promise<readonly string[]>,
): Forwarding {
  const hash = secret === undefined ? undefined : hashOfToken(secret);
  const agent = new Agent({ keepAlive: true, noDelay: true, maxSockets: 1000 });

  /** What is under way, and to which address. */
  const asking = new Map<ClientRequest, string>();
  let watching: NodeJS.Timeout | undefined;

  function watch(asked: ClientRequest, address: string): void {
    asking.set(asked, address);
    asked.once("close", () => asking.delete(asked));
    watching ??= setInterval(async () => {
      if (asking.size === 0) {
        clearInterval(watching);
        watching = undefined;
        return;
      }
      // A store that does not answer tells nothing of anybody.
      const alive = await addresses().catch(() => undefined);
      for (const [asked, address] of asking)
        if (alive && !alive.includes(address)) asked.destroy(new Error("the worker has gone"));
    }, watchMs).unref();
  }

  function ask(exchange: Exchange, address: string): Promise<IncomingMessage> {
    const { request, bytes, idempotencyKey, response } = exchange;
    return new Promise((resolve, reject) => {
      const headers: Record<string, string> = {
        [secretHeader]: secret ?? "",
        "idempotency-key": idempotencyKey,
        "content-length": String(bytes.length),
      };
      for (const name of requestHeaders) {
        const value = request.headers[name];
        if (typeof value === "string") headers[name] = value;
      }
      const target = new URL(address);
      const asked = startRequest(
        {
          agent,
          host: target.hostname.replace(/^\[|\]$/g, ""),
          port: target.port || 80,
          method: request.method,
          // As it came: what it means has been looked at here, and is looked at there.
          path: request.url,
          headers,
        },
        resolve,
      );
      asked.on("socket", (socket) => {
        if (!socket.connecting) return;
        const timer = setTimeout(() => asked.destroy(new Error("connecting takes too long")), connectMs);
        socket.once("connect", () => clearTimeout(timer));
        socket.once("close", () => clearTimeout(timer));
      });
      asked.once("error", reject);
      watch(asked, address);
      response.once("close", () => asked.destroy());
      asked.end(bytes);
    });
  }

  return {
    isForwarded({ headers }) {
      const given = headers[secretHeader];
      if (given === undefined) return false;
      if (hash !== undefined && typeof given === "string" && timingSafeEqual(hashOfToken(given), hash))
        return true;
      throw new Failure("FORBIDDEN", "the request says that another worker has sent it, and none has");
    },
    async forward(exchange, address) {
      if (secret === undefined) return false;
      const { response } = exchange;
      let answer: IncomingMessage;
      try {
        answer = await ask(exchange, address);
      } catch {
        return response.destroyed;
      }
      const headers = answerHeaders.flatMap((name) => {
        const value = answer.headers[name];
        return value === undefined ? [] : [[name, value] as const];
      });
      response.writeHead(answer.statusCode ?? 502, Object.fromEntries(headers));
      response.flushHeaders();
      // Half an answer is no answer: the client's connection ends with the other one.
      await pipeline(answer, response).catch(() => response.destroy());
      return true;
    },
    close() {
      clearInterval(watching);
      agent.destroy();
    },
  };
}
