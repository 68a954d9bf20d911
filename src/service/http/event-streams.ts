import { Failure } from "../failure.js";
import { cellAnswer } from "../spec/answers.js";
import { isName } from "../spec/names.js";
import type { Store } from "../store/store.js";
import type { FeedListener, NamedEvent } from "../worker/feed.js";
import type { Job } from "../worker/jobs.js";
import type { ServiceWorker } from "../worker/worker.js";
import { failureOf, problemOf } from "./problems.js";
import type { Exchange } from "./route.js";
import { beginEvents, heartbeatMs, sendEvent, sendHeartbeat } from "./sse.js";

/** The most that listen to one worker's sessions, besides those who run a cell. */
const mostListeners = 1000;

/** Answers that are events, as they happen, at the pace of their reader: one that is too slow for them gets `gap`. */
export interface Streams {
  /** A cell that was begun, to its end. */
  sendJob(exchange: Exchange, session: string, job: Job): Promise<void>;
  /** What happens in a session, or to one of its cells. */
  sendSession(exchange: Exchange, session: string): Promise<void>;
}

const ends = ({ event }: NamedEvent) => event === "result";

export function createStreams(store: Store, worker: ServiceWorker, log: (line: string) => void): Streams {
  let listeners = 0;

  /**
   * Sends events until one of a cell is the end; or, once nothing more is to come, those that are there. True if the end was
   * sent.
   */
  async function sendAll(
    { response }: Exchange,
    listener: FeedListener,
    cell: string | undefined,
    isOver: () => boolean,
    isEnd: (event: NamedEvent) => boolean,
  ): Promise<boolean> {
    for (;;) {
      const event = await listener.next(isOver() ? 0 : heartbeatMs);
      if (event === undefined) return false;
      if (event === "quiet") {
        if (isOver()) return false;
        await sendHeartbeat(response);
      } else if (event === "gap") {
        await sendEvent(response, "gap", {
          detail: "events were lost: they came faster than they were read",
        });
      } else if (cell === undefined || event.cell === cell) {
        await sendEvent(response, event.event, event.data, event.id);
        if (isEnd(event)) return true;
      }
    }
  }

  return {
    async sendJob(exchange, session, job) {
      const { response, request } = exchange;
      const feed = await worker.feed(session);
      const listener = feed.listen(lastEventId(request.headers["last-event-id"]) ?? job.sinceId);
      let isOver = false;
      const settled = job.outcome.then(
        ({ answer }) => ({ answer }),
        (error) => ({ error: failureOf(error, log) }),
      );
      void settled.then(() => {
        isOver = true;
        listener.end();
      });
      response.once("close", () => listener.end());
      try {
        beginEvents(response);
        const hasEnded = await sendAll(exchange, listener, job.cell, () => isOver, ends);
        const outcome = await settled;
        if (hasEnded) return void response.end();
        if ("answer" in outcome) await sendEvent(response, "result", outcome.answer);
        else await sendEvent(response, "failed", problemOf(outcome.error));
        response.end();
      } finally {
        listener.end();
      }
    },
    async sendSession(exchange, session) {
      const { query, request, response } = exchange;
      const cell = query.get("cell") ?? undefined;
      if (cell !== undefined && !isName(cell))
        throw new Failure("INVALID_REQUEST", "cell is no id of a cell");
      const feed = await worker.feed(session);
      if (listeners >= mostListeners) throw new Failure("BUSY", "too many listen to this worker already");
      listeners++;
      const listener = feed.listen(lastEventId(request.headers["last-event-id"]));
      response.once("close", () => listener.end());
      try {
        const record = cell === undefined ? undefined : await store.getCell(session, cell);
        const isUnderWay = cell !== undefined && worker.isUnderWay(session, cell);
        if (cell !== undefined && record === undefined && !isUnderWay) {
          throw new Failure("NOT_FOUND", "there is no such cell");
        }
        if (record?.status === "running") worker.goOn(session);
        beginEvents(response);
        const isOver = record !== undefined && record.status !== "running" && !isUnderWay;
        // One that was suspended may have gone on already.
        const isEnd = (event: NamedEvent) =>
          cell !== undefined &&
          ends(event) &&
          (event.data.status !== "suspended" || event.id === feed.lastId);
        const hasEnded = await sendAll(exchange, listener, cell, () => isOver, isEnd);
        if (isOver && !hasEnded) await sendEvent(response, "result", cellAnswer(record));
        response.end();
      } finally {
        listeners--;
        listener.end();
      }
    },
  };
}

function lastEventId(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
