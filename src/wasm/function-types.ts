/** The type section (core specification, section 5.5.4), as far as the engine's work depends on it. */
import { BinaryReader } from "./binary.js";
import { skipValueType } from "./value-types.js";

export interface TypesSize {
  /** The most parameters, and the most results, of a function type. At least 1 each. */
  readonly parameters: number;
  readonly results: number;
  /** There are types of structures, arrays or other things than functions, which this does not look into. */
  readonly hasOthers: boolean;
}

const functionType = 0x60;

export function measureTypes(contents: Uint8Array): TypesSize {
  const reader: BinaryReader = new BinaryReader(contents);
  const size = { parameters: 1, results: 1, hasOthers: false };
  for (let left = reader.u32(); left > 0; left--) {
    if (reader.byte() !== functionType) return { ...size, hasOthers: true };
    size.parameters = Math.max(size.parameters, skipTypes(reader));
    size.results = Math.max(size.results, skipTypes(reader));
  }
  return size;
}

function skipTypes(reader: BinaryReader): number {
  const count = reader.u32();
  for (let left = count; left > 0; left--) {
    skipValueType(reader);
  }
  return count;
}
