/** Instructions (core specification, section 5.4), as far as the indices in them can be changed. */
import type { BinaryReader, BinaryWriter } from "./binary.js";
import { skipValueType } from "./value-types.js";

/** What follows an opcode, piece by piece. */
type Operand =
  /** An index, a label or a number of table, memory, segment, type or local variable. */
  | "index"
  | "function"
  | "i32"
  | "i64"
  /** A block's type, or a heap type. */
  | "type"
  | "memory argument"
  | "branch table"
  | "value types"
  | "catches"
  | { readonly bytes: number };

const none: readonly Operand[] = [];
const index: readonly Operand[] = ["index"];
const twoIndices: readonly Operand[] = ["index", "index"];
const memoryArgument: readonly Operand[] = ["memory argument"];

const single = new Map<number, readonly Operand[]>([
  // unreachable, nop, else, throw_ref, end, return, catch_all, drop, select, ref.is_null
  ...[0x00, 0x01, 0x05, 0x0a, 0x0b, 0x0f, 0x19, 0x1a, 0x1b, 0xd1].map((code) => [code, none] as const),
  // block, loop, if, try, ref.null
  ...[0x02, 0x03, 0x04, 0x06, 0xd0].map((code) => [code, ["type"] as Operand[]] as const),
  // catch, throw, rethrow, br, br_if, call_ref, return_call_ref, delegate
  ...[0x07, 0x08, 0x09, 0x0c, 0x0d, 0x14, 0x15, 0x18].map((code) => [code, index] as const),
  // call, return_call, ref.func
  ...[0x10, 0x12, 0xd2].map((code) => [code, ["function"] as Operand[]] as const),
  // call_indirect, return_call_indirect
  ...[0x11, 0x13].map((code) => [code, twoIndices] as const),
  [0x0e, ["branch table"]],
  [0x1c, ["value types"]],
  [0x1f, ["type", "catches"]],
  // Local and global variables, table.get, table.set
  ...range(0x20, 0x26).map((code) => [code, index] as const),
  ...range(0x28, 0x3e).map((code) => [code, memoryArgument] as const),
  // memory.size, memory.grow
  ...[0x3f, 0x40].map((code) => [code, index] as const),
  [0x41, ["i32"]],
  [0x42, ["i64"]],
  [0x43, [{ bytes: 4 }]],
  [0x44, [{ bytes: 8 }]],
  // Comparisons, arithmetic, conversions
  ...range(0x45, 0xc4).map((code) => [code, none] as const),
]);

/** Behind 0xfc: conversions, memory and tables. */
const miscellaneous = new Map<number, readonly Operand[]>([
  ...range(0, 7).map((code) => [code, none] as const),
  // data.drop, memory.fill, elem.drop, table.grow, table.size, table.fill
  ...[9, 11, 13, 15, 16, 17].map((code) => [code, index] as const),
  // memory.init, memory.copy, table.init, table.copy
  ...[8, 10, 12, 14].map((code) => [code, twoIndices] as const),
]);

/** Behind 0xfd: what is not here has no operands. */
const vector = new Map<number, readonly Operand[]>([
  ...[...range(0, 11), 92, 93].map((code) => [code, memoryArgument] as const),
  ...[12, 13].map((code) => [code, [{ bytes: 16 }] as Operand[]] as const),
  ...range(21, 34).map((code) => [code, [{ bytes: 1 }] as Operand[]] as const),
  ...range(84, 91).map((code) => [code, ["memory argument", { bytes: 1 }] as Operand[]] as const),
]);
const lastVectorCode = 0x113;

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
}

const codes = { call: 0x10, growMemory: 0x40 };

/**
 * Copies instructions up to the reader's end, with other indices of functions. Throws `MalformedModuleError` for
 * instructions that are not known here, such as those of garbage collection.
 *
 * @param growMemory The function, by its new index, to call in place of each `memory.grow`. Default: they stay.
 */
export function copyInstructions(
  reader: BinaryReader,
  writer: BinaryWriter,
  functionIndex: (index: number) => number,
  growMemory?: number,
): void {
  let copied = reader.offset;
  while (!reader.atEnd) {
    const start = reader.offset;
    const operands = readOpcode(reader);
    if (growMemory !== undefined && reader.bytes[start] === codes.growMemory) {
      reader.u32();
      writer.raw(reader.bytes.subarray(copied, start));
      writer.byte(codes.call);
      writer.u32(growMemory);
      copied = reader.offset;
      continue;
    }
    for (const operand of operands) {
      if (operand !== "function") {
        skipOperand(reader, operand);
        continue;
      }
      writer.raw(reader.bytes.subarray(copied, reader.offset));
      writer.u32(functionIndex(reader.u32()));
      copied = reader.offset;
    }
  }
  writer.raw(reader.bytes.subarray(copied, reader.offset));
}

/**
 * Passes over an instruction and gives its first byte. Throws `MalformedModuleError` for those that are not known here.
 */
export function readInstruction(reader: BinaryReader): number {
  const code = reader.bytes[reader.offset] ?? 0;
  for (const operand of readOpcode(reader)) {
    if (operand === "function") reader.u32();
    else skipOperand(reader, operand);
  }
  return code;
}

function readOpcode(reader: BinaryReader): readonly Operand[] {
  const start = reader.offset;
  const code = reader.byte();
  let operands: readonly Operand[] | undefined;
  if (code === 0xfc) operands = miscellaneous.get(reader.u32());
  else if (code === 0xfd) {
    const vectorCode = reader.u32();
    operands = vectorCode > lastVectorCode ? undefined : (vector.get(vectorCode) ?? none);
  } else operands = single.get(code);
  return operands ?? reader.fail(`an instruction that is not known (0x${code.toString(16)})`, start);
}

function skipOperand(reader: BinaryReader, operand: Exclude<Operand, "function">): void {
  switch (operand) {
    case "index":
      reader.u32();
      return;
    case "i32":
      reader.skipNumber(32);
      return;
    case "i64":
      reader.skipNumber(64);
      return;
    case "type":
      skipBlockType(reader);
      return;
    case "memory argument": {
      const namesMemory = 0x40;
      if ((reader.u32() & namesMemory) !== 0) reader.u32();
      reader.skipNumber(64);
      return;
    }
    case "branch table":
      for (let left = reader.u32() + 1; left > 0; left--) reader.u32();
      return;
    case "value types":
      for (let left = reader.u32(); left > 0; left--) skipValueType(reader);
      return;
    case "catches":
      for (let left = reader.u32(); left > 0; left--) {
        const catchesAll = 2;
        if (reader.byte() < catchesAll) reader.u32();
        reader.u32();
      }
      return;
    default:
      reader.skip(operand.bytes);
  }
}

/** An index of a type, or a single value type, which is a negative number of one byte. */
function skipBlockType(reader: BinaryReader): void {
  const compound = [0x63, 0x64];
  if (compound.includes(reader.bytes[reader.offset] ?? 0)) skipValueType(reader);
  else reader.skipNumber(64);
}
