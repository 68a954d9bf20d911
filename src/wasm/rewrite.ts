import { emptyDataSegments } from "./data.js";
import { type ModuleExport, readExports, writeExports } from "./exports.js";
import { customSectionName, readSections, type Section, sectionIds, writeSections } from "./sections.js";

export interface RewriteOptions {
  /** Which exports stay. Default: all. Asking for a name that is not exported is no error. */
  readonly keepExports?: (name: string) => boolean;
  /** Exports to add, behind those that stay. A name that is exported already is left as it is. */
  readonly addExports?: readonly ModuleExport[];
  /** Empty every data segment: for modules whose memory comes from an image. Default false. */
  readonly emptyData?: boolean;
  /** Which custom sections stay: names, debugging and others. Default: none. */
  readonly keepCustomSections?: (name: string) => boolean;
}

/**
 * A module with other exports and without what loading it does not need. The code is not touched. Throws
 * `MalformedModuleError` if a section that it must read is malformed.
 */
export function rewriteModule(module: Uint8Array, options: RewriteOptions): Uint8Array {
  const {
    keepExports = () => true,
    addExports = [],
    emptyData = false,
    keepCustomSections = () => false,
  } = options;
  const sections: Section[] = [];
  let exportsSeen = false;
  const appendExports = (kept: readonly ModuleExport[]) => {
    const names = new Set(kept.map((entry) => entry.name));
    const added = addExports.filter((entry) => !names.has(entry.name));
    sections.push({ id: sectionIds.export, contents: writeExports([...kept, ...added]) });
    exportsSeen = true;
  };
  for (const section of readSections(module)) {
    if (section.id === sectionIds.custom && !keepCustomSections(customSectionName(section))) continue;
    // Sections stand in the order of their numbers, with the tag section as the exception, before exports.
    if (!exportsSeen && section.id > sectionIds.export && section.id !== sectionIds.tag) appendExports([]);
    if (section.id === sectionIds.export) {
      appendExports(readExports(section.contents).filter((entry) => keepExports(entry.name)));
    } else if (section.id === sectionIds.data && emptyData) {
      sections.push({ id: section.id, contents: emptyDataSegments(section.contents) });
    } else {
      sections.push(section);
    }
  }
  if (!exportsSeen) appendExports([]);
  return writeSections(sections);
}
