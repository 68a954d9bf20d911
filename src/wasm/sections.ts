/** A module as its list of sections (core specification, section 5.5). */
import { BinaryReader, BinaryWriter } from "./binary.js";

export const sectionIds = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  tag: 13,
} as const;

/** The highest section number that the specification knows. */
const lastSectionId = sectionIds.tag;

const preamble = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

/** A module may have as many custom sections as it likes; no compiler makes a hundred. */
const mostSections = 10_000;
/** A section's number and the longest form of its length. */
const mostHeadBytes = 6;

export interface Section {
  readonly id: number;
  /** The section's contents without its number and length; a view of the module's bytes. */
  readonly contents: Uint8Array;
}

/** Splits a module into its sections. Throws `MalformedModuleError`; the sections' contents are not looked at. */
export function readSections(module: Uint8Array): Section[] {
  const reader = new BinaryReader(module);
  if (module.length < preamble.length) reader.fail("too short for a module");
  for (const [index, expected] of preamble.entries()) {
    if (module[index] === expected) continue;
    if (index < 4) reader.fail("no magic number", 0);
    reader.fail("not version 1 of the format (a component?)", 4);
  }
  reader.offset = preamble.length;
  const sections: Section[] = [];
  const seen = new Set<number>();
  while (!reader.atEnd) {
    const start = reader.offset;
    const id = reader.byte();
    if (id > lastSectionId) reader.fail(`unknown section ${id}`, start);
    if (id !== sectionIds.custom && seen.has(id)) reader.fail(`section ${id} stands twice`, start);
    seen.add(id);
    if (sections.length === mostSections) reader.fail(`more than ${mostSections} sections`, start);
    sections.push({ id, contents: reader.take(reader.u32()) });
  }
  return sections;
}

/** Gives the contents of a section that has to be there; a `RangeError` for one that is not. */
export function contentsIn(sections: readonly Section[]): (id: number) => Uint8Array {
  return (id) => {
    const found = sections.find((section) => section.id === id);
    if (found === undefined) throw new RangeError(`it has no section ${id}`);
    return found.contents;
  };
}

/** Joins sections to a module. */
export function writeSections(sections: readonly Section[]): Uint8Array {
  const most = sections.reduce((sum, { contents }) => sum + mostHeadBytes + contents.length, preamble.length);
  const writer = new BinaryWriter(most);
  writer.raw(preamble);
  for (const { id, contents } of sections) {
    writer.byte(id);
    writer.u32(contents.length);
    writer.raw(contents);
  }
  return writer.finish();
}

/** The name that a custom section begins with. */
export function customSectionName({ contents }: Section): string {
  return new BinaryReader(contents).name();
}

/** A module with one more custom section, at its end. */
export function addCustomSection(module: Uint8Array, name: string, contents: Uint8Array): Uint8Array {
  const writer = new BinaryWriter(contents.length + name.length);
  writer.name(name);
  writer.raw(contents);
  return writeSections([...readSections(module), { id: sectionIds.custom, contents: writer.finish() }]);
}
