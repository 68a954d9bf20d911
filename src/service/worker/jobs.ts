import type { RunOutcome } from "./cell-run.js";

/** A cell that runs or waits for its turn in this worker. */
export interface Job {
  readonly cell: string;
  readonly digest: string;
  readonly outcome: Promise<RunOutcome>;
  /** The event behind which those of the job come; see `Feed`. */
  readonly sinceId: string;
}

/** What is run: a cell by its id, or answers to one that is suspended by a name of theirs. */
export interface JobName {
  readonly key: string;
  readonly name: string;
  readonly cell: string;
  /** Of what is run: something else of the same name is a conflict. */
  readonly digest: string;
  readonly sinceId: string;
}

export type Work = (signal: AbortSignal) => Promise<RunOutcome>;

/** What runs or waits in this worker, so that it can be interrupted, and found by whoever asks again. */
export interface Jobs {
  find(key: string, name: string): Job | undefined;
  /** @param work Its signal is aborted when the cell is interrupted. */
  begin(name: JobName, work: Work): Job;
  /** As `begin`, for what comes before another of its name that waits: an interrupt is for both. */
  beginBefore(name: JobName, work: Work): Promise<RunOutcome>;
  /** Whether something of the cell runs or waits. */
  has(key: string, cell: string): boolean;
  /** Interrupts a cell, or all of a session. False if there is nothing to interrupt. */
  interrupt(key: string, cell?: string): boolean;
  /** Resolves when none is left. */
  rest(): Promise<void>;
  readonly size: number;
}

interface Entry extends Job {
  readonly key: string;
  readonly controller: AbortController;
}

export function createJobs(): Jobs {
  const entries = new Set<Entry>();
  /** By key and name, between which stands what no key can hold. */
  const named = new Map<string, Entry>();
  const placeOf = (key: string, name: string) => `${key}/${name}`;

  function start({ key, cell, digest, sinceId }: JobName, work: Work): Entry {
    const controller = new AbortController();
    const outcome = work(controller.signal).finally(() => entries.delete(entry));
    // Whoever asked may be gone.
    outcome.catch(() => {});
    const entry: Entry = { key, cell, digest, sinceId, outcome, controller };
    entries.add(entry);
    return entry;
  }

  const of = (key: string, cell: string | undefined) =>
    [...entries].filter((entry) => entry.key === key && (cell === undefined || entry.cell === cell));

  return {
    find: (key, name) => named.get(placeOf(key, name)),
    begin(name, work) {
      const place = placeOf(name.key, name.name);
      const entry = start(name, work);
      named.set(place, entry);
      const forget = () => void (named.get(place) === entry && named.delete(place));
      entry.outcome.then(forget, forget);
      return entry;
    },
    beginBefore: (name, work) => start(name, work).outcome,
    has: (key, cell) => of(key, cell).length > 0,
    interrupt(key, cell) {
      const found = of(key, cell);
      for (const { controller } of found) controller.abort();
      return found.length > 0;
    },
    async rest() {
      while (entries.size > 0) await Promise.allSettled(Array.from(entries, ({ outcome }) => outcome));
    },
    get size() {
      return entries.size;
    },
  };
}
