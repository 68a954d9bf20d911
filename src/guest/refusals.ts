import { reportRefusals } from "../wasm/report-refusals.js";
import { memoryImport } from "./image-memory.js";

/** How a module tells that it was refused memory. */
export const refusalImport = { module: memoryImport.module, name: "memory_refused" } as const;

/**
 * A package's module that says so when it was refused memory.
 *
 * @param functions Exported functions that its code calls only then. Default: none; that its memory cannot grow is told
 *   in any case.
 */
export function tellingRefusals(module: Uint8Array, functions: readonly string[] = []): Uint8Array {
  return reportRefusals(module, { report: refusalImport, functions });
}
