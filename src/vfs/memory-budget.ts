import { ErrnoError } from "../errno.js";

/** What a memory volume may hold, and what it holds now. Never negative, and back at its start when all is gone. */
export interface MemoryBudget {
  /** The most bytes of file contents, names and link targets; also the largest size of a file. */
  readonly maxBytes: number;
  /** The most directory entries: files, directories, links, each hard link by itself. */
  readonly maxNodes: number;
  bytes: number;
  nodes: number;
  /** Counts the changes of files' contents. */
  changes: number;
}

/** Default limits: 256 MiB and 65,536 entries. */
export function createMemoryBudget(limits: {
  readonly maxBytes?: number;
  readonly maxNodes?: number;
}): MemoryBudget {
  const { maxBytes = 256 * 1024 * 1024, maxNodes = 65536 } = limits;
  return { maxBytes, maxNodes, bytes: 0, nodes: 0, changes: 0 };
}

/** `ENOSPC` if the budget does not reach. */
export function requireRoom(budget: MemoryBudget, bytes: number, nodes: number): void {
  if (budget.bytes + bytes > budget.maxBytes || budget.nodes + nodes > budget.maxNodes) {
    throw new ErrnoError("ENOSPC", "the memory file system is full");
  }
}

/** As `requireRoom`; nothing is charged on failure. */
export function charge(budget: MemoryBudget, bytes: number, nodes: number): void {
  requireRoom(budget, bytes, nodes);
  budget.bytes += bytes;
  budget.nodes += nodes;
}

export function refund(budget: MemoryBudget, bytes: number, nodes: number): void {
  budget.bytes -= bytes;
  budget.nodes -= nodes;
}
