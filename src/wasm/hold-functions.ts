import { BinaryReader, BinaryWriter } from "./binary.js";
import { skipConstantExpression } from "./data.js";
import { readExports, writeExports } from "./exports.js";
import { changeCode, readIndices, readTypes, writeIndices } from "./function-numbers.js";
import { importKinds, readImports } from "./imports.js";
import { contentsIn, readSections, sectionIds, writeSections } from "./sections.js";
import { skipValueType } from "./value-types.js";

export interface HeldFunctions {
  readonly module: Uint8Array;
  /** The slot of the function table in which each exported or imported function is, once the added export was called. */
  readonly functions: ReadonlyMap<string, number>;
  /** The values of the exported constants of the type `i32`: the addresses of data. */
  readonly constants: ReadonlyMap<string, number>;
}

/**
 * Keeps the functions of a module that have names within reach when their exports are taken away, which each instance would
 * pay for: adds an export without parameters that puts those of them into the function table which are not in it yet.
 * It is to be called once, while the table has its first length. Until then it costs nothing. The table may grow to so
 * many slots from then on, whoever has it.
 *
 * Throws `MalformedModuleError` for a module that it cannot read, and a `RangeError` for one that lacks what this needs:
 * a table that may grow, with one segment at a constant place, and a type for a function without parameters and results.
 */
export function holdFunctions(module: Uint8Array, exportName: string, mostSlots: number): HeldFunctions {
  const sections = readSections(module);
  const contentsOf = contentsIn(sections);
  const exports = readExports(contentsOf(sectionIds.export));
  const type = readTypes(contentsOf(sectionIds.type)).findIndex(
    ({ parameters, results }) => parameters.length === 0 && results.length === 0,
  );
  if (type < 0) throw new RangeError("it has no type for a function without parameters");
  const imported = readImports(contentsOf(sectionIds.import)).filter(
    ({ kind }) => kind === importKinds.function,
  );
  const defined = readIndices(contentsOf(sectionIds.function));
  const tableLength = readTableLength(contentsOf(sectionIds.table));
  const elements = contentsOf(sectionIds.element);

  const slots = readSlots(elements);
  const added: number[] = [];
  const functions = new Map<string, number>();
  const hold = (name: string, index: number) => {
    let slot = slots.get(index);
    if (slot === undefined) {
      slot = tableLength + added.length;
      slots.set(index, slot);
      added.push(index);
    }
    functions.set(name, slot);
  };
  for (const { name, kind, index } of exports) if (kind === "function") hold(name, index);
  for (const [index, { name }] of imported.entries()) if (!functions.has(name)) hold(name, index);

  const body = new BinaryWriter(32);
  body.u32(0);
  body.raw(Uint8Array.of(0xd0, 0x70, 0x41)); // ref.null func, i32.const
  signed(body, added.length);
  body.raw(Uint8Array.of(0xfc, 0x0f, 0, 0x1a, 0x41)); // table.grow 0, drop, i32.const
  signed(body, tableLength);
  body.raw(Uint8Array.of(0x41, 0, 0x41)); // i32.const 0, i32.const
  signed(body, added.length);
  body.raw(Uint8Array.of(0xfc, 0x0c)); // table.init
  body.u32(new BinaryReader(elements).u32());
  body.u32(0);
  body.byte(0x0b);

  const own = {
    name: exportName,
    kind: "function",
    index: imported.length + defined.length,
  } as const;
  const changed = new Map<number, Uint8Array>([
    [sectionIds.function, writeIndices([...defined, type])],
    [sectionIds.table, boundTable(contentsOf(sectionIds.table), mostSlots)],
    [sectionIds.export, writeExports([...exports, own])],
    [sectionIds.element, withPassiveSegment(elements, added)],
    [sectionIds.code, changeCode(contentsOf(sectionIds.code), (index) => index, { added: [body.finish()] })],
  ]);
  return {
    module: writeSections(
      sections.map(({ id, contents }) => ({ id, contents: changed.get(id) ?? contents })),
    ),
    functions,
    constants: readConstants(contentsOf(sectionIds.global), exports),
  };
}

function readTableLength(contents: Uint8Array): number {
  const reader: BinaryReader = new BinaryReader(contents);
  const functionReference = 0x70;
  if (reader.u32() === 0 || reader.byte() !== functionReference)
    throw new RangeError("it has no function table");
  if (reader.byte() !== 0) throw new RangeError("its function table may not grow");
  return reader.u32();
}

/** The table section whose first table, which may grow without end, may do so no further than this. */
function boundTable(contents: Uint8Array, mostSlots: number): Uint8Array {
  const reader: BinaryReader = new BinaryReader(contents);
  const writer = new BinaryWriter(contents.length + 5);
  writer.u32(reader.u32());
  writer.byte(reader.byte());
  reader.byte();
  const hasMaximum = 1;
  writer.byte(hasMaximum);
  writer.u32(reader.u32());
  writer.u32(mostSlots);
  writer.raw(contents.subarray(reader.offset));
  return writer.finish();
}

/** The slots of functions by their indices, from one segment whose place is a constant. */
function readSlots(contents: Uint8Array): Map<number, number> {
  const reader: BinaryReader = new BinaryReader(contents);
  const constant = 0x41;
  if (reader.u32() !== 1 || reader.u32() !== 0 || reader.byte() !== constant) {
    throw new RangeError("it has no single segment of its function table");
  }
  const start = readSigned(reader);
  reader.byte();
  const slots = new Map<number, number>();
  const length = reader.u32();
  for (let entry = 0; entry < length; entry++) {
    const index = reader.u32();
    if (!slots.has(index)) slots.set(index, start + entry);
  }
  return slots;
}

function withPassiveSegment(contents: Uint8Array, indices: readonly number[]): Uint8Array {
  const reader: BinaryReader = new BinaryReader(contents);
  const writer = new BinaryWriter(contents.length + 5 * indices.length);
  writer.u32(reader.u32() + 1);
  writer.raw(contents.subarray(reader.offset));
  const passiveOfFunctions = Uint8Array.of(1, 0);
  writer.raw(passiveOfFunctions);
  writer.raw(writeIndices(indices));
  return writer.finish();
}

function readConstants(contents: Uint8Array, exports: ReturnType<typeof readExports>): Map<string, number> {
  const reader: BinaryReader = new BinaryReader(contents);
  const values: Array<number | undefined> = [];
  for (let left = reader.u32(); left > 0; left--) {
    skipValueType(reader);
    const isVariable = reader.byte() !== 0;
    const start = reader.offset;
    skipConstantExpression(reader);
    const expression = new BinaryReader(contents, start + 1, reader.offset);
    values.push(!isVariable && contents[start] === 0x41 ? readSigned(expression) >>> 0 : undefined);
  }
  const constants = new Map<string, number>();
  for (const { name, kind, index } of exports) {
    const value = kind === "global" ? values[index] : undefined;
    if (value !== undefined) constants.set(name, value);
  }
  return constants;
}

/** A signed LEB128 number of at most 32 bits. */
function readSigned(reader: BinaryReader): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = reader.byte();
    value |= (byte & 0x7f) << shift;
    if (byte >= 0x80 && shift < 28) continue;
    return shift < 25 && (byte & 0x40) !== 0 ? value | (-1 << (shift + 7)) : value;
  }
}

/** Writes a number that is not negative as a signed LEB128. */
function signed(writer: BinaryWriter, value: number): void {
  let rest = value;
  for (; rest >= 0x40; rest = Math.floor(rest / 0x80)) writer.byte((rest & 0x7f) | 0x80);
  writer.byte(rest);
}
