import type { CellResult } from "./options.js";

/** What a result says of its cell, without what was measured and without each stream by itself. */
export function said(result: CellResult): Partial<CellResult> {
  const { stdout: _, stderr: __, durationMs: ___, cpuMs: ____, memoryBytes: _____, ...rest } = result;
  return rest;
}
