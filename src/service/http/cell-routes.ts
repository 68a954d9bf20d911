import { fromJsonValue, lossOfNumbers } from "../../wire/json-values.js";
import { Failure } from "../failure.js";
import { cellAnswer } from "../spec/answers.js";
import { digestOf } from "../spec/canonical-json.js";
import type { CellRequest } from "../spec/cell-request.js";
import { isName } from "../spec/names.js";
import type { Store } from "../store/store.js";
import type { Quotas } from "../tokens/quotas.js";
import type { CallAnswer } from "../worker/cells.js";
import type { Job } from "../worker/jobs.js";
import type { ServiceWorker } from "../worker/worker.js";
import type { Streams } from "./event-streams.js";
import type { Exchange, Route } from "./route.js";
import { sendEmpty, sendJson } from "./send.js";
import { isWithin } from "./session-routes.js";

const key = "/v1/sessions/:key";

/** What is asked of the cells of sessions. */
export function cellRoutes(
  store: Store,
  worker: ServiceWorker,
  quotas: Quotas,
  streams: Streams,
): readonly Route[] {
  const counted = new WeakSet<Job>();

  /** Tells of a cell that was begun: as it goes, or when it is over. */
  async function answer(exchange: Exchange, session: string, job: Job): Promise<void> {
    const { principal, request, response } = exchange;
    if (!counted.has(job)) {
      counted.add(job);
      // Whoever hears of it: what was used is used.
      void job.outcome.then(
        ({ measures }) => quotas.used(principal, measures.cpuMs, measures.outputBytes),
        () => {},
      );
    }
    if (wantsEvents(request.headers.accept)) return streams.sendJob(exchange, session, job);
    const outcome = await job.outcome;
    await sendJson(response, 200, outcome.answer);
  }

  async function resume(exchange: Exchange, session: string, answers: readonly CallAnswer[]): Promise<void> {
    const { principal } = exchange;
    await quotas.work(principal);
    await worker.makeRoomFor(session, principal);
    const known = await store.getSession(session);
    if (known === undefined) throw new Failure("NOT_FOUND", "there is no such session");
    const first = answers[0] && (await store.getCall(answers[0].id));
    const cell = first?.cell ?? known.suspendedCell;
    if (cell === undefined) throw new Failure("NOT_SUSPENDED", "no cell of the session waits for that");
    await answer(exchange, session, await worker.resume(session, cell, answers));
  }

  return [
    {
      method: "POST",
      path: `${key}/cells`,
      verb: "run",
      summary:
        "Runs a cell, which takes effect once: asked again with the same Idempotency-Key, it gives the same answer. " +
        "What is in the answer is committed. As events, output comes as it is written and is provisional until then.",
      body: { schema: "CellRequest" },
      answer: "Cell",
      hasEvents: true,
      async handle(exchange) {
        const { params, body, principal, idempotencyKey } = exchange;
        const session = params.key as string;
        await quotas.work(principal);
        await worker.makeRoomFor(session, principal);
        await answer(exchange, session, await worker.submit(session, idempotencyKey, body as CellRequest));
      },
    },
    {
      method: "GET",
      path: `${key}/cells/:cell`,
      verb: "read",
      summary: "Tells of a cell, with its result if it has one.",
      answer: "Cell",
      async handle({ params, response }) {
        const [session, cell] = [params.key as string, params.cell as string];
        const record = isName(cell) ? await store.getCell(session, cell) : undefined;
        if (record === undefined) throw new Failure("NOT_FOUND", "there is no such cell");
        if (record.status === "running") worker.goOn(session);
        await sendJson(response, 200, cellAnswer(record));
      },
    },
    {
      method: "GET",
      path: `${key}/events`,
      verb: "read",
      summary: "Tells as events what happens in a session, or to one cell; goes on behind Last-Event-ID.",
      query: { cell: "The events of this cell alone, up to its end." },
      answer: { type: "text/event-stream" },
      async handle(exchange) {
        await streams.sendSession(exchange, exchange.params.key as string);
      },
    },
    {
      method: "POST",
      path: `${key}/cells/:cell/interrupt`,
      verb: "run",
      summary: "Stops a cell that runs or waits for its turn: it ends with stopped: interrupt.",
      status: 204,
      async handle({ params, response }) {
        const cell = params.cell as string;
        if (!isName(cell)) throw new Failure("NOT_FOUND", "there is no such cell");
        await worker.interrupt(params.key as string, cell);
        await sendEmpty(response);
      },
    },
    {
      method: "POST",
      path: `${key}/resume`,
      verb: "answer",
      summary: "Answers calls of a suspended cell, which goes on. It need not get all answers at once.",
      body: { schema: "ResumeRequest" },
      answer: "Cell",
      hasEvents: true,
      async handle(exchange) {
        checkNumbers(exchange.bytes);
        const { answers } = exchange.body as { answers: (JsonAnswer & { call: string })[] };
        const given = answers.map(({ call, ...answer }) => callAnswer(call, answer));
        await resume(exchange, exchange.params.key as string, given);
      },
    },
    {
      method: "POST",
      path: "/v1/calls/:id",
      verb: "answer",
      summary: "Answers a call by its id alone; what the cell becomes of it is the answer.",
      body: { schema: "CallAnswer" },
      answer: "Cell",
      hasEvents: true,
      async handle(exchange) {
        const { params, body, principal } = exchange;
        checkNumbers(exchange.bytes);
        const call = await store.getCall(params.id as string);
        // That of another tenant is as unknown as one that never was.
        if (call === undefined || !isWithin(call.key, principal))
          throw new Failure("NOT_FOUND", "there is no such call");
        await resume(exchange, call.key, [callAnswer(call.id, body as JsonAnswer)]);
      },
    },
  ];
}

/** What the code would get in place of what was sent is refused. */
function checkNumbers(bytes: Uint8Array): void {
  const loss = lossOfNumbers(new TextDecoder().decode(bytes));
  if (loss !== undefined) throw new Failure("INVALID_REQUEST", `the number ${loss}; give it as a string`);
}

interface JsonAnswer {
  readonly value?: unknown;
  readonly error?: { readonly type?: string; readonly message: string };
}

function callAnswer(id: string, { value, error }: JsonAnswer): CallAnswer {
  if ((value === undefined) === (error === undefined)) {
    throw new Failure("INVALID_REQUEST", "an answer has a value, or an error");
  }
  if (error !== undefined) return { id, answer: { error }, digest: digestOf({ error }) };
  try {
    return { id, answer: { value: fromJsonValue(value) }, digest: digestOf({ value }) };
  } catch (fault) {
    throw new Failure("INVALID_REQUEST", `the value is not as it should be: ${(fault as Error).message}`);
  }
}

function wantsEvents(accept = ""): boolean {
  return accept
    .split(",")
    .some((type) => type.split(";", 1)[0]?.trim().toLowerCase() === "text/event-stream");
}
