const columns = [
  ["passed", "passed"],
  ["skipped", "skipped"],
  ["expected", "failed as expected"],
  ["unexpected", "failed"],
  ["surprise", "passed unexpectedly"],
];

/** A line for each group of judged results, and one for all. */
export function formatTable(judged) {
  const groups = [...new Set(judged.map(({ group }) => group))];
  const row = (name, results) => [
    name,
    ...columns.map(([verdict]) => String(results.filter((each) => each.verdict === verdict).length)),
  ];
  const rows = [
    ["", ...columns.map(([, title]) => title)],
    ...groups.map((name) =>
      row(
        name,
        judged.filter(({ group }) => group === name),
      ),
    ),
    row("all", judged),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((line) => line[column].length)));
  const cell = (text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]));
  return rows.map((line) => line.map(cell).join("  ")).join("\n");
}

/** What nobody expected, a test a line. */
export function formatUnexpected(judged) {
  return judged
    .flatMap(({ name, verdict, message }) => {
      if (verdict === "unexpected") return [`failed: ${name}: ${message.split("\n")[0]}`];
      return verdict === "surprise" ? [`passed, and is in the list: ${name}`] : [];
    })
    .join("\n");
}
