import { BinaryReader, BinaryWriter } from "./binary.js";
import { readCalls } from "./calls.js";
import { readExports } from "./exports.js";
import { type FunctionType, readIndices, readTypes } from "./function-numbers.js";
import { importKinds, readImports } from "./imports.js";
import { readInstruction } from "./instructions.js";
import { contentsIn, readSections, sectionIds, writeSections } from "./sections.js";
import { skipValueType } from "./value-types.js";

export interface StackCharge {
  /** The exported global that holds the stack pointer. */
  readonly stackPointer: string;
  /** So many bytes of the host's stack may stand for one of the module's own. */
  readonly hostBytesPerByte: number;
}

/**
 * What a function's frame takes of an engine's stack besides its variables, in bytes: what every frame has (56 in V8),
 * and room for what calls keep on the operand stack.
 */
const frameBytes = 96;

/** The module's own stack is aligned to so many bytes. */
const alignment = 16;

/**
 * Makes a module's stack in its memory a measure of the host's, which it cannot see: functions that may come to call
 * themselves again, directly or through others, take as much of it as their frames on the host's demand. So code that
 * looks how much of its own stack is left, as interpreters do, knows of both. All else stays as it is.
 *
 * Throws `MalformedModuleError` for a module that it cannot read, and a `RangeError` for one that it cannot change.
 */
export function chargeStack(module: Uint8Array, { stackPointer, hostBytesPerByte }: StackCharge): Uint8Array {
  const sections = readSections(module);
  const contentsOf = contentsIn(sections);
  const exports = readExports(contentsOf(sectionIds.export));
  const pointer = exports.find(({ name, kind }) => name === stackPointer && kind === "global");
  if (pointer === undefined) throw new RangeError(`it exports no global ${stackPointer}`);
  const types = readTypes(contentsOf(sectionIds.type));
  const imported = readImports(contentsOf(sectionIds.import)).filter(
    ({ kind }) => kind === importKinds.function,
  ).length;
  const defined = readIndices(contentsOf(sectionIds.function));
  const code = contentsOf(sectionIds.code);
  const { isRecursive } = readCalls({
    types,
    defined,
    imported,
    code,
    elements: contentsOf(sectionIds.element),
    exported: exports.filter(({ kind }) => kind === "function").map(({ index }) => index),
  });

  const reader: BinaryReader = new BinaryReader(code);
  const writer = new BinaryWriter(code.length + (code.length >> 4));
  const count = reader.u32();
  writer.u32(count);
  for (let place = 0; place < count; place++) {
    const body = reader.take(reader.u32());
    const type = types[defined[place] ?? -1];
    if (type === undefined) throw new RangeError("a function is of a type that there is not");
    const changed = isRecursive(place) ? charged(body, type, pointer.index, hostBytesPerByte) : body;
    writer.u32(changed.length);
    writer.raw(changed);
  }
  return writeSections(
    sections.map(({ id, contents }) => ({
      id,
      contents: id === sectionIds.code ? writer.finish() : contents,
    })),
  );
}

const codes = {
  block: 0x02,
  end: 0x0b,
  return: 0x0f,
  branch: 0x0c,
  tailCalls: [0x12, 0x13, 0x15],
  /** What an `end` belongs to: block, loop, if, try, and the newer try. */
  opening: [0x02, 0x03, 0x04, 0x06, 0x1f],
  /** Ends a `try` as `end` does. */
  delegate: 0x18,
  globalGet: 0x23,
  globalSet: 0x24,
  i32: 0x41,
  add: 0x6a,
  subtract: 0x6b,
};
const noResult = 0x40;

/** A function's body that takes what is missing from the stack first, and gives it back wherever it returns. */
function charged(
  body: Uint8Array,
  { parameters, results }: FunctionType,
  stackPointer: number,
  hostBytesPerByte: number,
): Uint8Array {
  const reader: BinaryReader = new BinaryReader(body);
  let variableBytes = 0;
  for (const type of parameters) variableBytes += sizeOf(type);
  for (let groups = reader.u32(); groups > 0; groups--) {
    const many = reader.u32();
    variableBytes += many * sizeOf(body[reader.offset] ?? 0);
    skipValueType(reader);
  }
  const wanted = aligned((frameBytes + variableBytes) / hostBytesPerByte);
  const missing = wanted - ownFrameBytes(body, reader.offset, stackPointer);
  if (missing <= 0) return body;
  if (results.length > 1) throw new RangeError("a function has several results");

  const writer = new BinaryWriter(body.length + 32);
  writer.raw(body.subarray(0, reader.offset));
  const move = (operation: number) => {
    writer.byte(codes.globalGet);
    writer.u32(stackPointer);
    writer.byte(codes.i32);
    writeSigned(writer, missing);
    writer.byte(operation);
    writer.byte(codes.globalSet);
    writer.u32(stackPointer);
  };
  move(codes.subtract);
  // The body becomes a block: branches out of it end here, and so do returns, which become branches.
  writer.byte(codes.block);
  writer.byte(results[0] ?? noResult);
  let depth = 0;
  let copied = reader.offset;
  while (!reader.atEnd) {
    const start = reader.offset;
    const operation = readInstruction(reader);
    if (codes.opening.includes(operation)) depth++;
    else if (operation === codes.end || operation === codes.delegate) depth--;
    else if (codes.tailCalls.includes(operation)) throw new RangeError("a function ends with a tail call");
    else if (operation === codes.return) {
      writer.raw(body.subarray(copied, start));
      writer.byte(codes.branch);
      writer.u32(depth);
      copied = reader.offset;
    }
  }
  writer.raw(body.subarray(copied));
  move(codes.add);
  writer.byte(codes.end);
  return writer.finish();
}

const sizes: Readonly<Record<number, number>> = { 127: 4, 125: 4, 123: 16 };

/** What engines give to a variable of a type, in bytes. */
function sizeOf(type: number): number {
  return sizes[type] ?? 8;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** What a function takes of the stack by itself: `global.get`, `i32.const N`, `i32.sub` of the stack pointer. */
function ownFrameBytes(body: Uint8Array, start: number, stackPointer: number): number {
  const reader: BinaryReader = new BinaryReader(body, start);
  while (!reader.atEnd) {
    const at = reader.offset;
    const operation = readInstruction(reader);
    // What comes behind a branch is not always done.
    if (codes.opening.includes(operation)) return 0;
    if (operation !== codes.globalGet || indexAt(body, at + 1) !== stackPointer) continue;
    const constant = reader.offset;
    if (readInstruction(reader) !== codes.i32) continue;
    if (readInstruction(reader) !== codes.subtract) continue;
    return signedAt(body, constant + 1);
  }
  return 0;
}

function indexAt(bytes: Uint8Array, offset: number): number {
  return new BinaryReader(bytes, offset).u32();
}

function signedAt(bytes: Uint8Array, offset: number): number {
  let value = 0;
  for (let at = offset, shift = 0; ; at++, shift += 7) {
    const byte = bytes[at] as number;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return shift < 25 && (byte & 0x40) !== 0 ? value | (-1 << (shift + 7)) : value;
  }
}

/** A number that is not negative as a signed LEB128. */
function writeSigned(writer: BinaryWriter, value: number): void {
  let rest = value;
  for (; rest >= 0x40; rest >>>= 7) writer.byte((rest & 0x7f) | 0x80);
  writer.byte(rest);
}
