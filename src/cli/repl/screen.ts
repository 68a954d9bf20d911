import type { WriteStream } from "node:tty";
import { cleanText } from "../../terminal/filter.js";
import { graphemes, isPlain, textWidth } from "./width.js";

/** A piece of the text in one colour. */
export interface Span {
  readonly text: string;
  /** What follows `ESC [` and precedes `m`; empty for the terminal's own colour. */
  readonly color: string;
}

export interface View {
  readonly prompt: string;
  /** Stands before the second and all further lines. */
  readonly continuation: string;
  readonly spans: readonly Span[];
  /** In UTF-16 code units of the spans' text. */
  readonly cursor: number;
  /** Lines below the text. */
  readonly footer: readonly string[];
}

interface Row {
  readonly text: string;
  readonly width: number;
}

/** Keeps the lines at the bottom of the terminal as they should be, writing only the rows that change. */
export interface Screen {
  render(view: View): void;
  /** Leaves what was rendered as it is, and goes to the line below it. */
  finish(): void;
  /** The terminal has another width: what is on it has been wrapped anew. */
  resized(): void;
  clear(): void;
  /** What was written last stays as the view's prompt: it ends in column `width`, of a line that may wrap. */
  adopt(width: number): void;
}

export function createScreen(output: WriteStream): Screen {
  let drawn: Row[] = [];
  /** Of the cursor, counted from the first drawn row. */
  let row = 0;
  let column = 0;

  const columns = () => Math.max(output.columns || 80, 2);

  function moveTo(target: number): string {
    const distance = target - row;
    row = target;
    if (distance === 0) return "";
    return distance < 0 ? `\x1b[${-distance}A` : `\x1b[${distance}B`;
  }

  return {
    render(view) {
      const layout = layOut(view, columns());
      const height = Math.max((output.rows || 24) - 1, 1);
      // What is taller than the terminal shows the part around the cursor.
      const top = Math.max(0, Math.min(layout.row - Math.floor(height / 2), layout.rows.length - height));
      const rows = layout.rows.slice(top, top + height);
      // Code may have moved the cursor up: what stands below it is no part of the view.
      let text = drawn.length === 0 ? `${moveTo(0)}\r\x1b[J` : "";
      for (const [index, next] of rows.entries()) {
        if (drawn[index]?.text === next.text) continue;
        if (index >= drawn.length && index > 0) text += `${moveTo(index - 1)}\r\n`;
        else text += moveTo(index);
        row = index;
        text += `\r\x1b[K${next.text}`;
      }
      if (drawn.length > rows.length) text += `${moveTo(rows.length)}\r\x1b[J`;
      text += `${moveTo(layout.row - top)}\r`;
      if (layout.column > 0) text += `\x1b[${layout.column}C`;
      drawn = rows;
      column = layout.column;
      output.write(text);
    },
    finish() {
      output.write(`${moveTo(Math.max(drawn.length - 1, 0))}\r\n`);
      drawn = [];
      row = column = 0;
    },
    resized() {
      let above = Math.floor(column / columns());
      for (const { width } of drawn.slice(0, row)) above += Math.max(1, Math.ceil(width / columns()));
      output.write(`${above > 0 ? `\x1b[${above}A` : ""}\r\x1b[J`);
      drawn = [];
      row = column = 0;
    },
    clear() {
      output.write("\x1b[H\x1b[2J");
      drawn = [];
      row = column = 0;
    },
    adopt(width) {
      row = Math.floor(Math.max(width - 1, 0) / columns());
      drawn = [];
    },
  };
}

/** Breaks the view into rows of the terminal, and finds the cursor's. */
function layOut(view: View, columns: number): { rows: Row[]; row: number; column: number } {
  const rows: Row[] = [];
  let text = "";
  let width = 0;
  let offset = 0;
  let place: { row: number; column: number } | undefined;

  const endRow = () => {
    rows.push({ text, width });
    text = "";
    width = 0;
  };
  const put = (piece: string, color: string) => {
    if (isPlain(piece)) {
      for (let start = 0; start < piece.length; ) {
        if (width === columns) endRow();
        const part = piece.slice(start, start + columns - width);
        const at = view.cursor - offset - start;
        if (at >= 0 && at < part.length) place = { row: rows.length, column: width + at };
        text += color === "" ? part : `\x1b[${color}m${part}\x1b[0m`;
        width += part.length;
        start += part.length;
      }
      offset += piece.length;
      return;
    }
    for (const grapheme of graphemes(piece)) {
      if (width + grapheme.width > columns) endRow();
      if (view.cursor === offset) place = { row: rows.length, column: width };
      text += color === "" ? grapheme.shown : `\x1b[${color}m${grapheme.shown}\x1b[0m`;
      width += grapheme.width;
      offset += grapheme.text.length;
    }
  };
  const lead = (prompt: string) => {
    const promptWidth = textWidth(prompt);
    if (promptWidth < columns) {
      text = prompt;
      width = promptWidth;
      return;
    }
    const before = offset;
    put(cleanText(prompt, "text"), "");
    offset = before;
    place = undefined;
  };
  const endLine = () => {
    if (place === undefined && view.cursor === offset) {
      if (width === columns) endRow();
      place = { row: rows.length, column: width };
    }
  };

  lead(view.prompt);
  for (const { text: span, color } of view.spans) {
    for (const [index, line] of span.split("\n").entries()) {
      if (index > 0) {
        endLine();
        endRow();
        offset++;
        lead(view.continuation);
      }
      if (line !== "") put(line, color);
    }
  }
  endLine();
  endRow();
  for (const line of view.footer) rows.push({ text: cleanText(line, "text"), width: textWidth(line) });
  return { rows, ...(place ?? { row: rows.length - 1, column: 0 }) };
}
