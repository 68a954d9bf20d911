import type { ValueType } from "../../wasm/signature.js";

/** A number as WebAssembly's functions take and give it. */
export type WasmNumber = number | bigint;
export type NumberType = Exclude<ValueType, "v128" | "reference">;

export function isNumberType(type: ValueType): type is NumberType {
  return type !== "v128" && type !== "reference";
}

/** What a text is to look like, for whoever got it wrong. */
export const numberForms: Readonly<Record<NumberType, string>> = {
  i32: "a whole number from -2147483648 to 4294967295",
  i64: "a whole number from -9223372036854775808 to 18446744073709551615",
  f32: "a number",
  f64: "a number",
};

/**
 * Reads a number as it is written on a command line: whole ones also in hexadecimal (`0xff`), signed or unsigned, the
 * others with a fraction and an exponent, or `inf` and `nan`. Undefined for all else, blanks included.
 */
export function parseNumber(type: NumberType, text: string): WasmNumber | undefined {
  if (type === "f32" || type === "f64") return parseFloatingPoint(text);
  const match = /^([+-]?)(0x[\da-f]+|\d+)$/i.exec(text);
  // No number of 64 bits has more digits; leading zeros do not count.
  const digits = match?.[2]?.replace(/^(0x)?0+(?=[\da-f])/i, "$1");
  if (digits === undefined || digits.length > mostDigits) return undefined;
  const value = match?.[1] === "-" ? -BigInt(digits) : BigInt(digits);
  const bits = type === "i32" ? 32n : 64n;
  if (value < -(2n ** (bits - 1n)) || value >= 2n ** bits) return undefined;
  return type === "i32" ? Number(BigInt.asIntN(32, value)) : BigInt.asIntN(64, value);
}

const mostDigits = 20;

function parseFloatingPoint(text: string): number | undefined {
  const [, sign = "", word] = /^([+-]?)(inf|infinity|nan)$/i.exec(text) ?? [];
  if (word !== undefined) {
    const value = word.toLowerCase() === "nan" ? Number.NaN : Number.POSITIVE_INFINITY;
    return sign === "-" ? -value : value;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

/** A number as text that `parseNumber` reads back: whole ones are signed, others have the fewest digits that do. */
export function showNumber(type: NumberType, value: WasmNumber): string {
  if (typeof value === "bigint" || Number.isNaN(value)) return String(value).toLowerCase();
  if (Object.is(value, -0)) return "-0";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  return String(type === "f32" ? shortestOfF32(value) : value);
}

/** The number with the fewest digits that is the same in 32 bits. */
function shortestOfF32(value: number): number {
  const mostPrecision = 9;
  for (let precision = 1; precision < mostPrecision; precision++) {
    const shorter = Number(value.toPrecision(precision));
    if (Math.fround(shorter) === value) return shorter;
  }
  return Number(value.toPrecision(mostPrecision));
}
