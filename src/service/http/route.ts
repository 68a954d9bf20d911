import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "../tokens/gate.js";
import type { Verb } from "../tokens/token-file.js";
import type { AnswerSchema, RequestSchema } from "./schemas.js";

/** A request that may be answered: whose it is is known, and that they may ask this. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The parts of the path that have names, decoded; `*` is the rest of it. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly principal: Principal;
  /** The body, if the route has one. It has been checked. */
  readonly body: unknown;
  readonly bytes: Uint8Array;
  /** The id of a cell that the client gave, or a new one: it is the same wherever the request is forwarded to. */
  readonly idempotencyKey: string;
}

/** What may be asked of a service. */
export interface Route {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** With `:name` for parts that have names. */
  readonly path: string;
  /** What a token must allow. Absent: anybody may ask. */
  readonly verb?: Verb;
  /** A line that says what it does. */
  readonly summary: string;
  readonly query?: Readonly<Record<string, string>>;
  /** The body: JSON that a schema checks, or bytes up to a length. */
  readonly body?:
    | { readonly schema: RequestSchema; readonly mostBytes?: number }
    | { readonly mostBytes: number };
  readonly status?: number;
  /** Of the answer: JSON as a schema says, or another type. Absent: it has no body. */
  readonly answer?: AnswerSchema | { readonly type: string };
  /** It answers with events where the client accepts those. */
  readonly hasEvents?: true;
  /** Nothing is counted, and draining does not refuse it. */
  readonly isAlwaysOpen?: true;
  handle(exchange: Exchange): Promise<void>;
}
