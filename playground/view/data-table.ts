/** Data as tables: lists of records, lists of lists, and records. */
import { h } from "./dom.js";

const mostRows = 200;
const mostColumns = 40;
/** In characters. */
const longestCell = 300;

/** Undefined for what is no table. */
export function tableOf(value: unknown): HTMLElement | undefined {
  if (Array.isArray(value)) return ofList(value);
  if (isRecord(value)) return ofRecord(value);
  return undefined;
}

function ofList(list: readonly unknown[]): HTMLElement | undefined {
  if (list.length === 0) return undefined;
  const rows = list.slice(0, mostRows);
  if (rows.every(isRecord)) {
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].slice(0, mostColumns);
    const cells = rows.map((row) => columns.map((column) => row[column]));
    return table(
      ["", ...columns],
      cells.map((row, index) => [index, ...row]),
      list.length,
    );
  }
  if (rows.every(Array.isArray)) {
    const width = Math.min(mostColumns, Math.max(...rows.map(({ length }) => length)));
    const columns = Array.from({ length: width }, (_, index) => String(index));
    const cells = rows.map((row, index) => [index, ...columns.map((_, column) => row[column])]);
    return table(["", ...columns], cells, list.length);
  }
  return table(
    ["", "value"],
    rows.map((each, index) => [index, each]),
    list.length,
  );
}

function ofRecord(record: Record<string, unknown>): HTMLElement | undefined {
  const entries = Object.entries(record);
  return entries.length === 0
    ? undefined
    : table(["key", "value"], entries.slice(0, mostRows), entries.length);
}

function table(head: readonly string[], rows: readonly (readonly unknown[])[], count: number): HTMLElement {
  const element = h(
    "table",
    {},
    h(
      "thead",
      {},
      h("tr", {}, ...head.map((name) => (name === "" ? h("td") : h("th", { scope: "col" }, cellText(name))))),
    ),
    h(
      "tbody",
      {},
      ...rows.map(([first, ...rest]) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, cellText(first)),
          ...rest.map((cell) => h("td", {}, cellText(cell))),
        ),
      ),
    ),
  );
  const more = count - rows.length;
  return h(
    "div",
    { class: "rich" },
    h("div", { class: "scrolls", role: "group", "aria-label": "Table" }, element),
    more > 0 && h("p", { class: "muted" }, `${more.toLocaleString("en")} more rows`),
  );
}

function cellText(value: unknown): string {
  if (value === undefined) return "";
  const text =
    value instanceof Uint8Array
      ? `${value.length} bytes`
      : typeof value === "string"
        ? value
        : JSON.stringify(value);
  return text.length > longestCell ? `${text.slice(0, longestCell)}…` : text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}
