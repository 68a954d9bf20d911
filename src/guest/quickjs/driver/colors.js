// Colours for what the console makes of values, where the host shows it on a terminal. They are those of Node.js, and of
// the results that the host colours itself (src/cli/repl/highlight.ts).

/** What is looked for, in the order of the groups of `valuePattern`. */
const valueColors = ["32", "35", "32", "36", "31", "33", "90", "1"];
const valuePattern = new RegExp(
  "('(?:\\\\.|[^'\\\\\\n])*'|\"(?:\\\\.|[^\"\\\\\\n])*\"|`(?:\\\\.|[^`\\\\\\n])*`)" +
    "|(\\b\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z)" +
    "|(Symbol\\([^)\\n]*\\))" +
    "|(\\[(?:Function|class|AsyncFunction|GeneratorFunction|AsyncGeneratorFunction|Getter|Setter|Circular|Object|Array)[^\\]\\n]*\\]|<ref \\*\\d+>)" +
    "|((?<=^|[:[,] )\\/(?:\\\\.|[^/\\\\\\n])+\\/[a-z]*)" +
    "|((?<![\\w$.'])-?(?:\\d[\\d.]*(?:e[+-]?\\d+)?n?|Infinity|NaN)\\b(?!:)|\\b(?:true|false)\\b(?!:))" +
    "|(\\bundefined\\b(?!:))" +
    "|(\\bnull\\b(?!:))",
  "gm",
);

/** A value as text, in colours if the host wants them. */
function inspectForConsole(value, options) {
  const text = inspect(value, options);
  return host(operations.colors) === 1 ? colorValues(text) : text;
}

function colorValues(text) {
  let colored = "";
  let end = 0;
  valuePattern.lastIndex = 0;
  for (let match = exec(valuePattern, text); match !== null; match = exec(valuePattern, text)) {
    const found = match[0];
    const start = valuePattern.lastIndex - found.length;
    let group = 1;
    while (match[group] === undefined) group++;
    colored += slice(text, end, start) + "\x1b[" + valueColors[group - 1] + "m" + found + "\x1b[0m";
    end = start + found.length;
  }
  return colored + slice(text, end);
}
