import { Failure } from "../failure.js";
import { sessionAnswer } from "../spec/answers.js";
import { isName } from "../spec/names.js";
import type { Policy } from "../spec/policy.js";
import { checkSpec, isSameSpec, readSpec, type SessionSpec } from "../spec/session-spec.js";
import type { Store } from "../store/store.js";
import type { Principal } from "../tokens/gate.js";
import type { Quotas } from "../tokens/quotas.js";
import type { ServiceWorker } from "../worker/worker.js";
import type { Budget } from "./budget.js";
import type { Route } from "./route.js";
import { sendBytes, sendEmpty, sendJson } from "./send.js";

const defaultPage = 100;
const mostInPage = 200;
/** Of a spec: a page of sessions has all of theirs. */
const mostSpecBytes = 64 * 1024;
/** Of a snapshot that a client gives. */
const mostSnapshotBytes = 128 * 1024 * 1024;

const key = "/v1/sessions/:key";

/** What is asked of sessions as a whole. */
export function sessionRoutes(
  store: Store,
  worker: ServiceWorker,
  policy: Policy,
  quotas: Quotas,
  budget: Budget,
): readonly Route[] {
  async function sessionOf(name: string) {
    const session = await store.getSession(name);
    if (session === undefined) throw new Failure("NOT_FOUND", "there is no such session");
    return session;
  }

  return [
    {
      method: "PUT",
      path: key,
      verb: "create",
      summary:
        "Makes a session, if there is none of the key; with the same spec as one that is there, gives that one.",
      body: { schema: "SessionSpec", mostBytes: mostSpecBytes },
      answer: "Session",
      async handle({ params, body, principal, response }) {
        const name = params.key as string;
        const spec = body as SessionSpec;
        const text = checkSpec(spec, policy);
        if ((await store.getSession(name)) === undefined) await quotas.session(principal);
        const { created, session } = await store.createSession({
          key: name,
          language: spec.language,
          spec: text,
        });
        if (!created && !isSameSpec(session.spec, text)) {
          throw new Failure(
            "SESSION_EXISTS",
            "there is a session of that key, which was made with something else",
          );
        }
        await sendJson(response, created ? 201 : 200, sessionAnswer(session));
      },
    },
    {
      method: "GET",
      path: key,
      verb: "read",
      summary: "Tells of a session.",
      answer: "Session",
      async handle({ params, response }) {
        await sendJson(response, 200, sessionAnswer(await sessionOf(params.key as string)));
      },
    },
    {
      method: "DELETE",
      path: key,
      verb: "delete",
      summary: "Interrupts what runs in a session, and removes it with its state and its cells.",
      status: 204,
      async handle({ params, response }) {
        await worker.remove(params.key as string);
        await sendEmpty(response);
      },
    },
    {
      method: "GET",
      path: "/v1/sessions",
      verb: "read",
      summary: "Lists sessions in order of their keys, a page at a time.",
      query: {
        prefix: "Those alone whose keys begin with it.",
        after: "Those alone that come after this key.",
        limit: `The most in a page; there are never more than ${mostInPage}. Default: ${defaultPage}.`,
      },
      answer: "SessionList",
      async handle({ query, principal, response }) {
        const prefix = prefixOf(query.get("prefix") ?? "", principal);
        const limit = limitOf(query.get("limit"));
        const after = query.get("after") ?? undefined;
        if (after !== undefined && !isName(after)) throw new Failure("INVALID_REQUEST", "after is no key");
        const found =
          prefix === undefined
            ? []
            : await store.listSessions({
                prefix,
                limit: limit + 1,
                ...(after === undefined ? {} : { after }),
              });
        const sessions = found.slice(0, limit).map(sessionAnswer);
        const last = found.length > limit ? sessions.at(-1)?.key : undefined;
        await sendJson(response, 200, { sessions, ...(last === undefined ? {} : { next: last }) });
      },
    },
    {
      method: "POST",
      path: `${key}/fork`,
      verb: "create",
      summary: "Makes a second session from the state of this one.",
      body: { schema: "ForkRequest" },
      answer: "Session",
      async handle({ params, body, principal, response }) {
        const { key: into } = body as { key: string };
        checkKey(into, principal);
        await quotas.session(principal);
        await quotas.work(principal);
        const { created, session } = await worker.use(params.key as string, (held, { fork }) =>
          fork(held, into),
        );
        if (!created) throw new Failure("SESSION_EXISTS", "there is a session of that key already");
        await sendJson(response, 201, sessionAnswer(session));
      },
    },
    {
      method: "POST",
      path: `${key}/reset`,
      verb: "run",
      summary: "Begins anew, with an empty name space and the files of the start.",
      status: 204,
      async handle({ params, response }) {
        await worker.use(params.key as string, (held, { reset }) => reset(held));
        await sendEmpty(response);
      },
    },
    {
      method: "POST",
      path: `${key}/evict`,
      verb: "run",
      summary:
        "Gives up the session's interpreter: it is made again from the state when something is asked of it.",
      status: 204,
      async handle({ params, response }) {
        await worker.evict(params.key as string);
        await sendEmpty(response);
      },
    },
    {
      method: "GET",
      path: `${key}/snapshot`,
      verb: "snapshot",
      summary:
        "Gives the session's state as one snapshot, which the library takes; 404 if it has run nothing.",
      answer: { type: "application/octet-stream" },
      async handle({ params, response }) {
        const session = await sessionOf(params.key as string);
        // The parts, and what is made of them.
        const free = budget.take(2 * session.stateBytes);
        try {
          const bytes = await worker.operations.snapshot(session, readSpec(session.spec));
          if (bytes === undefined)
            throw new Failure("NOT_FOUND", "the session has run nothing, and has no state yet");
          await sendBytes(response, 200, bytes, { "content-type": "application/octet-stream" });
        } finally {
          free();
        }
      },
    },
    {
      method: "PUT",
      path: `${key}/snapshot`,
      verb: "snapshot",
      summary: "Puts a snapshot in the place of the session's state.",
      body: { mostBytes: mostSnapshotBytes },
      status: 204,
      async handle({ params, bytes, principal, response }) {
        await quotas.work(principal);
        await worker.use(params.key as string, (held, { replaceState }) => replaceState(held, bytes));
        await sendEmpty(response);
      },
    },
  ];
}

/** Whether a token has a say in the session of a key. */
export function isWithin(name: string, { prefix }: Principal): boolean {
  return name.startsWith(prefix);
}

/** `FORBIDDEN` for a key that the token has no say in. That is told of any such key, whether there is a session or not. */
export function checkKey(name: string, principal: Principal): void {
  if (!isName(name)) throw new Failure("NOT_FOUND", "there is no such session");
  if (!isWithin(name, principal)) {
    throw new Failure(
      "FORBIDDEN",
      `this token is for sessions whose keys begin with ${JSON.stringify(principal.prefix)}`,
    );
  }
}

/** What both ask for: undefined if there can be none. */
function prefixOf(asked: string, { prefix }: Principal): string | undefined {
  if (asked !== "" && !isName(asked)) throw new Failure("INVALID_REQUEST", "prefix is no beginning of keys");
  if (asked.startsWith(prefix)) return asked;
  return prefix.startsWith(asked) ? prefix : undefined;
}

/** Who asks for more gets as many as there may be, and what to go on with. */
function limitOf(text: string | null): number {
  if (text === null) return defaultPage;
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit >= 1) return Math.min(limit, mostInPage);
  throw new Failure("INVALID_REQUEST", "limit is a positive whole number");
}
