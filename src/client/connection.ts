import { createPatience, type Patience } from "./patience.js";
import { readProblem } from "./problem.js";
import { invalidAnswer, isTransient, ServiceError } from "./service-error.js";
import type { Stop } from "./stop.js";
import type { ConnectOptions, FetchResponse } from "./types.js";

/** What is asked of the service. */
export interface Asked {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** Below the service's address, encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
}

/** An answer that says that it was done. */
export interface Answer {
  readonly status: number;
  /** Without its parameters. */
  readonly type: string;
  /** Its body, as it comes. */
  readonly pieces: AsyncIterable<Uint8Array>;
  /** All of its body; `INVALID_ANSWER` if it is longer. */
  bytes(mostBytes: number): Promise<Uint8Array>;
  /** For one that is not read. */
  drop(): void;
}

/** What came of something that was asked a second time. */
export type Settle<Result> = (error: ServiceError) => { readonly result: Result } | undefined;

/** Asks the service, and nobody else. */
export interface Connection {
  /** Asks once. Rejects with a `ServiceError` for everything but an answer that says that it was done. */
  send(asked: Asked, stop: Stop, quietMs?: number): Promise<Answer>;
  /**
   * Asks until there is an answer, as patience has it.
   *
   * @param settle Is asked what an error means of something that may have been done before already.
   */
  ask<Result>(
    asked: Asked,
    read: (answer: Answer) => Promise<Result>,
    stop: Stop,
    settle?: Settle<Result>,
  ): Promise<Result>;
  patience(stop: Stop): Patience;
  /** Of streams of events; see `ConnectOptions`. */
  readonly quietMs: number;
}

const defaults = { retryMs: 30_000, quietMs: 45_000, answerMs: 300_000 } as const;
/** What is wrong is told in fewer. */
const mostProblemBytes = 64 * 1024;
/** What is in between could not get an answer from the service. */
const gatewayStatuses = new Set([408, 502, 503, 504]);

export function createConnection(options: ConnectOptions): Connection {
  const { token, retryMs = defaults.retryMs, quietMs = defaults.quietMs } = options;
  const { answerMs = defaults.answerMs } = options;
  const base = baseOf(options.url);
  const fetch: NonNullable<ConnectOptions["fetch"]> =
    options.fetch ?? ((url, request) => globalThis.fetch(url, request as object));

  async function send(asked: Asked, stop: Stop, mostQuietMs = answerMs): Promise<Answer> {
    stop.check();
    const { method, path, json, bytes } = asked;
    const body = bytes ?? (json === undefined ? undefined : JSON.stringify(json));
    const attempt = new AbortController();
    const off = stop.onStop(() => attempt.abort());
    const end = () => {
      off();
      attempt.abort();
    };

    /** Waits for the service, no longer than that. */
    async function soon<Result>(what: () => Promise<Result>): Promise<Result> {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        attempt.abort();
      }, mostQuietMs);
      try {
        return await what();
      } catch (cause) {
        stop.check();
        const why = isLate ? `nothing came from it for ${mostQuietMs} ms` : reasonOf(cause);
        throw new ServiceError("UNREACHABLE", `the service at ${base.origin} cannot be reached: ${why}`, {
          cause,
        });
      } finally {
        clearTimeout(timer);
      }
    }

    async function* pieces(response: FetchResponse): AsyncGenerator<Uint8Array> {
      const reader = response.body?.getReader();
      if (reader === undefined) return end();
      try {
        for (;;) {
          const { done, value } = await soon(() => reader.read());
          if (done || value === undefined) return;
          yield value;
        }
      } finally {
        end();
      }
    }

    try {
      const response = await soon(() =>
        fetch(new URL(path, base).href, {
          method,
          headers: {
            ...(json === undefined ? {} : { "content-type": "application/json" }),
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...asked.headers,
          },
          ...(body === undefined ? {} : { body }),
          signal: attempt.signal,
          redirect: "manual",
          credentials: "omit",
          cache: "no-store",
          referrerPolicy: "no-referrer",
        }),
      );
      const answer: Answer = {
        status: response.status,
        type: (response.headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "",
        pieces: pieces(response),
        bytes: (mostBytes) => gather(answer.pieces, mostBytes),
        drop: end,
      };
      if (response.status >= 200 && response.status < 300) return answer;
      throw await failureOf(response, answer);
    } catch (error) {
      end();
      throw error;
    }
  }

  return {
    quietMs,
    send,
    patience: (stop) => createPatience(retryMs, stop),
    async ask(asked, read, stop, settle) {
      const patience = createPatience(retryMs, stop);
      for (let mayBeDone = false; ; ) {
        try {
          return await read(await send(asked, stop));
        } catch (error) {
          if (mayBeDone && error instanceof ServiceError) {
            const settled = settle?.(error);
            if (settled !== undefined) return settled.result;
          }
          await patience.wait(error);
          // Whoever is busy has done nothing.
          mayBeDone ||= isTransient(error) && (error.code === "UNREACHABLE" || error.code === "UNAVAILABLE");
        }
      }
    },
  };
}

/** What the answer to something says that was not done. */
async function failureOf(response: FetchResponse, answer: Answer): Promise<ServiceError> {
  const { status } = response;
  if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
    const to = response.headers.get("location");
    const where = to === null ? "" : ` (${JSON.stringify(to.slice(0, 200))})`;
    return new ServiceError(
      "REDIRECTED",
      `the service sends the client elsewhere${where}, where it does not go`,
    );
  }
  const retryAfterMs = retryAfterOf(response.headers.get("retry-after"));
  const options = { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (answer.type === "application/problem+json") {
    const problem = readProblem(await answer.bytes(mostProblemBytes), options);
    if (problem !== undefined) return problem;
  }
  if (gatewayStatuses.has(status)) {
    return new ServiceError(
      "UNREACHABLE",
      `what is in front of the service answers with status ${status}`,
      options,
    );
  }
  if (status === 429) return new ServiceError("TOO_MANY_REQUESTS", "too much was asked at a time", options);
  return invalidAnswer(`it has status ${status}, and says nothing of why`, options);
}

async function gather(pieces: AsyncIterable<Uint8Array>, mostBytes: number): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > mostBytes) throw invalidAnswer(`it is longer than ${mostBytes} bytes`);
    all.push(piece);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of all) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** In milliseconds from now: it is told in seconds, or as a date. */
function retryAfterOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** `fetch` itself says no more than that it failed. */
function reasonOf(error: unknown): string {
  const { cause, message } = (error ?? {}) as {
    cause?: { code?: unknown; message?: unknown };
    message?: unknown;
  };
  const reason = cause?.code ?? cause?.message ?? message;
  return typeof reason === "string" && reason !== ""
    ? reason.replaceAll(/[^\x20-\x7e]+/g, " ").slice(0, 200)
    : "it failed";
}

function baseOf(given: ConnectOptions["url"]): URL {
  let url: URL;
  try {
    url = new URL(typeof given === "string" ? given : given.href);
  } catch {
    throw new ServiceError("INVALID_OPTION", "url is no address of a service, such as http://127.0.0.1:7070");
  }
  if (!/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new ServiceError("INVALID_OPTION", "url begins with http:// or https://, and has no user in it");
  }
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}
