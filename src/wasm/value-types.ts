import type { BinaryReader } from "./binary.js";

/** Types that another type follows: `(ref null T)` and `(ref T)`. */
const compoundTypes = [0x63, 0x64];

/** Passes over a value type (core specification, section 5.3.4); whether it is one that exists is not looked at. */
export function skipValueType(reader: BinaryReader): void {
  if (compoundTypes.includes(reader.byte())) reader.skipNumber(64);
}
