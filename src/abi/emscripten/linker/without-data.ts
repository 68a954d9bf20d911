import { emptyDataSegments } from "../../../wasm/data.js";
import { readSections, sectionIds, writeSections } from "../../../wasm/sections.js";

/** A library whose data is in the memory already, as it has become: it is not written again, and nothing is started. */
export function withoutData(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const sections = readSections(module).filter(({ id }) => id !== sectionIds.start);
  const changed = sections.map(({ id, contents }) => ({
    id,
    contents: id === sectionIds.data ? emptyDataSegments(contents) : contents,
  }));
  return writeSections(changed) as Uint8Array<ArrayBuffer>;
}
