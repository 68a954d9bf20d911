import { attemptOf, cellResultOf, outputOf } from "./answers.js";
import type { Asked, Connection } from "./connection.js";
import { readEvents, type ServerEvent } from "./event-stream.js";
import { mostJsonBytes } from "./json.js";
import { createOutputs, type Outputs } from "./outputs.js";
import { readProblem } from "./problem.js";
import { invalidAnswer, ServiceError } from "./service-error.js";
import type { Stop } from "./stop.js";
import type { RemoteResult, RemoteResumeOptions } from "./types.js";

/**
 * Asks for what a cell becomes until it is known: whatever is cut off is asked for again and goes on behind the last event
 * that came.
 *
 * @param cellId Undefined if it is not known.
 */
export async function runCell(
  connection: Connection,
  asked: Asked,
  cellId: string | undefined,
  options: RemoteResumeOptions,
  stop: Stop,
): Promise<RemoteResult> {
  const patience = connection.patience(stop);
  const outputs = createOutputs(options);
  const place = createPlace();
  for (;;) {
    try {
      const result = await askOnce();
      if (result !== undefined) {
        await outputs.end(result);
        return result;
      }
      throw new ServiceError("UNREACHABLE", "the service was cut off before the cell had ended");
    } catch (error) {
      await patience.wait(error);
    }
  }

  async function askOnce(): Promise<RemoteResult | undefined> {
    const headers = { ...asked.headers, accept: "text/event-stream", ...place.headers };
    const answer = await connection.send({ ...asked, headers }, stop, connection.quietMs);
    if (answer.type === "application/json") {
      return cellResultOf(await answer.bytes(mostJsonBytes), cellId);
    }
    if (answer.type !== "text/event-stream") {
      answer.drop();
      throw invalidAnswer(`it is ${answer.type || "nothing"}, not events`);
    }
    for await (const event of readEvents(answer.pieces, mostJsonBytes)) {
      const isNext = place.go(event.id);
      if (isNext === "seen") continue;
      if (isNext === "elsewhere") outputs.breakOff();
      const result = await take(event, outputs, cellId);
      patience.refresh();
      if (result !== undefined) return result;
    }
    return undefined;
  }
}

/** Gives the result if it is there. */
async function take(
  { event, data }: ServerEvent,
  outputs: Outputs,
  cellId: string | undefined,
): Promise<RemoteResult | undefined> {
  switch (event) {
    case "attempt":
      outputs.begin(attemptOf(data));
      return undefined;
    case "output": {
      const { stream, text } = outputOf(data);
      await outputs.write(stream, text);
      return undefined;
    }
    case "gap":
    case "dropped":
      outputs.breakOff();
      return undefined;
    case "failed":
      throw readProblem(data, {}) ?? invalidAnswer("it failed, and says nothing of why");
    case "result":
      return cellResultOf(data, cellId);
    default:
      // One that a later service has.
      return undefined;
  }
}

/** Where in the events of a session somebody is. Their names are those of a feed, which each owner of it has its own of, and a number in it. */
function createPlace() {
  let last: { readonly id: string; readonly feed: string; readonly number: number } | undefined;
  return {
    get headers(): Readonly<Record<string, string>> {
      return last === undefined ? {} : { "last-event-id": last.id };
    },
    /** Goes on to an event: `seen` if it came before already, `elsewhere` if it is the first of another feed. */
    go(id: string | undefined): "seen" | "elsewhere" | "next" {
      const [, feed, digits] = /^([\w-]{1,100})\.(\d{1,15})$/.exec(id ?? "") ?? [];
      if (id === undefined || feed === undefined) return "next";
      const before = last;
      const number = Number(digits);
      if (before?.feed === feed && number <= before.number) return "seen";
      last = { id, feed, number };
      return before === undefined || before.feed === feed ? "next" : "elsewhere";
    },
  };
}
