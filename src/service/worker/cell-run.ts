import { randomBytes } from "node:crypto";
import type { CellResult, ResumeOptions } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import { resultInJson } from "../../wire/result-json.js";
import { Failure } from "../failure.js";
import type { CellAnswer } from "../spec/answers.js";
import type { CellCommit, NewCall, Store } from "../store/store.js";
import type { Held } from "./held.js";
import { headOf, type Interpreters } from "./interpreters.js";
import { createOutputs } from "./outputs.js";
import type { States } from "./states.js";

/** A run of a cell: of the whole of it, or of a part between two suspensions. */
export interface CellRun {
  readonly cell: string;
  readonly attempts: number;
  readonly details: boolean;
  readonly signal: AbortSignal;
  /** The calls that were pending before, by what the session calls them: those that still are keep their ids. */
  readonly pending: ReadonlyMap<string, string>;
  readonly answered: CellCommit["answered"];
  act(session: Session, options: ResumeOptions): Promise<CellResult>;
}

export interface RunOutcome {
  readonly answer: CellAnswer;
  readonly measures: { readonly cpuMs: number; readonly outputBytes: number };
}

/** A chain is made shorter in the background long before it has so many parts; if not, by a whole snapshot. */
const mostParts = 200;
/** In bytes: 144 bits, in an address. */
const callIdBytes = 18;

/** Runs a cell, and has it take effect: in one commit, before anybody is told of its result. */
export type RunCell = (held: Held, run: CellRun) => Promise<RunOutcome>;

/** @param drop Gives up what has come apart from the store. */
export function createRunCell(
  store: Store,
  states: States,
  interpreters: Interpreters,
  drop: (held: Held) => void,
): RunCell {
  async function perform(held: Held, run: CellRun): Promise<RunOutcome> {
    const { cell, attempts, signal } = run;
    const live = await interpreters.open(held);
    held.feed.add({ event: "attempt", cell, data: { cell, attempt: attempts } }, 0);
    const outputs = createOutputs((stream, text) =>
      held.feed.add({ event: "output", cell, data: { cell, stream, text } }, 2 * text.length),
    );
    const isWhole = live.since === undefined || (held.chain?.parts ?? 0) >= mostParts;
    const result = await run.act(live.session, {
      id: cell,
      signal,
      onOutput: (stream, text) => outputs.write(stream, text),
      snapshot: isWhole ? true : { since: live.since as Uint8Array },
    });
    outputs.flush();
    const { snapshot } = result;
    const hasNotBegun = result.stopped === "interrupt" && result.durationMs === 0;
    if (snapshot === undefined && !hasNotBegun) {
      // It has lost its interpreter, or is too full to be told of: the session is what it was before the cell.
      await interpreters.end(held);
    }
    const { result: shown, calls } = told(result, run, snapshot === undefined && !hasNotBegun);
    const status = result.suspended === undefined ? "ended" : "suspended";
    const state = snapshot && (await states.keep(snapshot, isWhole));
    const committed = await store.commitCell(held.claim, {
      cell,
      status,
      result: JSON.stringify(shown),
      ...(state === undefined ? {} : { state }),
      calls,
      answered: run.answered,
    });
    if (committed.fenced) throw fenced();
    held.claim = committed.value;
    held.suspendedCell = status === "suspended" ? cell : undefined;
    if (snapshot !== undefined) advance(held, snapshot, isWhole);
    const answer: CellAnswer = { cell, status, attempts, result: shown };
    held.feed.add({ event: "result", cell, data: { ...answer } }, 2 * (result.output?.length ?? 0));
    return {
      answer,
      measures: { cpuMs: result.cpuMs ?? result.durationMs, outputBytes: result.output?.length ?? 0 },
    };
  }

  return async (held, run) => {
    try {
      return await perform(held, run);
    } catch (error) {
      // Whatever its interpreter has done since the last commit, the store knows nothing of it.
      held.feed.add({ event: "dropped", cell: run.cell, data: { cell: run.cell } }, 0);
      drop(held);
      throw error;
    }
  };
}

/** The session's state is now that of a snapshot which the store has. */
export function advance(held: Held, snapshot: Uint8Array, isWhole: boolean): void {
  const { parts, wholeBytes, changeBytes } = held.chain ?? { parts: 0, wholeBytes: 0, changeBytes: 0 };
  held.isForeign = false;
  // A session that has given none but this has to be shown all of it.
  if (held.live !== undefined) held.live.since = isWhole ? snapshot : headOf(snapshot);
  held.chain = isWhole
    ? { parts: 1, wholeBytes: snapshot.length, changeBytes: 0 }
    : { parts: parts + 1, wholeBytes, changeBytes: changeBytes + snapshot.length };
}

export function fenced(): Failure {
  return new Failure("UNAVAILABLE", "the session went to another worker meanwhile, and nothing has happened");
}

/** As JSON lines have it; calls have the ids by which they are answered from anywhere. */
function told(
  { lostRuns: _, ...result }: CellResult,
  { details, pending }: CellRun,
  isRolledBack: boolean,
): { readonly result: Readonly<Record<string, unknown>>; readonly calls: readonly NewCall[] } {
  const { suspended, ...others } = resultInJson(result, details);
  const calls = ((suspended ?? []) as CallInJson[]).map(({ call, function: name, args, kwargs }) => ({
    id: pending.get(call) ?? `${call}.${randomBytes(callIdBytes).toString("base64url")}`,
    call: Number(call.slice(1)),
    name,
    arguments: JSON.stringify({ args, kwargs }),
    shown: { function: name, args, kwargs },
  }));
  return {
    result: {
      ...others,
      ...(isRolledBack ? { state: "rolled_back" } : {}),
      ...(suspended === undefined
        ? {}
        : { suspended: calls.map(({ id, shown }) => ({ call: id, ...shown })) }),
    },
    calls: calls.map(({ shown: _, ...call }) => call),
  };
}

interface CallInJson {
  readonly call: string;
  readonly function: string;
  readonly args: readonly unknown[];
  readonly kwargs: object;
}

/** What the session calls a call of that id. */
export function callNameOf(id: string): string {
  return id.replace(/\..*$/s, "");
}
