import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Failure } from "../failure.js";
import type { Metrics } from "../metrics.js";
import { isName, nameRule } from "../spec/names.js";
import type { Gate, Principal } from "../tokens/gate.js";
import type { Quotas } from "../tokens/quotas.js";
import { OwnedElsewhere } from "../worker/held.js";
import { type Bodies, createBodies, parseJson } from "./body.js";
import type { Budget } from "./budget.js";
import { createRequestCheck } from "./check-request.js";
import type { Forwarding } from "./forward.js";
import { failureOf } from "./problems.js";
import type { Exchange, Route } from "./route.js";
import { createRoutes } from "./router.js";
import { ClientGone, sendFailure } from "./send.js";
import { checkKey } from "./session-routes.js";

/** Of a body of JSON, unless its route says otherwise. */
const mostJsonBytes = 8 * 1024 * 1024;
const mostPathLength = 4096;
/** How often another worker is asked that cannot be reached, and how long is waited between, in milliseconds. */
const triesToForward = 8;
const forwardAgainMs = 150;

export interface HandlerOptions {
  readonly routes: readonly Route[];
  readonly gate: Gate;
  readonly quotas: Quotas;
  readonly forwarding: Forwarding;
  readonly metrics: Metrics;
  readonly budget: Budget;
  readonly log: (line: string) => void;
}

/** Answers a request; never rejects. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Answers requests as the routes say, to those who may ask. */
export function createRequestHandler(options: HandlerOptions): RequestHandler {
  const { gate, quotas, forwarding, metrics, log } = options;
  const router = createRoutes(options.routes, mostPathLength);
  const check = createRequestCheck();
  const bodies = createBodies(options.budget);
  const counts = {
    requests: metrics.counter(
      "wasm_repl_requests_total",
      "Requests, by the status of their answers.",
      "status",
    ),
    forwarded: metrics.counter("wasm_repl_forwarded_total", "Requests that another worker was asked for."),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { path, query } = addressOf(request.url ?? "");
    const found = router.find(request.method ?? "", path);
    if (found === undefined) {
      const others = router.methodsAt(path);
      if (others.length === 0) throw new Failure("NOT_FOUND", "there is nothing at this address");
      response.setHeader("allow", others.join(", "));
      throw new Failure("METHOD_NOT_ALLOWED", `this address takes ${others.join(" and ")}`);
    }
    const { route, params } = found;
    const isForwarded = forwarding.isForwarded(request);
    const principal = principalOf(route, request, params, isForwarded);
    const body = await bodyOf(route, request, bodies);
    try {
      const exchange: Exchange = {
        request,
        response,
        params,
        query,
        principal,
        bytes: body.bytes,
        body: "schema" in (route.body ?? {}) ? parseJson(body.bytes) : undefined,
        idempotencyKey: idempotencyKeyOf(request),
      };
      if (route.body !== undefined && "schema" in route.body) check(route.body.schema, exchange.body);
      await handle(route, exchange, isForwarded);
    } finally {
      body.free();
    }
  }

  function principalOf(
    route: Route,
    request: IncomingMessage,
    params: Readonly<Record<string, string>>,
    isForwarded: boolean,
  ): Principal {
    const { verb } = route;
    if (verb === undefined) return nobody;
    const principal = gate.principalOf(request.headers);
    if (!isForwarded) quotas.request(principal);
    if (!principal.verbs.has(verb)) throw new Failure("FORBIDDEN", `this token may not ${verb}`);
    if (params.key !== undefined) checkKey(params.key, principal);
    return principal;
  }

  /** Here, or by the worker that has the session: until one does, for a while. */
  async function handle(route: Route, exchange: Exchange, isForwarded: boolean): Promise<void> {
    for (let left = triesToForward; ; left--) {
      try {
        return await route.handle(exchange);
      } catch (error) {
        if (!(error instanceof OwnedElsewhere) || isForwarded) throw error;
        counts.forwarded.add();
        if (await forwarding.forward(exchange, error.address)) return;
        if (left === 1 || exchange.response.destroyed) throw error;
        // If it has died, the store knows of it soon.
        await new Promise((resolve) => setTimeout(resolve, forwardAgainMs));
      }
    }
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on("error", () => {});
    response.on("error", () => {});
    try {
      await answer(request, response);
    } catch (error) {
      await refuse(error, request, response).catch(() => {});
    } finally {
      counts.requests.add(1, String(response.statusCode));
      // Half a request that was refused is not waited for, and half an answer is none.
      if (!response.writableEnded) response.destroy();
    }
  }

  async function refuse(error: unknown, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (error instanceof ClientGone || response.destroyed) return;
    const failure = failureOf(error, log);
    if (response.headersSent) return void response.destroy();
    if (!request.complete) {
      response.setHeader("connection", "close");
      request.resume();
    }
    await sendFailure(response, failure);
  }

  return take;
}

/** Who asks for what anybody may see. */
const nobody: Principal = { name: "", prefix: "", verbs: new Set(), limits: {} };

function addressOf(url: string): { readonly path: string; readonly query: URLSearchParams } {
  // A whole URL is for a proxy, which this is not.
  if (!url.startsWith("/")) throw new Failure("INVALID_REQUEST", "the address must be a path");
  const [path = "/", ...rest] = url.split("?");
  if (path.length > mostPathLength) throw new Failure("INVALID_REQUEST", "the address is too long");
  try {
    decodeURIComponent(path);
  } catch {
    throw new Failure("INVALID_REQUEST", "the address is not encoded as it should be");
  }
  return { path, query: new URLSearchParams(rest.join("?")) };
}

async function bodyOf(route: Route, request: IncomingMessage, bodies: Bodies) {
  if (route.body === undefined) {
    // What comes all the same is read, up to little: otherwise it would be taken for the next request.
    const body = await bodies.read(request, 1024);
    body.free();
    return { bytes: new Uint8Array(0), free() {} };
  }
  if ("schema" in route.body && !isJson(request.headers["content-type"])) {
    throw new Failure("UNSUPPORTED_MEDIA_TYPE", "the Content-Type must be application/json");
  }
  return bodies.read(request, route.body.mostBytes ?? mostJsonBytes);
}

function isJson(type = ""): boolean {
  return /^application\/json\s*(;|$)/i.test(type);
}

function idempotencyKeyOf({ headers }: IncomingMessage): string {
  const given = headers["idempotency-key"];
  if (given === undefined) return randomUUID();
  // A string of structured fields, or as it is.
  const [, quoted, plain] = /^(?:"([^"]*)"|([^"]*))$/.exec(String(given)) ?? [];
  const key = quoted ?? plain ?? "";
  if (!isName(key)) throw new Failure("INVALID_REQUEST", `Idempotency-Key is no id of a cell: ${nameRule}`);
  return key;
}
