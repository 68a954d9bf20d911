/** The limits of memories and tables (core specification, section 5.3.7), and the sections that hold them. */
import { BinaryReader, BinaryWriter } from "./binary.js";
import { skipValueType } from "./value-types.js";

/** Flags of `limits`. */
export const hasMaximum = 1;
const isShared = 2;
const is64Bit = 4;

/** In pages of 64 KiB, or in entries. */
export interface Limits {
  readonly initial: number;
  /** `Infinity` if none is given. */
  readonly maximum: number;
}

/** A `RangeError` for limits that cannot be lowered here: shared, of 64 bits, or of a kind not known. */
function readLimits(reader: BinaryReader, what: string): Limits {
  const flags = reader.byte();
  if ((flags & isShared) !== 0) throw new RangeError(`its ${what} is shared between threads`);
  if ((flags & is64Bit) !== 0) throw new RangeError(`its ${what} is a 64-bit one`);
  if (flags > hasMaximum) throw new RangeError(`its ${what} is of a kind that is not known here`);
  const initial = reader.u32();
  return { initial, maximum: (flags & hasMaximum) === 0 ? Infinity : reader.u32() };
}

function writeLimits(writer: BinaryWriter, { initial, maximum }: Limits): void {
  writer.byte(maximum === Infinity ? 0 : hasMaximum);
  writer.u32(initial);
  if (maximum !== Infinity) writer.u32(maximum);
}

/**
 * The limits of the one memory that a memory section defines. A `RangeError` for a shared, a 64-bit or a second
 * memory.
 */
export function readMemory(contents: Uint8Array): Limits | undefined {
  const reader = new BinaryReader(contents);
  const count = reader.u32();
  if (count === 0) return undefined;
  if (count > 1) throw new RangeError("it has more than one memory");
  return readLimits(reader, "memory");
}

export function writeMemory(limits: Limits): Uint8Array {
  const writer = new BinaryWriter();
  writer.u32(1);
  writeLimits(writer, limits);
  return writer.finish();
}

export interface Table {
  /** The type of its entries as it stands in the binary. */
  readonly type: Uint8Array;
  readonly limits: Limits;
}

/** A table's initial value in place of its type (function references proposal). */
const hasInitialValue = 0x40;
/** The shortest table: its type, flags and size. */
const leastTableBytes = 3;

/** The tables that a table section defines. A `RangeError` for what cannot be limited here. */
export function readTables(contents: Uint8Array): Table[] {
  const reader: BinaryReader = new BinaryReader(contents);
  const count = reader.u32();
  if (count * leastTableBytes > reader.end - reader.offset)
    reader.fail("more tables announced than there are");
  const tables: Table[] = [];
  while (tables.length < count) {
    const start = reader.offset;
    if (contents[start] === hasInitialValue) {
      throw new RangeError("it has a table whose entries begin with a value");
    }
    skipValueType(reader);
    const type = contents.subarray(start, reader.offset);
    tables.push({ type, limits: readLimits(reader, "table") });
  }
  if (!reader.atEnd) reader.fail("bytes left over behind the tables");
  return tables;
}

export function writeTables(tables: readonly Table[]): Uint8Array {
  const writer = new BinaryWriter();
  writer.u32(tables.length);
  for (const { type, limits } of tables) {
    writer.raw(type);
    writeLimits(writer, limits);
  }
  return writer.finish();
}
