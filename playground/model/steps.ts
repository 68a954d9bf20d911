/** The tree of states of a session: each step is something that was done to the one before it. */
import type { Outcome } from "./outcome.js";

/**
 * - `start`: an empty session.
 * - `opened`: a state from elsewhere, by a link or a file.
 * - `cell`: code that was run.
 * - `fork`: the same state under a name, to go on from apart.
 * - `files`: files that were added or removed from outside.
 */
export type StepKind = "start" | "opened" | "cell" | "fork" | "files";

export interface Step {
  readonly id: number;
  /** Absent for the first one. */
  readonly parent?: number;
  readonly kind: StepKind;
  /** Of a cell: what was run. */
  readonly code?: string;
  /** Of others: what was done, in words. */
  readonly label?: string;
  /** Of one from elsewhere: the cells that led to it, which were not run here. */
  readonly cells?: readonly string[];
  /** In milliseconds since 1970. */
  readonly madeMs: number;
  /**
   * Its state is kept as a whole snapshot, or as what has changed since its parent's. Absent: the state is the parent's.
   */
  state?: "whole" | "part";
  /** Of a cell that has ended. */
  outcome?: Outcome;
}

export interface Steps {
  readonly all: Map<number, Step>;
  /** The one that the live session is at. */
  head: number;
}

export function newSteps(first: Omit<Step, "id" | "madeMs">): Steps {
  const step: Step = { ...first, id: 0, madeMs: Date.now() };
  return { all: new Map([[0, step]]), head: 0 };
}

export function stepOf(steps: Steps, id: number): Step {
  const step = steps.all.get(id);
  if (step === undefined) throw new Error(`there is no step ${id}`);
  return step;
}

/** Adds a step behind the current one, and goes there. */
export function addStep(steps: Steps, step: Omit<Step, "id" | "parent" | "madeMs">): Step {
  const id = Math.max(...steps.all.keys()) + 1;
  const added: Step = { ...step, id, parent: steps.head, madeMs: Date.now() };
  steps.all.set(id, added);
  steps.head = id;
  return added;
}

/** From the first step to this one. */
export function pathTo(steps: Steps, id: number): Step[] {
  const path: Step[] = [];
  for (let step: Step | undefined = stepOf(steps, id); step !== undefined; ) {
    path.unshift(step);
    step = step.parent === undefined ? undefined : stepOf(steps, step.parent);
  }
  return path;
}

export function childrenOf(steps: Steps, id: number): Step[] {
  return [...steps.all.values()].filter(({ parent }) => parent === id);
}

/** A step and all that come from it. */
export function descendants(steps: Steps, id: number): Step[] {
  return [stepOf(steps, id), ...childrenOf(steps, id).flatMap((child) => descendants(steps, child.id))];
}

/** The steps whose kept states, one over the other, are that of this step; none: it is an empty session. */
export function chainTo(steps: Steps, id: number): Step[] {
  const chain: Step[] = [];
  for (const step of pathTo(steps, id).reverse()) {
    if (step.state !== undefined) chain.unshift(step);
    if (step.state === "whole") break;
  }
  return chain;
}

/** The cells that led to a step, from elsewhere ones included. */
export function cellsTo(steps: Steps, id: number): string[] {
  return pathTo(steps, id).flatMap(({ code, cells = [] }) => (code === undefined ? cells : [code]));
}

/** A step in one line. */
export function titleOf({ kind, code = "", label = "" }: Step): string {
  if (kind === "start") return "Start";
  if (kind !== "cell") return label;
  const lines = code.split("\n").map((line) => line.trim());
  return (
    lines.find((line) => line !== "" && !/^(#|\/\/)/.test(line)) ??
    lines.find((line) => line !== "") ??
    "(empty)"
  );
}
