/**
 * A session as the page has it: the tree of its states, the live interpreter at one of them, and what is kept of both.
 * One thing is done at a time; what changes is told to the listener.
 */
import {
  type CellResult,
  type Language,
  type LoadProgress,
  type Session,
  WasmReplError,
} from "wasm-repl/browser";
import { cellName } from "./error-line.js";
import { createKeeper, type Keeping } from "./keeper.js";
import { writeTree } from "./kept-tree.js";
import type { Limits } from "./limits.js";
import { type ChainEnd, openLive, runAndTake, take } from "./live.js";
import { failedOutcome, outcomeOf } from "./outcome.js";
import { createOutputLog } from "./output-log.js";
import { addStep, chainTo, descendants, pathTo, type Step, type Steps } from "./steps.js";
import type { Store } from "./store.js";

export type Phase =
  | { readonly is: "loading"; readonly progress?: LoadProgress }
  | { readonly is: "ready" }
  | { readonly is: "running"; readonly step: Step }
  /** It goes to another state. */
  | { readonly is: "moving" }
  /** There is no interpreter. */
  | { readonly is: "failed"; readonly message: string; readonly code?: string };

export interface NotebookListener {
  phase(phase: Phase): void;
  /** The session is at another step, or there is a new one. */
  moved(): void;
  /** A cell that runs has written something. */
  wrote(step: Step): void;
  /** A cell has ended. */
  ended(step: Step): void;
  keeping(keeping: Keeping): void;
  /** A cell waits for a line of input; undefined for the end of input. */
  ask(step: Step): Promise<string | undefined>;
}

export interface NotebookOptions {
  readonly id: string;
  readonly language: Language;
  readonly name: string;
  readonly steps: Steps;
  readonly limits: Limits;
  /** Absent: it cannot be kept, for the `storageProblem`. */
  readonly store?: Store;
  readonly storageProblem?: string;
  /** The states that are not in the storage. */
  readonly states?: ReadonlyMap<number, Uint8Array>;
}

export type Notebook = ReturnType<typeof createNotebook>;

export function createNotebook(options: NotebookOptions, listener: NotebookListener) {
  const { id, language, steps, store } = options;
  let { name, limits } = options;
  let session: Session | undefined;
  let phase: Phase = { is: "loading" };
  let work: Promise<void> = Promise.resolve();
  let isClosed = false;
  const logs = new Map<number, ReturnType<typeof createOutputLog>>();
  const keeper = createKeeper(
    store,
    options.storageProblem ?? "The browser cannot keep sessions here",
    () => writeTree({ language, name, steps }),
    (keeping) => listener.keeping(keeping),
  );
  for (const [step, bytes] of options.states ?? []) keeper.put(stateFile(step), bytes);

  function enter(next: Phase): void {
    phase = next;
    if (!isClosed) listener.phase(next);
  }

  /** Each thing in its turn. */
  function inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = work.then(action);
    work = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }

  async function chainBytes(step: number): Promise<Uint8Array[]> {
    return Promise.all(
      chainTo(steps, step).map(async ({ id }) => {
        const bytes = await keeper.get(stateFile(id));
        if (bytes === undefined) throw new Error("A state is missing in the browser's storage.");
        return bytes;
      }),
    );
  }

  async function chainEnd(step: number): Promise<ChainEnd | undefined> {
    const chain = chainTo(steps, step);
    const last = chain.at(-1);
    const bytes = last && (await keeper.get(stateFile(last.id)));
    return bytes && { last: bytes, length: chain.length };
  }

  /** Has an interpreter at a step's state, in place of the one that there is. */
  async function goThere(step: number): Promise<void> {
    const chain = await chainBytes(step);
    const onProgress = (progress: LoadProgress) => enter({ is: "loading", progress });
    const before = session;
    session = await openLive(language, limits, chain, before === undefined ? onProgress : undefined);
    steps.head = step;
    await before?.close();
  }

  function open(): Promise<void> {
    enter({ is: "loading" });
    return inTurn(async () => {
      try {
        await goThere(steps.head);
        enter({ is: "ready" });
        // What came from elsewhere is kept once it is known to be sound.
        if (options.states !== undefined) keeper.keep();
      } catch (error) {
        fail(error);
      }
    });
  }

  function fail(error: unknown): void {
    const { message } = error as Error;
    enter({ is: "failed", message, ...(error instanceof WasmReplError ? { code: error.code } : {}) });
  }

  function kept(step: Step, bytes: Uint8Array, isPart: boolean): void {
    step.state = isPart ? "part" : "whole";
    keeper.put(stateFile(step.id), bytes);
  }

  async function run(code: string): Promise<Step | undefined> {
    return inTurn(async () => {
      if (session === undefined || isClosed) return undefined;
      const end = await chainEnd(steps.head);
      const before = steps.head;
      const step = addStep(steps, { kind: "cell", code });
      const log = createOutputLog();
      logs.set(step.id, log);
      enter({ is: "running", step });
      listener.moved();
      const runOptions = {
        id: step.id,
        filename: cellName(step.id),
        keepOutput: false,
        ...(limits.timeoutMs === undefined ? {} : { timeoutMs: limits.timeoutMs }),
        ...(crossOriginIsolated ? { onInput: () => ask(step) } : {}),
        onOutput(stream: "stdout" | "stderr", text: string) {
          log.push(stream, text);
          listener.wrote(step);
        },
      };
      try {
        const { result, isPart } = await runAndTake(session, code, runOptions, end);
        step.outcome = outcomeOf(result, log, language, step.id);
        if (result.snapshot !== undefined) kept(step, result.snapshot, isPart);
        else await putBack(step, before, result);
      } catch (error) {
        step.outcome = failedOutcome((error as Error).message, "The session is as it was before this cell.");
        if (!isClosed) await reopen(before, step.id);
      }
      if (log.hidden > 0) keeper.put(outputFile(step.id), new TextEncoder().encode(log.whole() ?? ""));
      listener.ended(step);
      if (phase.is !== "failed") enter({ is: "ready" });
      keeper.keep();
      return step;
    });
  }

  /** A line of input, which a terminal would show where it was typed. */
  async function ask(step: Step): Promise<string | undefined> {
    const line = await listener.ask(step);
    if (line !== undefined) logs.get(step.id)?.push("stdin", line);
    listener.wrote(step);
    return line;
  }

  /** There is no state after a run: it has lost its interpreter, or there is no memory left to take one. */
  async function putBack(step: Step, before: number, { state, lostRuns }: CellResult): Promise<void> {
    const isBefore = state === "rolled_back" && lostRuns?.length === 1;
    if (!isBefore) await reopen(before, step.id);
    if (state === undefined || state === "kept") {
      const note = "No memory was left to keep the state. The session is as it was before this cell.";
      if (step.outcome !== undefined) step.outcome = { ...step.outcome, note };
    }
  }

  async function reopen(at: number, head: number): Promise<void> {
    try {
      await goThere(at);
      steps.head = head;
    } catch (error) {
      steps.head = head;
      fail(error);
    }
  }

  async function goTo(step: number): Promise<void> {
    return inTurn(async () => {
      if (session === undefined || step === steps.head || isClosed) return;
      enter({ is: "moving" });
      try {
        await goThere(step);
        listener.moved();
      } finally {
        enter({ is: "ready" });
      }
      keeper.keep();
    });
  }

  function fork(label: string): Promise<void> {
    return inTurn(async () => {
      addStep(steps, { kind: "fork", label });
      listener.moved();
      keeper.keep();
    });
  }

  /** Does something to the session's files, which is a step of its own. */
  async function changeFiles(label: string, change: (session: Session) => Promise<void>): Promise<void> {
    return inTurn(async () => {
      if (session === undefined || isClosed) return;
      const end = await chainEnd(steps.head);
      try {
        await change(session);
      } finally {
        const { bytes, isPart } = await take(session, end);
        kept(addStep(steps, { kind: "files", label }), bytes, isPart);
        listener.moved();
        keeper.keep();
      }
    });
  }

  /** Removes a step that does not lead to the current one, and all that came from it. */
  function remove(step: number): Promise<void> {
    return inTurn(async () => {
      if (pathTo(steps, steps.head).some(({ id }) => id === step)) return;
      for (const { id, outcome } of descendants(steps, step)) {
        steps.all.delete(id);
        keeper.forget(stateFile(id));
        if (outcome !== undefined) keeper.forget(outputFile(id));
      }
      listener.moved();
      keeper.keep();
    });
  }

  return {
    id,
    language,
    steps,
    get name() {
      return name;
    },
    get limits() {
      return limits;
    },
    get phase() {
      return phase;
    },
    /** Fetches the interpreter, and goes to where the session was. Once more after a failure. */
    open,
    run,
    stop: () => session?.interrupt(),
    goTo,
    fork,
    changeFiles,
    remove,
    rename(to: string) {
      name = to;
      keeper.keep();
    },
    /** What a cell has written so far. */
    logOf: (step: Step) => step.outcome?.log ?? logs.get(step.id) ?? createOutputLog(),
    async wholeOutput(step: Step): Promise<string> {
      const whole = step.outcome?.log.whole();
      if (whole !== undefined) return whole;
      const bytes = await keeper.get(outputFile(step.id));
      if (bytes === undefined) throw new Error("The whole output is no longer there.");
      return new TextDecoder().decode(bytes);
    },
    /** Something that reads the session, in its turn. Undefined if there is none. */
    read<T>(action: (session: Session) => Promise<T>): Promise<T | undefined> {
      return inTurn(async () => (session === undefined || isClosed ? undefined : action(session)));
    },
    async setLimits(to: Limits): Promise<void> {
      return inTurn(async () => {
        const before = limits;
        limits = to;
        if (session === undefined || to.memoryBytes === before.memoryBytes) return;
        enter({ is: "moving" });
        try {
          await goThere(steps.head);
        } catch (error) {
          limits = before;
          throw error;
        } finally {
          enter({ is: "ready" });
        }
      });
    },
    keep: () => keeper.keep(),
    settled: () => keeper.settled(),
    async close(): Promise<void> {
      isClosed = true;
      await session?.close();
      // What was at work hears of that, and has its place in the storage before another tab may have it.
      await work;
      await keeper.settled();
      store?.release();
    },
  };
}

const stateFile = (step: number) => `${step}.state`;
const outputFile = (step: number) => `${step}.out`;
