import { importMemory } from "../wasm/imported-memory.js";
import { rewriteModule } from "../wasm/rewrite.js";
import { memoryImport } from "./image-memory.js";

/** What the names of our own custom sections begin with. */
const ownSections = "wasm_repl.";

/**
 * A package's module as guests are made from it: its data comes from an image, in a memory that it is given, and it
 * exports no more than the host uses.
 */
export function leanModule(bytes: Uint8Array, keptExports: readonly string[]): Uint8Array {
  const kept = new Set(keptExports);
  const lean = rewriteModule(bytes, {
    keepExports: (name) => kept.has(name),
    emptyData: true,
    keepCustomSections: (name) => name.startsWith(ownSections),
  });
  return importMemory(lean, memoryImport).module;
}
