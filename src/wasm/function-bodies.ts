/** The code section (core specification, section 5.5.13), as far as its size says what compiling it may take. */
import { BinaryReader } from "./binary.js";
import { skipValueType } from "./value-types.js";

export interface CodeSize {
  /** Of all functions, their parameters not counted. */
  readonly locals: number;
  /** Size of the largest body, in bytes. */
  readonly largestBody: number;
  /** The greatest product of a body's size in bytes and its local variables, `extraLocals` counted with them. */
  readonly largestProduct: number;
}

/** Instructions are passed over: only the declarations in front of them are read. */
export function measureCode(contents: Uint8Array, extraLocals: number): CodeSize {
  const reader: BinaryReader = new BinaryReader(contents);
  let locals = 0;
  let largestBody = 0;
  let largestProduct = 0;
  for (let left = reader.u32(); left > 0; left--) {
    const bytes = reader.u32();
    const end = reader.offset + bytes;
    let own = 0;
    for (let groups = reader.u32(); groups > 0; groups--) {
      own += reader.u32();
      skipValueType(reader);
    }
    if (reader.offset > end) reader.fail("local variables beyond their function's end");
    reader.skip(end - reader.offset);
    locals += own;
    largestBody = Math.max(largestBody, bytes);
    largestProduct = Math.max(largestProduct, bytes * (own + extraLocals));
  }
  return { locals, largestBody, largestProduct };
}

/** Whether the instruction `table.grow` (0xfc, and 15 as a number of up to five bytes) may be in it. */
export function mayGrowTables(contents: Uint8Array): boolean {
  for (let at = contents.indexOf(0xfc); at >= 0; at = contents.indexOf(0xfc, at + 1)) {
    let next = at + 1;
    if (contents[next] === 0x0f) return true;
    if (contents[next] !== 0x8f) continue;
    do next++;
    while (contents[next] === 0x80);
    if (contents[next] === 0) return true;
  }
  return false;
}
