/** Breaks a line at its spaces so that it fits; further lines are indented. A longer word stays whole. */
export function wrap(line: string, columns: number, indent: number): string {
  const rows: string[] = [];
  let row = "";
  for (const word of line.split(/(?<=\s)(?=\S)/)) {
    if (row.trim() !== "" && row.length + word.trimEnd().length > columns) {
      rows.push(row.trimEnd());
      row = " ".repeat(Math.min(indent, Math.floor(columns / 2)));
    }
    row += word;
  }
  return [...rows, row].join("\n");
}
