import { BinaryReader, BinaryWriter } from "./binary.js";
import { hasMaximum, readMemory } from "./limits.js";
import { readSections, type Section, sectionIds, writeSections } from "./sections.js";

const memoryImportKind = 2;
/** What 32-bit WebAssembly can address. */
const mostPages = 65_536;

export interface MemoryImport {
  readonly module: string;
  readonly name: string;
}

/**
 * Makes a module import the memory that it defines, so that each instance's host decides how far it may grow, with
 * no compilation for each limit. The memory keeps its index, and so its exports. Gives the module and the pages
 * (64 KiB) that the memory begins with. Throws as `readMemory` does, and a `RangeError` if there is no memory.
 */
export function importMemory(
  module: Uint8Array,
  { module: from, name }: MemoryImport,
): { readonly module: Uint8Array; readonly initialPages: number } {
  const sections = readSections(module);
  const contents = sections.find(({ id }) => id === sectionIds.memory)?.contents;
  const memory = contents === undefined ? undefined : readMemory(contents);
  if (memory === undefined) throw new RangeError("it has no memory of its own");
  const { initial: initialPages } = memory;

  const entry = new BinaryWriter();
  entry.name(from);
  entry.name(name);
  entry.byte(memoryImportKind);
  entry.byte(hasMaximum);
  entry.u32(initialPages);
  entry.u32(mostPages);
  const imports = sections.find(({ id }) => id === sectionIds.import);
  const replacement = { id: sectionIds.import, contents: withEntry(imports?.contents, entry.finish()) };
  const changed: Section[] = [];
  for (const section of sections.filter(({ id }) => id !== sectionIds.memory)) {
    // Without imports, theirs is the place behind the types.
    if (imports === undefined && section.id > sectionIds.type && !changed.includes(replacement))
      changed.push(replacement);
    changed.push(section === imports ? replacement : section);
  }
  return { module: writeSections(changed), initialPages };
}

function withEntry(contents: Uint8Array | undefined, entry: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  const reader = new BinaryReader(contents ?? Uint8Array.of(0));
  writer.u32(reader.u32() + 1);
  writer.raw(reader.take(reader.end - reader.offset));
  writer.raw(entry);
  return writer.finish();
}
