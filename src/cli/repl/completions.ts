import { textWidth } from "./width.js";

const mostListedRows = 12;

/** What all items begin with. */
export function commonStart(items: readonly string[]): string {
  const [first = ""] = items;
  let length = first.length;
  for (const item of items) {
    while (!item.startsWith(first.slice(0, length))) length--;
  }
  return first.slice(0, length);
}

/** A list of names, in as many columns as a terminal has room for. */
export function inColumns(items: readonly string[], columns: number): string[] {
  const names = items.map((item) => item.slice(0, Math.max(columns - 3, 1)));
  const width = Math.max(...names.map(textWidth)) + 2;
  const perRow = Math.max(1, Math.floor((columns - 1) / width));
  const rows: string[] = [];
  for (let start = 0; start < names.length && rows.length < mostListedRows; start += perRow) {
    const row = names.slice(start, start + perRow);
    rows.push(
      row
        .map((name) => name + " ".repeat(width - textWidth(name)))
        .join("")
        .trimEnd(),
    );
  }
  const shown = rows.length * perRow;
  return shown < names.length
    ? [...rows, `... and ${names.length - shown} more`.slice(0, columns - 1)]
    : rows;
}
