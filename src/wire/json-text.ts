/** JSON as it is written: what `JSON.parse` and `JSON.stringify` do not tell or do. */

/** Bounds of what `JSON.parse` makes of a text: a short line can stand for very many objects. Values nest up to 200. */
const maxDepth = 256;
const maxParts = 1_000_000;

const codes = { quote: 0x22, comma: 0x2c, colon: 0x3a, backslash: 0x5c, minus: 0x2d, zero: 0x30, nine: 0x39 };
const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);

/** What terminals take for control sequences, beyond what JSON escapes by itself, and some readers for ends of lines. */
const unsafe = /[\u007f-\u009f\u2028\u2029]/g;

/** One line of JSON, its end included, that says the same to every reader and nothing to a terminal. */
export function toJsonLine(message: object): string {
  return `${inOneJsonLine(message)}\n`;
}

/** As a line, without its end. */
export function inOneJsonLine(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * The members of the object that a JSON text holds, each with its name and value as they are written. Without meaning
 * for any other text. A `SyntaxError` if the text is nested too deep, or has too many parts, to be parsed.
 */
export function membersOf(text: string): Array<readonly [name: string, value: string]> {
  const members: Array<readonly [string, string]> = [];
  let depth = 0;
  let parts = 0;
  let start = 0;
  let colon: number | undefined;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === codes.quote) {
      at = endOfString(text, at);
    } else if (opening.has(code)) {
      if (++depth === 1) start = at + 1;
      if (depth > maxDepth) throw new SyntaxError(`it is nested more than ${maxDepth} deep`);
      parts++;
    } else if (code === codes.colon) {
      if (depth === 1) colon ??= at;
    } else if (code === codes.comma || closing.has(code)) {
      if (depth === 1 && colon !== undefined) {
        members.push([text.slice(start, colon).trim(), text.slice(colon + 1, at).trim()]);
        start = at + 1;
        colon = undefined;
      }
      if (code === codes.comma) parts++;
      else depth--;
    }
    if (parts > maxParts) throw new SyntaxError(`it has more than ${maxParts} parts`);
  }
  return members;
}

/** The numbers in a JSON text, as they are written. */
export function* numbersOf(text: string): Generator<string> {
  const number = /-?\d[\d.eE+-]*/y;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === codes.quote) at = endOfString(text, at);
    if (code !== codes.minus && !(code >= codes.zero && code <= codes.nine)) continue;
    number.lastIndex = at;
    const [written] = number.exec(text) ?? [""];
    yield written;
    at += Math.max(written.length - 1, 0);
  }
}

/** The place of the quote that ends the string, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === codes.backslash) backslashes++;
    if (backslashes % 2 === 0) return quote;
    from = quote + 1;
  }
}

/** Whether a number of a JSON text is, as `JSON.stringify` writes it again, the same number: not rounded, not infinite. */
export function isExactNumber(written: string): boolean {
  return plainDecimal(written) === plainDecimal(JSON.stringify(Number(written)));
}

/** Equal for equal numbers: the digits without zeros at their ends, and the power of ten to multiply them with. */
function plainDecimal(written: string): string | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(written);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
