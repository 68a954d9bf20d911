import type { ResumeAnswer } from "../../session/options.js";
import { Failure } from "../failure.js";
import { type CellAnswer, cellAnswer } from "../spec/answers.js";
import { canonicalJson } from "../spec/canonical-json.js";
import { type CellRequest, cellDigest, limitsOf, readCellRequest, runOptions } from "../spec/cell-request.js";
import type { Policy } from "../spec/policy.js";
import type { CellRecord, Store } from "../store/store.js";
import { callNameOf, fenced, type RunCell, type RunOutcome } from "./cell-run.js";
import type { Held } from "./held.js";
import type { Interpreters } from "./interpreters.js";
import type { Jobs } from "./jobs.js";

/** A cell that has ended so often with its worker is not begun again. */
const mostAttempts = 3;

/** An answer to a call that a suspended cell waits for. */
export interface CallAnswer {
  /** The id by which clients know it. */
  readonly id: string;
  readonly answer: { readonly value: unknown } | { readonly error: { type?: string; message: string } };
  /** SHA-256 of the answer. */
  readonly digest: string;
}

/** Runs the cells of sessions that this worker owns. All of it in the session's turn. */
export interface Cells {
  run(held: Held, cell: string, request: CellRequest, signal: AbortSignal): Promise<RunOutcome>;
  resume(held: Held, answers: readonly CallAnswer[], signal: AbortSignal): Promise<RunOutcome>;
  /** Runs what an earlier owner has begun. */
  takeOver(held: Held): Promise<void>;
}

const nothing = { cpuMs: 0, outputBytes: 0 };
const asItWas = (answer: CellAnswer): RunOutcome => ({ answer, measures: nothing });

export function createCells(
  store: Store,
  interpreters: Interpreters,
  policy: Policy,
  runCell: RunCell,
  jobs: Jobs,
  drop: (held: Held) => void,
): Cells {
  /** Begins a cell, or tells what has become of it. */
  async function begin(
    held: Held,
    cell: string,
    request: CellRequest,
    digest: string,
  ): Promise<{ readonly attempt: number } | { readonly was: CellAnswer }> {
    const started = await store
      .beginCell(held.claim, {
        cell,
        digest,
        request: canonicalJson(request),
        atMostOnce: request.at_most_once === true,
        maxAttempts: mostAttempts,
      })
      .catch((error) => {
        drop(held);
        throw error;
      });
    if (started.fenced) {
      drop(held);
      throw fenced();
    }
    const start = started.value;
    switch (start.kind) {
      case "run":
        return { attempt: start.attempt };
      case "conflict":
        throw new Failure("CELL_CONFLICT", "there is a cell of this id, which is another one; give a new id");
      default:
        return { was: cellAnswer(start.cell) };
    }
  }

  async function run(
    held: Held,
    cell: string,
    request: CellRequest,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const digest = cellDigest(request);
    if (held.suspendedCell !== undefined) {
      const earlier = await store.getCell(held.key, cell);
      if (earlier === undefined) throw suspended();
    }
    // What can fail without anything having been tried is not an attempt.
    await interpreters.reserve(held);
    const begun = await begin(held, cell, request, digest);
    if ("was" in begun) {
      if (begun.was.status === "lost") held.feed.add({ event: "result", cell, data: { ...begun.was } }, 0);
      return asItWas(begun.was);
    }
    const options = runOptions(request, policy);
    return runCell(held, {
      cell,
      attempts: begun.attempt,
      details: request.details === true,
      signal,
      pending: new Map(),
      answered: [],
      act: (session, others) => session.run(request.code, { ...options, ...others }),
    });
  }

  async function resume(
    held: Held,
    answers: readonly CallAnswer[],
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const record = await recordToResume(held, answers);
    if ("was" in record) return asItWas(record.was);
    const { cell, request, result, attempts } = record;
    const given = readCellRequest(request);
    const { suspended: waiting = [] } = JSON.parse(result ?? "{}") as { suspended?: { call: string }[] };
    await interpreters.reserve(held);
    return runCell(held, {
      cell,
      attempts,
      details: given.details === true,
      signal,
      pending: new Map(waiting.map(({ call }) => [callNameOf(call), call])),
      answered: answers.map(({ id, digest }) => ({ id, digest })),
      act: (session, options) =>
        session.resume(
          answers.map(({ id, answer }) => ({ call: callNameOf(id), ...answer }) as ResumeAnswer),
          { ...limitsOf(given, policy), ...options },
        ),
    });
  }

  /** The suspended cell, or what became of it if all this has been answered already, with the same. */
  async function recordToResume(
    held: Held,
    answers: readonly CallAnswer[],
  ): Promise<CellRecord | { readonly was: CellAnswer }> {
    const calls = await Promise.all(
      answers.map(async ({ id, digest }) => {
        const record = await store.getCall(id);
        if (record?.key !== held.key) throw new Failure("NOT_FOUND", "there is no such call");
        if (record.answered !== undefined && record.answered !== digest) {
          throw new Failure("CALL_ANSWERED", "the call has been answered already, with something else");
        }
        return record;
      }),
    );
    const earlier = calls.filter(({ answered }) => answered !== undefined);
    const [first] = earlier;
    if (first !== undefined && earlier.length < calls.length) {
      throw new Failure(
        "CALL_ANSWERED",
        "some of the calls have been answered already; give the others alone",
      );
    }
    const cell = first?.cell ?? held.suspendedCell;
    const record = cell === undefined ? undefined : await store.getCell(held.key, cell);
    if (record === undefined || calls.some((call) => call.cell !== cell)) {
      throw new Failure("NOT_SUSPENDED", "no cell of the session waits for that");
    }
    return first === undefined ? record : { was: cellAnswer(record) };
  }

  return {
    run,
    resume,
    async takeOver(held) {
      for (let open = held.toTakeOver.shift(); open !== undefined; open = held.toTakeOver.shift()) {
        const { cell, request } = open;
        try {
          await jobs.beginBefore(
            { key: held.key, name: cell, cell, digest: open.digest, sinceId: held.feed.lastId },
            (signal) => run(held, cell, readCellRequest(request), signal),
          );
        } catch (error) {
          // It is still open: whoever owns the session next tries again, as often as it may be.
          drop(held);
          throw error;
        }
      }
    },
  };
}

function suspended(): Failure {
  return new Failure(
    "SUSPENDED",
    "a cell of this session waits for answers to its calls, and nothing else runs until it has ended",
  );
}
