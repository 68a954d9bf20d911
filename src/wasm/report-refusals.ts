import { BinaryReader, BinaryWriter } from "./binary.js";
import { readExports } from "./exports.js";
import {
  changeCode,
  changeElements,
  changeExports,
  changeStart,
  i32,
  readIndices,
  readTypes,
  writeIndices,
} from "./function-numbers.js";
import { importKinds, readImports } from "./imports.js";
import { readSections, sectionIds, writeSections } from "./sections.js";

export interface ReportedRefusals {
  /** The import that is called, a function without parameters. It is added to the module's own. */
  readonly report: { readonly module: string; readonly name: string };
  /** Exported functions whose every call is such a refusal. Default: none. */
  readonly functions?: readonly string[];
}

/**
 * Has a module tell its host when it was refused memory: each `memory.grow` of its first memory that fails calls the
 * import, and so does each call of the given functions, before anything else. The module's code cannot tell a difference.
 *
 * Custom sections go, as they may name functions by their numbers. Throws `MalformedModuleError` for a module that it
 * cannot read, and a `RangeError` for one that cannot be changed so.
 */
export function reportRefusals(module: Uint8Array, { report, functions = [] }: ReportedRefusals): Uint8Array {
  const sections = readSections(module).filter(({ id }) => id !== sectionIds.custom);
  const contentsOf = (id: number) => sections.find((section) => section.id === id)?.contents;
  const needed = [
    sectionIds.type,
    sectionIds.import,
    sectionIds.function,
    sectionIds.export,
    sectionIds.code,
  ];
  const missing = needed.find((id) => contentsOf(id) === undefined);
  if (missing !== undefined) throw new RangeError(`it has no section ${missing}`);
  const [typeSection, importSection, functionSection, exportSection, codeSection] = needed.map(
    (id) => contentsOf(id) as Uint8Array,
  ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];

  const typeCount = readTypes(typeSection).length;
  const [reportType, growType] = [typeCount, typeCount + 1];
  const imports = readImports(importSection);
  const imported = imports.filter(({ kind }) => kind === importKinds.function).length;
  const defined = readIndices(functionSection);
  // The new import is the last of them, and the new function the last of all.
  const [reportIndex, growIndex] = [imported, imported + 1 + defined.length];
  const mapped = (index: number) => (index < imported ? index : index + 1);

  const refusing = new Set(
    readExports(exportSection)
      .filter(({ kind, name }) => kind === "function" && functions.includes(name))
      .map(({ index }) => index - imported),
  );
  if (refusing.size < functions.length) throw new RangeError("it lacks a function that is to be reported");

  const changed = new Map<number, Uint8Array>([
    [sectionIds.type, withEntries(typeSection, [reportTypeBytes, growTypeBytes])],
    [sectionIds.import, withEntries(importSection, [importEntry(report, reportType)])],
    [sectionIds.function, writeIndices([...defined, growType])],
    [sectionIds.export, changeExports(exportSection, mapped)],
    [
      sectionIds.code,
      changeCode(codeSection, mapped, {
        added: [growBody(reportIndex)],
        growMemory: growIndex,
        before: (place) => (refusing.has(place) ? callOf(reportIndex) : undefined),
      }),
    ],
  ]);
  for (const [id, change] of [
    [sectionIds.element, changeElements],
    [sectionIds.start, changeStart],
  ] as const) {
    const contents = contentsOf(id);
    if (contents !== undefined) changed.set(id, change(contents, mapped));
  }
  return writeSections(sections.map(({ id, contents }) => ({ id, contents: changed.get(id) ?? contents })));
}

const functionType = 0x60;
const reportTypeBytes = Uint8Array.of(functionType, 0, 0);
const growTypeBytes = Uint8Array.of(functionType, 1, i32, 1, i32);

const codes = {
  if: 0x04,
  end: 0x0b,
  call: 0x10,
  localGet: 0x20,
  localTee: 0x22,
  growMemory: 0x40,
  constant: 0x41,
  equal: 0x46,
} as const;
const noResult = 0x40;
const minusOne = 0x7f;

function callOf(index: number): Uint8Array {
  const writer = new BinaryWriter(8);
  writer.byte(codes.call);
  writer.u32(index);
  return writer.finish();
}

/** Grows the memory by its parameter, reports if that fails, and gives what `memory.grow` gives. */
function growBody(report: number): Uint8Array {
  const { localGet, growMemory, localTee, constant, equal } = codes;
  return Uint8Array.of(
    ...[0, localGet, 0, growMemory, 0, localTee, 0],
    ...[constant, minusOne, equal, codes.if, noResult],
    ...callOf(report),
    ...[codes.end, localGet, 0, codes.end],
  );
}

function importEntry({ module, name }: ReportedRefusals["report"], type: number): Uint8Array {
  const writer = new BinaryWriter(64);
  writer.name(module);
  writer.name(name);
  writer.byte(importKinds.function);
  writer.u32(type);
  return writer.finish();
}

/** A section that is a list, with more entries behind its own. */
function withEntries(contents: Uint8Array, entries: readonly Uint8Array[]): Uint8Array {
  const reader = new BinaryReader(contents);
  const writer = new BinaryWriter(contents.length + 64);
  writer.u32(reader.u32() + entries.length);
  writer.raw(contents.subarray(reader.offset));
  for (const entry of entries) writer.raw(entry);
  return writer.finish();
}
