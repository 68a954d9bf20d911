/**
 * A row is `{ what, ours, other, otherName, unit, value, goal, skipped }`: `value` is what the goal is compared
 * with, a ratio if there is an `other` and else the figure itself. A row without a goal is for information.
 */
export function formatTable(rows) {
  const cells = [
    ["what", "ours", "other", "ratio", "goal", ""],
    ...rows.map((row) =>
      row.skipped === undefined
        ? [
            row.what,
            withUnit(row.ours, row.unit),
            row.other === undefined ? "" : `${withUnit(row.other, row.unit)} (${row.otherName})`,
            row.other === undefined ? "" : ratio(row).toFixed(2),
            row.goal === undefined
              ? ""
              : `<= ${row.other === undefined ? withUnit(row.goal, row.unit) : row.goal}`,
            verdict(row),
          ]
        : [row.what, `skipped: ${row.skipped}`],
    ),
  ];
  const shown = cells.filter((line) => line.length > 2);
  const widths = cells[0].map((_, column) => Math.max(...shown.map((line) => line[column].length)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function ratio({ ours, other }) {
  return ours / other;
}

function verdict(row) {
  if (row.goal === undefined) return "";
  return (row.other === undefined ? row.ours : ratio(row)) <= row.goal ? "met" : "missed";
}

function withUnit(value, unit) {
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
}
