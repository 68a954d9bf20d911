/** How much JSON of a stranger's is taken over. What is over a bound is refused before anything is made of it. */
export interface JsonBounds {
  /** Its length as UTF-8. */
  readonly bytes: number;
  /** Objects and arrays inside each other. */
  readonly depth: number;
  /** Members of all objects and arrays together. */
  readonly members: number;
}

const decoder = new TextDecoder();
const codes = {
  quote: 0x22,
  backslash: 0x5c,
  comma: 0x2c,
  list: 0x5b,
  listEnd: 0x5d,
  object: 0x7b,
  objectEnd: 0x7d,
};

/**
 * Parses JSON that the guest's code may have made. `JSON.parse` alone makes many times the text's size of objects, and
 * cannot be interrupted. A member `__proto__` is one like any other: do not copy members by assignment.
 *
 * Throws a `RangeError` if a bound is exceeded, a `SyntaxError` if it is no JSON.
 */
export function parseBoundedJson(bytes: Uint8Array, bounds: JsonBounds): unknown {
  checkJsonBounds(bytes, bounds);
  return JSON.parse(decoder.decode(bytes));
}

/** A `RangeError` if a bound is exceeded. Counts what stands outside of strings; whether it is JSON at all is not asked. */
export function checkJsonBounds(bytes: Uint8Array, bounds: JsonBounds): void {
  if (bytes.length > bounds.bytes) throw new RangeError(`the JSON is longer than ${bounds.bytes} bytes`);
  let depth = 0;
  // An opening stands for the first member behind it, a comma for the next.
  let members = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case codes.quote:
        at = endOfString(bytes, at);
        break;
      case codes.list:
      case codes.object:
        depth++;
        members++;
        break;
      case codes.listEnd:
      case codes.objectEnd:
        depth--;
        break;
      case codes.comma:
        members++;
    }
    if (depth > bounds.depth) throw new RangeError(`the JSON is nested deeper than ${bounds.depth}`);
    if (members > bounds.members) throw new RangeError(`the JSON has more than ${bounds.members} members`);
  }
}

/** The index of the closing quote; that of the last byte if there is none. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === codes.backslash) at++;
    else if (bytes[at] === codes.quote) return at;
  }
  return bytes.length - 1;
}
