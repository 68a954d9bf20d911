import { BinaryReader, BinaryWriter } from "./binary.js";
import { readExports } from "./exports.js";
import { readIndices, writeIndices } from "./function-numbers.js";
import { importKinds, readImports } from "./imports.js";
import { contentsIn, readSections, sectionIds, writeSections } from "./sections.js";
import { skipValueType } from "./value-types.js";

/** Functions that call themselves through the table as deep as data says, and never look at how deep that is. */
export interface StackGuard {
  /** Where the table holds them. */
  readonly slots: readonly number[];
  /**
   * The exported function that reports an overflow: it takes the function's first parameter, if that is passed on, and
   * some numbers. What it gives is the function's result; where there is another, it says by a zero that it has reported
   * nothing, and the call goes on.
   */
  readonly report: {
    readonly name: string;
    readonly passesFirst?: boolean;
    readonly numbers: readonly number[];
    readonly result?: number;
  };
  /** The exported global that holds the stack pointer. */
  readonly stackPointer: string;
  /** The address of the stack pointer's lowest value that is allowed. */
  readonly limitAddress: number;
  /** What each call takes of the stack beside the function's own frame, in bytes; a multiple of 16. */
  readonly frameBytes: number;
}

const codes = {
  if: 0x04,
  end: 0x0b,
  return: 0x0f,
  call: 0x10,
  localGet: 0x20,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Load: 0x28,
  i32: 0x41,
  lessUnsigned: 0x49,
  add: 0x6a,
  subtract: 0x6b,
};
const i32Type = 0x7f;
const noResult = 0x40;

/**
 * Puts a function in front of each that the table holds there, which takes some of the stack and lets the call through
 * only if there is enough left. Calls that do not go through the table are as they were; nothing changes its index.
 *
 * Throws `MalformedModuleError` for a module that it cannot read, and a `RangeError` if something is not in it.
 */
export function guardStack(module: Uint8Array, guard: StackGuard): Uint8Array {
  const sections = readSections(module);
  const contentsOf = contentsIn(sections);
  const exports = readExports(contentsOf(sectionIds.export));
  const indexOf = (name: string, kind: string): number => {
    const found = exports.find((entry) => entry.name === name && entry.kind === kind);
    if (found === undefined) throw new RangeError(`it exports no ${kind} ${name}`);
    return found.index;
  };
  const imported = readImports(contentsOf(sectionIds.import)).filter(
    ({ kind }) => kind === importKinds.function,
  ).length;
  const types = readIndices(contentsOf(sectionIds.function));
  const added = imported + types.length;
  const report = indexOf(guard.report.name, "function");
  const stackPointer = indexOf(guard.stackPointer, "global");
  let elements = contentsOf(sectionIds.element);
  const bodies: Uint8Array[] = [];
  const bodyTypes: number[] = [];
  for (const slot of guard.slots) {
    const exchanged = exchange(elements, slot, added + bodies.length);
    const { guarded } = exchanged;
    const type = types[guarded - imported];
    if (type === undefined) throw new RangeError("the table holds an imported function there");
    const parameters = countParameters(contentsOf(sectionIds.type), type);
    elements = exchanged.elements;
    bodies.push(guardBody(guard, { guarded, parameters, report, stackPointer }));
    bodyTypes.push(type);
  }
  const changed = new Map([
    [sectionIds.function, writeIndices([...types, ...bodyTypes])],
    [sectionIds.element, elements],
    [sectionIds.code, withEntries(contentsOf(sectionIds.code), bodies)],
  ] as [number, Uint8Array][]);
  return writeSections(sections.map(({ id, contents }) => ({ id, contents: changed.get(id) ?? contents })));
}

function guardBody(
  { report: { passesFirst, numbers, result }, limitAddress, frameBytes }: StackGuard,
  indices: { guarded: number; parameters: number; report: number; stackPointer: number },
): Uint8Array {
  const writer = new BinaryWriter(64);
  const put = (code: number, operand: number) => {
    writer.byte(code);
    if (code === codes.i32) signed(writer, operand);
    else writer.u32(operand);
  };
  const pointer = indices.parameters;
  const leave = () => {
    put(codes.localGet, pointer);
    put(codes.i32, frameBytes);
    writer.byte(codes.add);
    put(codes.globalSet, indices.stackPointer);
    writer.byte(codes.return);
  };
  // One group of local variables: the stack pointer within the call.
  for (const byte of [1, 1, i32Type]) writer.byte(byte);
  put(codes.globalGet, indices.stackPointer);
  put(codes.i32, frameBytes);
  writer.byte(codes.subtract);
  put(codes.localTee, pointer);
  put(codes.globalSet, indices.stackPointer);
  put(codes.localGet, pointer);
  put(codes.i32, limitAddress);
  // Aligned to four bytes, with no offset.
  for (const byte of [codes.i32Load, 2, 0]) writer.byte(byte);
  writer.byte(codes.lessUnsigned);
  put(codes.if, noResult);
  if (passesFirst === true) put(codes.localGet, 0);
  for (const number of numbers) put(codes.i32, number);
  put(codes.call, indices.report);
  if (result === undefined) leave();
  else {
    put(codes.if, noResult);
    put(codes.i32, result);
    leave();
    writer.byte(codes.end);
  }
  writer.byte(codes.end);
  for (let parameter = 0; parameter < indices.parameters; parameter++) put(codes.localGet, parameter);
  put(codes.call, indices.guarded);
  leave();
  writer.byte(codes.end);
  return writer.finish();
}

/** A signed LEB128 number of 32 bits. */
function signed(writer: BinaryWriter, value: number): void {
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isLast = rest === ((low & 0x40) === 0 ? 0 : -1);
    writer.byte(isLast ? low : low | 0x80);
    if (isLast) return;
  }
}

/** Puts another function into a slot that a segment of function indices fills; `guarded` was there. */
function exchange(contents: Uint8Array, slot: number, index: number) {
  const reader: BinaryReader = new BinaryReader(contents);
  for (let left = reader.u32(); left > 0; left--) {
    // Segments of other forms may follow, but none before is passed over.
    if (reader.u32() !== 0 || reader.byte() !== codes.i32) break;
    const first = reader.u32();
    if (first >= 64 || reader.byte() !== codes.end) break;
    const length = reader.u32();
    for (let entry = 0; entry < length; entry++) {
      const start = reader.offset;
      const guarded = reader.u32();
      if (first + entry !== slot) continue;
      const writer = new BinaryWriter(contents.length + 5);
      writer.raw(contents.subarray(0, start));
      writer.u32(index);
      writer.raw(contents.subarray(reader.offset));
      return { elements: writer.finish(), guarded };
    }
  }
  throw new RangeError("no plain segment fills that slot of the table");
}

function countParameters(contents: Uint8Array, type: number): number {
  const reader: BinaryReader = new BinaryReader(contents);
  const count = reader.u32();
  for (let index = 0; index < count; index++) {
    if (reader.byte() !== 0x60) reader.fail("a type that is no function's", reader.offset - 1);
    const parameters = reader.u32();
    for (let left = parameters; left > 0; left--) skipValueType(reader);
    if (index === type) return parameters;
    for (let left = reader.u32(); left > 0; left--) skipValueType(reader);
  }
  throw new RangeError("a function is of a type that there is not");
}

/** A section of sized entries with some more. */
function withEntries(contents: Uint8Array, entries: readonly Uint8Array[]): Uint8Array {
  const reader = new BinaryReader(contents);
  const count = reader.u32();
  const writer = new BinaryWriter(contents.length + 1024);
  writer.u32(count + entries.length);
  writer.raw(contents.subarray(reader.offset));
  for (const entry of entries) {
    writer.u32(entry.length);
    writer.raw(entry);
  }
  return writer.finish();
}
