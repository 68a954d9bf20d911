import type { Blobs } from "../blobs/blobs.js";
import { Failure } from "../failure.js";
import type { Metrics } from "../metrics.js";
import { digestOf } from "../spec/canonical-json.js";
import { type CellRequest, cellDigest, checkCell } from "../spec/cell-request.js";
import type { Policy } from "../spec/policy.js";
import type { Store, WorkerDescription } from "../store/store.js";
import type { Principal } from "../tokens/gate.js";
import { createRunCell, type RunOutcome } from "./cell-run.js";
import { type CallAnswer, createCells } from "./cells.js";
import { createCompaction } from "./compaction.js";
import type { Feed } from "./feed.js";
import type { Held } from "./held.js";
import { startHousekeeping } from "./housekeeping.js";
import { createInterpreters, interpreterOf } from "./interpreters.js";
import { createJobs, type Job, type JobName } from "./jobs.js";
import { joinStore } from "./member.js";
import { createOperations, type Operations } from "./operations.js";
import { createOwner } from "./owner.js";
import { createSessionTurns } from "./sessions.js";
import { createStates } from "./states.js";

export interface WorkerOptions {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly policy: Policy;
  readonly description: WorkerDescription;
  /** The most sessions that have an interpreter at one time. */
  readonly maxHot: number;
  /** Above this much memory of the process, sessions that are idle give up their interpreters. */
  readonly memoryBytes: number;
  /** How long ended cells are kept, in milliseconds. */
  readonly retentionMs: number;
  readonly metrics: Metrics;
  /** Is told in one line of what goes wrong and is nobody's answer. */
  readonly log: (line: string) => void;
}

/** A process that owns sessions. What is asked of a session that another has rejects with `OwnedElsewhere`. */
export interface ServiceWorker {
  /** Runs a cell, or finds it: one of this id that runs or waits, or has ended. */
  submit(key: string, cell: string, request: CellRequest): Promise<Job>;
  /** Answers calls of the cell, which goes on. */
  resume(key: string, cell: string, answers: readonly CallAnswer[]): Promise<Job>;
  /** `NOT_RUNNING` if it neither runs nor waits. */
  interrupt(key: string, cell: string): Promise<void>;
  /** What is known of the session's last cells, and what comes. */
  feed(key: string): Promise<Feed>;
  /** Does something in the session's turn. */
  use<Result>(key: string, action: (held: Held, operations: Operations) => Promise<Result>): Promise<Result>;
  readonly operations: Operations;
  /** Interrupts what runs in the session, and removes it. */
  remove(key: string): Promise<void>;
  /** Gives up the session's interpreter, and the session to whoever asks next. */
  evict(key: string): Promise<void>;
  /** Whether a cell runs here, or waits for its turn. */
  isUnderWay(key: string, cell: string): boolean;
  /** Holds a tenant to its number of live sessions: the one that was idle longest makes room. `LIMIT_REACHED`. */
  makeRoomFor(key: string, principal: Principal): Promise<void>;
  /** Runs in the background what a dead worker has left of the session. */
  goOn(key: string): void;
  /** Whether it takes new work. */
  readonly isReady: boolean;
  /**
   * Takes nothing new, waits for what runs, gives everything back and ends. What has not ended by then is left to another
   * worker, which runs it again.
   */
  close(drainMs: number): Promise<void>;
}

/** How long giving sessions back may take at the end: others take them all the same. */
const longestReleaseMs = 10_000;

export async function startWorker(options: WorkerOptions): Promise<ServiceWorker> {
  const { store, policy, metrics, log } = options;
  const states = createStates(store, options.blobs);
  const jobs = createJobs();
  const counts = {
    cells: metrics.counter(
      "wasm_repl_cells_total",
      "Cells, and parts of cells that went on, by what became of them.",
      "status",
    ),
    dropped: metrics.counter(
      "wasm_repl_dropped_total",
      "Sessions given up because what was known of them could not be relied on.",
    ),
    lost: metrics.counter("wasm_repl_memberships_lost_total", "Times that this worker lost its membership."),
    seconds: metrics.histogram(
      "wasm_repl_cell_seconds",
      "From a cell's request to its commit, waiting included.",
    ),
  };
  const fail = (error: unknown) => log(`in the background: ${(error as Error)?.message ?? error}`);

  const member = await joinStore(store, options.description, (reason) => {
    counts.lost.add();
    log(`the membership is lost, and with it all sessions: ${reason.message}`);
    for (const held of owner.all()) owner.drop(held);
  });
  const interpreters = createInterpreters(states, policy, options.maxHot, options.memoryBytes, () =>
    turns.makeRoom(),
  );
  const owner = createOwner(
    store,
    member,
    (spec) => interpreterOf(spec, policy),
    (held) => interpreters.end(held),
    ({ key }) => {
      counts.dropped.add();
      housekeeping.dropped(key);
    },
  );
  const turns = createSessionTurns(
    owner,
    () => interpreters,
    (held) => cells.takeOver(held),
  );
  const drop = (held: Held) => owner.drop(held);
  const runCell = createRunCell(store, states, interpreters, drop);
  const cells = createCells(store, interpreters, policy, runCell, jobs, drop);
  const operations = createOperations(store, states, interpreters, policy, drop);
  const compaction = createCompaction(store, states, policy, () => turns, fail);
  const housekeeping = startHousekeeping(store, options.blobs, member, turns, options.retentionMs, fail);

  metrics.gauge(
    "wasm_repl_hot_sessions",
    "Sessions that have an interpreter in this worker.",
    () => interpreters.live,
  );
  metrics.gauge("wasm_repl_owned_sessions", "Sessions that this worker owns.", () => owner.all().length);
  metrics.gauge(
    "wasm_repl_waiting",
    "Requests that run or wait for their turn in a session.",
    () => turns.waiting,
  );
  metrics.gauge("wasm_repl_ready", "Whether this worker takes new work.", () => (isReady() ? 1 : 0));

  function isReady(): boolean {
    try {
      member.joined();
      return true;
    } catch {
      return false;
    }
  }

  /** Finds what is under way with this id, or begins it. */
  async function job(
    name: Omit<JobName, "sinceId">,
    work: (held: Held, signal: AbortSignal) => Promise<RunOutcome>,
  ): Promise<Job> {
    const { key } = name;
    member.joined();
    const { feed } = await owner.own(key);
    const running = jobs.find(key, name.name);
    if (running !== undefined) {
      if (running.digest === name.digest) return running;
      throw new Failure("CELL_CONFLICT", "there is a cell of this id, which is another one; give a new id");
    }
    const startMs = performance.now();
    return jobs.begin({ ...name, sinceId: feed.lastId }, async (signal) => {
      const outcome = await turns.use(key, async (held) => {
        const ended = await work(held, signal);
        compaction.consider(held);
        return ended;
      });
      counts.cells.add(1, outcome.answer.status);
      counts.seconds.observe((performance.now() - startMs) / 1000);
      return outcome;
    });
  }

  return {
    submit: (key, cell, request) =>
      job({ key, name: cell, cell, digest: cellDigest(request) }, (held, signal) => {
        checkCell(request, held.spec, policy);
        return cells.run(held, cell, request, signal);
      }),
    resume(key, cell, answers) {
      const digest = digestOf(answers.map(({ id, digest: each }) => [id, each]));
      // What is asked twice at one time is one; no cell has a name with a space.
      return job({ key, name: `resume ${digest}`, cell, digest }, (held, signal) =>
        cells.resume(held, answers, signal),
      );
    },
    async interrupt(key, cell) {
      const held = await owner.own(key);
      if (held.toTakeOver.length > 0) {
        // What an earlier owner has left begins now, and can be interrupted then.
        void turns.use(key, async () => {}).catch(() => {});
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (jobs.interrupt(key, cell)) return;
      const record = await store.getCell(key, cell);
      if (record === undefined) throw new Failure("NOT_FOUND", "there is no such cell");
      throw new Failure("NOT_RUNNING", `the cell does not run: it is ${record.status}`);
    },
    async feed(key) {
      return (await owner.own(key)).feed;
    },
    use(key, action) {
      member.joined();
      return turns.use(key, (held) => action(held, operations));
    },
    operations,
    async remove(key) {
      member.joined();
      await owner.own(key);
      jobs.interrupt(key);
      await turns.useAsItIs(key, (held) => operations.remove(held));
    },
    evict: (key) => turns.useAsItIs(key, (held) => owner.release(held)),
    isUnderWay: (key, cell) => jobs.has(key, cell),
    async makeRoomFor(key, { prefix, limits: { liveSessions } }) {
      if (liveSessions !== undefined) await turns.holdTo(prefix, liveSessions, key);
    },
    goOn(key) {
      if (isReady()) void turns.use(key, async () => {}).catch(() => {});
    },
    get isReady() {
      return isReady();
    },
    async close(drainMs) {
      await member.drain().catch(fail);
      await within(jobs.rest(), drainMs);
      housekeeping.stop();
      // What has not ended by now runs again elsewhere: nothing of it has taken effect.
      if (jobs.size > 0) for (const held of owner.all()) owner.drop(held);
      await within(Promise.all([compaction.rest(), turns.releaseAll()]), longestReleaseMs);
      await within(member.leave().catch(fail), longestReleaseMs);
    },
  };
}

/** Waits for something, but no longer than that. */
async function within(done: Promise<unknown>, longestMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, longestMs);
  });
  await Promise.race([done, late]);
  clearTimeout(timer);
}
