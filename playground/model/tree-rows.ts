/** How a tree of steps is drawn, as histories are: a row for each step, lanes side by side, and lines between them. */
import { pathTo, type Step, type Steps } from "./steps.js";

export interface TreeRow {
  readonly step: Step;
  /** From 0, at the left. */
  readonly lane: number;
  /** It leads to the current step, or is it. */
  readonly isOnPath: boolean;
}

export interface TreeLine {
  readonly from: { readonly row: number; readonly lane: number };
  readonly to: { readonly row: number; readonly lane: number };
  readonly isOnPath: boolean;
}

/** Rows in the order in which the steps were made. */
export function treeRows(steps: Steps): { rows: TreeRow[]; lines: TreeLine[] } {
  const ordered = [...steps.all.values()].sort((a, b) => a.id - b.id);
  const path = new Set(pathTo(steps, steps.head).map(({ id }) => id));
  const lastChildRow = new Map<number, number>();
  for (const [row, { parent }] of ordered.entries()) {
    if (parent !== undefined) lastChildRow.set(parent, row);
  }
  /** For each lane, the row up to which it is in use. */
  const busyUntil: number[] = [];
  const placed = new Map<number, { row: number; lane: number }>();
  const continued = new Set<number>();
  const rows: TreeRow[] = [];
  const lines: TreeLine[] = [];
  for (const [row, step] of ordered.entries()) {
    const from = step.parent === undefined ? undefined : placed.get(step.parent);
    const goesOn = from !== undefined && step.parent !== undefined && !continued.has(step.parent);
    const free = busyUntil.findIndex((until) => until < (from?.row ?? row));
    const lane = goesOn ? from.lane : free >= 0 ? free : busyUntil.length;
    if (step.parent !== undefined) continued.add(step.parent);
    // A lane is kept for the steps that come from this one.
    busyUntil[lane] = Math.max(row, lastChildRow.get(step.id) ?? row, busyUntil[lane] ?? 0);
    placed.set(step.id, { row, lane });
    rows.push({ step, lane, isOnPath: path.has(step.id) });
    if (from !== undefined) lines.push({ from, to: { row, lane }, isOnPath: path.has(step.id) });
  }
  return { rows, lines };
}
