import { BinaryReader, MalformedModuleError } from "../../../wasm/binary.js";
import { readTypes } from "../../../wasm/function-numbers.js";
import { readSections, sectionIds } from "../../../wasm/sections.js";
import { LinkError } from "./link-error.js";

/**
 * Refuses what would let a library take memory of the host's that no limit counts: tables and memories of its own, and
 * types of objects that the engine would allocate. No compiler makes side modules with these.
 */
export function checkModule(module: Uint8Array): void {
  try {
    for (const { id, contents } of readSections(module)) {
      if (id === sectionIds.type) readTypes(contents);
      const isOwn = id === sectionIds.table || id === sectionIds.memory;
      if (isOwn && new BinaryReader(contents).u32() > 0)
        throw new LinkError("has a memory or a table of its own");
    }
  } catch (error) {
    throw error instanceof MalformedModuleError ? new LinkError(`is a ${error.message}`) : error;
  }
}
