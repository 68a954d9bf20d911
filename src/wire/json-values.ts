import { isMarked, mapMembers } from "../marked-values.js";
import { fromJsonBytes, isJsonBytes, toJsonBytes } from "./json-bytes.js";
import { numbersOf } from "./json-text.js";

/**
 * Values of host functions as JSON lines and answers in files have them: JSON, in which bytes are `{"$bytes":"<base64>"}`.
 * An object that has no other member than `$bytes` or `$object` is `{"$object": object}`.
 */

export function toJsonValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return toJsonBytes(value);
  if (Array.isArray(value)) return value.map(toJsonValue);
  if (typeof value !== "object" || value === null) return value;
  const copy = mapMembers(value, toJsonValue);
  return isMarked(value) ? { $object: copy } : copy;
}

/** An error of one line if a mark stands in front of something else. */
export function fromJsonValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJsonValue);
  if (typeof value !== "object" || value === null) return value;
  if (!isMarked(value)) return mapMembers(value, fromJsonValue);
  if (isJsonBytes(value)) return fromJsonBytes(value);
  const { $object: inner } = value as { readonly $object?: unknown };
  if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) {
    return mapMembers(inner, fromJsonValue);
  }
  throw new Error(
    "$object" in value ? '"$object" is not an object' : '"$bytes" is no string of base64 with its padding',
  );
}

/** What of a value that is written as JSON would be lost in JavaScript; undefined if nothing is. */
export function lossOfNumbers(written: string): string | undefined {
  for (const number of numbersOf(written)) {
    const isInteger = /^-?\d+$/.test(number);
    if (isInteger && !Number.isSafeInteger(Number(number))) return `${shortened(number)} would be rounded`;
    if (!Number.isFinite(Number(number))) return `${shortened(number)} is too large`;
  }
  return undefined;
}

function shortened(number: string): string {
  return number.length > 40 ? `${number.slice(0, 40)}…` : number;
}
