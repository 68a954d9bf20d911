/** Values on their way between host and guest are JSON, with bytes beside it: `{"$bytes": index}` stands for them. */

import { crossingBounds } from "../../guest/answer-limits.js";
import type { CrossingValue } from "../../guest/host-line.js";
import { isMarked, marks } from "../../marked-values.js";

/** What cannot cross: the message says what, in words that follow "cannot cross:". */
export class CrossingError extends Error {
  override readonly name = "CrossingError";
}

/** Objects and lists inside each other. */
const maxDepth = 200;

/** Copies a value out of the host. Functions, cycles and all that JSON would silently change are refused. */
export function encodeValue(value: unknown, maxBytes: number): CrossingValue {
  const bytes: Uint8Array[] = [];
  const around = new Set<object>();
  let byteCount = 0;

  /** What JSON.stringify writes as it is. */
  function plain(given: unknown): unknown {
    const value = withoutToJson(given);
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        if (!Number.isFinite(value)) throw new CrossingError(`the number ${value}`);
        return value;
      case "bigint":
        throw new CrossingError("a BigInt; give a number, or a string");
      case "function":
      case "symbol":
        throw new CrossingError(`a ${typeof value}`);
    }
    if (value === null || value === undefined) return null;
    const data = bytesOf(value);
    if (data !== undefined) {
      byteCount += data.length;
      checkSize(byteCount);
      if (bytes.length + 1 >= crossingBounds.parts)
        throw new CrossingError("more than 10,000 values of bytes");
      bytes.push(data.slice());
      return { [marks.bytes]: bytes.length - 1 };
    }
    if (around.has(value)) throw new CrossingError("a cycle: it contains itself");
    if (around.size >= maxDepth) throw new CrossingError(`it is nested deeper than ${maxDepth}`);
    around.add(value);
    const copy = Array.isArray(value) ? Array.from(value, plain) : members(value);
    around.delete(value);
    return copy;
  }

  function members(value: object): object {
    const tag = Object.prototype.toString.call(value);
    if (tag !== "[object Object]") throw new CrossingError(`a ${tag.slice("[object ".length, -1)}`);
    const copy: Record<string, unknown> = Object.create(null);
    const names = Object.keys(value);
    for (const name of names) {
      const member = (value as Record<string, unknown>)[name];
      if (member !== undefined) copy[name] = plain(member);
    }
    return isMarked(copy) ? { [marks.object]: copy } : copy;
  }

  function checkSize(size: number): void {
    if (size > maxBytes) throw new CrossingError(`it is larger than ${maxBytes} bytes`);
  }

  const json = JSON.stringify(plain(value));
  checkSize(json.length + byteCount);
  return { json, bytes };
}

/** Dates and the like say themselves what they are in JSON; bytes must not. */
function withoutToJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null || bytesOf(value) !== undefined) return value;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === "function" ? toJSON.call(value, "") : value;
}

function bytesOf(value: object): Uint8Array | undefined {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (!ArrayBuffer.isView(value)) return undefined;
  const isBytes =
    value instanceof Uint8Array || value instanceof Uint8ClampedArray || value instanceof DataView;
  return isBytes ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : undefined;
}

/** Makes the value that a guest has sent. A `SyntaxError` or `CrossingError` if it is none; its bounds have been checked. */
export function decodeValue({ json, bytes }: CrossingValue): unknown {
  return revive(JSON.parse(json), bytes);
}

/** In place, where nothing in it can run code. */
function revive(value: unknown, bytes: readonly Uint8Array[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  const names = Object.keys(value);
  const members = value as Record<string, unknown>;
  if (!Array.isArray(value) && names.length === 1) {
    if (names[0] === marks.bytes) {
      const index = members[marks.bytes];
      const data = typeof index === "number" ? bytes[index] : undefined;
      if (data === undefined) throw new CrossingError("bytes that are not there");
      return data;
    }
    if (names[0] === marks.object) {
      const inner = members[marks.object];
      if (typeof inner !== "object" || inner === null) throw new CrossingError("an object that is none");
      reviveMembers(inner, bytes);
      return inner;
    }
  }
  reviveMembers(value, bytes);
  return value;
}

function reviveMembers(value: object, bytes: readonly Uint8Array[]): void {
  for (const name of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[name];
    if (typeof member !== "object" || member === null) continue;
    const revived = revive(member, bytes);
    // Not by assignment: the name may be `__proto__`.
    if (revived !== member) {
      Object.defineProperty(value, name, {
        value: revived,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  }
}
