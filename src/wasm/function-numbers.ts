/**
 * A module's sections with functions of other numbers: for changes that add functions, or take them away. What is read
 * throws `MalformedModuleError` where it cannot be.
 */
import { BinaryReader, BinaryWriter } from "./binary.js";
import { skipConstantExpression } from "./data.js";
import { readExports, writeExports } from "./exports.js";
import { copyInstructions } from "./instructions.js";
import { skipValueType } from "./value-types.js";

export const i32 = 0x7f;

export interface FunctionType {
  readonly parameters: Uint8Array;
  readonly results: Uint8Array;
}

/** Types that take one byte each, which all but references to types do. */
export function readTypes(contents: Uint8Array): FunctionType[] {
  const reader: BinaryReader = new BinaryReader(contents);
  const functionType = 0x60;
  const types: FunctionType[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    if (reader.byte() !== functionType) reader.fail("a type that is no function's", reader.offset - 1);
    const parameters = reader.take(reader.u32());
    types.push({ parameters, results: reader.take(reader.u32()) });
  }
  return types;
}

export function readIndices(contents: Uint8Array): number[] {
  const reader = new BinaryReader(contents);
  return Array.from({ length: reader.u32() }, () => reader.u32());
}

export function writeIndices(indices: readonly number[]): Uint8Array {
  const writer = new BinaryWriter();
  writer.u32(indices.length);
  for (const index of indices) writer.u32(index);
  return writer.finish();
}

/** What is changed in the code besides the numbers of functions. */
export interface CodeChanges {
  /** Bodies to put behind the others. */
  readonly added?: readonly Uint8Array[];
  /** The function, by its new number, that is called in place of `memory.grow`. Default: none. */
  readonly growMemory?: number;
  /** The instructions that a body begins with, by its place among the module's own; undefined for none. */
  readonly before?: (place: number) => Uint8Array | undefined;
}

export function changeCode(
  contents: Uint8Array,
  mapped: (index: number) => number,
  { added = [], growMemory, before }: CodeChanges,
): Uint8Array {
  const reader: BinaryReader = new BinaryReader(contents);
  const writer = new BinaryWriter(contents.length);
  const count = reader.u32();
  writer.u32(count + added.length);
  for (let place = 0; place < count; place++) {
    const length = reader.u32();
    const body = new BinaryReader(contents, reader.offset, reader.offset + length);
    reader.skip(length);
    for (let groups = body.u32(); groups > 0; groups--) {
      body.u32();
      skipValueType(body);
    }
    const changed = new BinaryWriter(length);
    changed.raw(contents.subarray(reader.offset - length, body.offset));
    const first = before?.(place);
    if (first !== undefined) changed.raw(first);
    copyInstructions(body, changed, mapped, growMemory);
    writeSized(writer, changed.finish());
  }
  for (const body of added) writeSized(writer, body);
  return writer.finish();
}

function writeSized(writer: BinaryWriter, bytes: Uint8Array): void {
  writer.u32(bytes.length);
  writer.raw(bytes);
}

export function changeExports(contents: Uint8Array, mapped: (index: number) => number): Uint8Array {
  const change = (index: number, kind: string) => (kind === "function" ? mapped(index) : index);
  return writeExports(
    readExports(contents).map((entry) => ({ ...entry, index: change(entry.index, entry.kind) })),
  );
}

/** What stands in a segment of elements before the list of its functions. A `RangeError` if it has another list. */
export function skipSegmentHead(reader: BinaryReader): void {
  const flags = { isPassive: 1, hasTable: 2, lists: 4 };
  const mode = reader.u32();
  if (mode >= flags.lists) throw new RangeError("it has a segment of expressions");
  if ((mode & flags.isPassive) === 0) {
    if ((mode & flags.hasTable) !== 0) reader.u32();
    skipConstantExpression(reader);
  }
  // The kind of its elements.
  if (mode !== 0) reader.byte();
}

/** Segments that list functions by their indices, as compilers make them. */
export function changeElements(contents: Uint8Array, mapped: (index: number) => number): Uint8Array {
  const reader: BinaryReader = new BinaryReader(contents);
  const writer = new BinaryWriter(contents.length);
  const count = reader.u32();
  writer.u32(count);
  for (let left = count; left > 0; left--) {
    const start = reader.offset;
    skipSegmentHead(reader);
    writer.raw(contents.subarray(start, reader.offset));
    const length = reader.u32();
    writer.u32(length);
    for (let entry = 0; entry < length; entry++) writer.u32(mapped(reader.u32()));
  }
  return writer.finish();
}

export function changeStart(contents: Uint8Array, mapped: (index: number) => number): Uint8Array {
  const writer = new BinaryWriter(5);
  writer.u32(mapped(new BinaryReader(contents).u32()));
  return writer.finish();
}
