import { graphemes, isPlain } from "./width.js";

const tabColumns = 8;
/** A long line is taken apart in pieces of so many characters. */
const pieceLength = 2000;

/**
 * A text as a terminal shows it: in rows of at most so many columns, colours and all, with spaces for tabs. The columns
 * are asked for at each row, since the terminal may have become another one.
 */
export function* rowsOf(text: string, columns: () => number): Generator<string> {
  const end = text.endsWith("\n") ? text.length - 1 : text.length;
  for (let start = 0; start <= end; ) {
    const found = text.indexOf("\n", start);
    const lineEnd = found < 0 || found > end ? end : found;
    yield* rowsOfLine(text, start, lineEnd, columns);
    start = lineEnd + 1;
  }
}

function* rowsOfLine(text: string, start: number, end: number, columns: () => number): Generator<string> {
  let row = "";
  let width = 0;
  for (let at = start; at < end; ) {
    const pieceEnd = Math.min(wholeEnd(text, at + pieceLength), end);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    for (const part of text.slice(at, pieceEnd).split(/(\x1b\[[0-9;:]*m|\t)/)) {
      if (part.startsWith("\x1b")) {
        row += part;
        continue;
      }
      const shown = part === "\t" ? " ".repeat(tabColumns - (width % tabColumns)) : part;
      for (const piece of isPlain(shown) ? slices(shown, () => columns() - width) : graphemes(shown)) {
        if (width + piece.width > columns()) {
          yield row;
          row = "";
          width = 0;
        }
        row += piece.shown;
        width += piece.width;
      }
    }
    at = pieceEnd;
  }
  yield row;
}

/** Characters of one column each, in pieces that have room. */
function* slices(text: string, room: () => number): Generator<{ shown: string; width: number }> {
  for (let at = 0; at < text.length; ) {
    // At a full row, as much as the next one takes at least.
    const length = Math.max(room(), 1);
    const shown = text.slice(at, at + length);
    yield { shown, width: shown.length };
    at += shown.length;
  }
}

/** What belongs together is hardly longer. */
const longestWhole = 200;

/** Where a piece may end from `at` on: not within a sequence, and before a character that begins something. */
function wholeEnd(text: string, at: number): number {
  const begin = text.lastIndexOf("\x1b", at);
  const isNear = begin >= 0 && at - begin < longestWhole;
  let end = Math.max(at, isNear ? text.indexOf("m", begin) + 1 : 0);
  while (end < at + longestWhole && end < text.length && (text.codePointAt(end) as number) > 0x7e) end++;
  return end;
}
