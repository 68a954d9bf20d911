/** The data section (core specification, section 5.5.14). */
import { BinaryReader, BinaryWriter } from "./binary.js";

/**
 * The same data section with every segment empty: the number of segments and their modes stay, as other sections
 * refer to them, and instantiating copies nothing.
 */
export function emptyDataSegments(contents: Uint8Array): Uint8Array {
  const reader: BinaryReader = new BinaryReader(contents);
  const writer = new BinaryWriter();
  const count = reader.u32();
  writer.u32(count);
  for (let left = count; left > 0; left--) {
    const start = reader.offset;
    const mode = reader.u32();
    if (mode > 2) reader.fail(`unknown data segment mode ${mode}`, start);
    if (mode === 2) reader.u32();
    if (mode !== 1) skipConstantExpression(reader);
    writer.raw(contents.subarray(start, reader.offset));
    writer.u32(0);
    reader.take(reader.u32());
  }
  if (!reader.atEnd) reader.fail("bytes left over behind the data segments");
  return writer.finish();
}

/** Passes over a constant expression of integers and globals, the extended ones included, with its `end`. */
export function skipConstantExpression(reader: BinaryReader): void {
  for (;;) {
    const start = reader.offset;
    const opcode = reader.byte();
    switch (opcode) {
      case 0x0b: // end
        return;
      case 0x23: // global.get
        reader.u32();
        break;
      case 0x41: // i32.const
        reader.skipNumber(32);
        break;
      case 0x42: // i64.const
        reader.skipNumber(64);
        break;
      case 0x6a: // i32.add, i32.sub, i32.mul and their i64 forms
      case 0x6b:
      case 0x6c:
      case 0x7c:
      case 0x7d:
      case 0x7e:
        break;
      default:
        reader.fail(`opcode ${opcode} in a constant expression`, start);
    }
  }
}
