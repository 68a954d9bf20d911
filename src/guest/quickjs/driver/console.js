// The global `console` and `print`.

const output = 1;
const errorOutput = 2;
let groupMargin = "";
const counters = new MapClass();
const stopwatches = new MapClass();

function write(descriptor, text) {
  host(operations.write, descriptor, toWellFormed(text));
}

function writeLine(descriptor, text) {
  const line = groupMargin === "" ? text : groupMargin + indentLines(text, groupMargin);
  write(descriptor, line + "\n");
}

function labelOf(label) {
  return label === undefined ? "default" : toText(label);
}

function formatElapsed(milliseconds) {
  if (milliseconds < 1000) return toNumber(toFixed(milliseconds, 3)) + "ms";
  if (milliseconds < 60_000) return toFixed(milliseconds / 1000, 3) + "s";
  const minutes = floor(milliseconds / 60_000);
  return minutes + ":" + padStart(toFixed((milliseconds % 60_000) / 1000, 3), 6, "0") + " (m:ss.mmm)";
}

function writeElapsed(method, label, values) {
  const started = mapGet(stopwatches, label);
  if (started === undefined) {
    writeLine(errorOutput, "Warning: No such label '" + label + "' for console." + method + "()");
    return false;
  }
  const elapsed = label + ": " + formatElapsed(now() - started);
  writeLine(output, values.length > 0 ? joinValues(values, 0, elapsed + " ") : elapsed);
  return true;
}

const consoleMethods = {
  log(...values) {
    writeLine(output, formatLog(values));
  },
  info(...values) {
    writeLine(output, formatLog(values));
  },
  debug(...values) {
    writeLine(output, formatLog(values));
  },
  error(...values) {
    writeLine(errorOutput, formatLog(values));
  },
  warn(...values) {
    writeLine(errorOutput, formatLog(values));
  },
  trace(...values) {
    const mark = new ErrorClass();
    const text = formatLog(values);
    writeLine(errorOutput, "Trace" + (text === "" ? "" : ": " + text) + "\n" + framesOf(mark));
  },
  assert(condition, ...values) {
    if (condition) return;
    if (values.length > 0 && typeof values[0] === "string") values[0] = "Assertion failed: " + values[0];
    else if (values.length === 0) return writeLine(errorOutput, "Assertion failed");
    else return writeLine(errorOutput, joinValues(values, 0, "Assertion failed "));
    writeLine(errorOutput, formatLog(values));
  },
  dir(value, options) {
    const chosen = { __proto__: null };
    if (isObject(options)) {
      if (options.depth === null || typeof options.depth === "number") chosen.depth = options.depth;
      if (options.showHidden === true) chosen.showHidden = true;
    }
    writeLine(output, inspectForConsole(value, chosen));
  },
  table(data, columns) {
    writeLine(output, isObject(data) ? formatTable(data, columns) : formatLog([data]));
  },
  group(...values) {
    if (values.length > 0) writeLine(output, formatLog(values));
    groupMargin += "  ";
  },
  groupCollapsed(...values) {
    if (values.length > 0) writeLine(output, formatLog(values));
    groupMargin += "  ";
  },
  groupEnd() {
    groupMargin = slice(groupMargin, 2);
  },
  count(label) {
    const name = labelOf(label);
    const count = (mapGet(counters, name) ?? 0) + 1;
    mapSet(counters, name, count);
    writeLine(output, name + ": " + count);
  },
  countReset(label) {
    const name = labelOf(label);
    if (!mapDelete(counters, name))
      writeLine(errorOutput, "Warning: Count for '" + name + "' does not exist");
  },
  time(label) {
    const name = labelOf(label);
    if (mapHas(stopwatches, name)) {
      writeLine(errorOutput, "Warning: Label '" + name + "' already exists for console.time()");
    } else mapSet(stopwatches, name, now());
  },
  timeLog(label, ...values) {
    writeElapsed("timeLog", labelOf(label), values);
  },
  timeEnd(label) {
    const name = labelOf(label);
    if (writeElapsed("timeEnd", name, [])) mapDelete(stopwatches, name);
  },
};

/** Rows and columns in a box. */
function formatTable(data, columns) {
  const header = newList();
  append(header, "(index)");
  const rows = newList();
  let hasValues = false;
  const known = new MapClass();
  if (isArray(columns)) {
    for (let i = 0; i < columns.length; i++) {
      mapSet(known, "" + columns[i], header.length);
      append(header, "" + columns[i]);
    }
  }
  const cellText = (value) =>
    inspect(value, { __proto__: null, depth: isObject(value) ? 0 : 2, breakLength: 1 / 0 });
  const addRow = (index, value) => {
    const row = { __proto__: null, cells: newList(), value: undefined };
    append(row.cells, index);
    append(rows, row);
    if (!isObject(value) || isProxy(value) || typeof value === "function") {
      row.value = cellText(value);
      hasValues = true;
      return;
    }
    const names = objectKeys(value);
    for (let i = 0; i < names.length; i++) {
      let column = mapGet(known, names[i]);
      if (column === undefined) {
        if (isArray(columns)) continue;
        column = header.length;
        mapSet(known, names[i], column);
        append(header, names[i]);
      }
      row.cells[column] = cellText(ownValue(value, names[i]));
    }
  };
  const kind = isProxy(data) ? "Proxy" : host(operations.classOf, data);
  if (kind === "Map") {
    let index = 0;
    mapForEach(data, (item, key) => addRow("" + index++, [key, item]));
  } else if (kind === "Set") {
    let index = 0;
    setForEach(data, (item) => addRow("" + index++, item));
  } else if (kind !== "Proxy") {
    const names = objectKeys(data);
    for (let i = 0; i < names.length; i++) addRow(names[i], ownValue(data, names[i]));
  }
  if (hasValues) append(header, "Values");
  const lines = newList();
  const widths = newList();
  for (let column = 0; column < header.length; column++) {
    let width = textWidth(header[column]);
    for (let i = 0; i < rows.length; i++)
      width = max(width, textWidth(tableCell(rows[i], column, header, hasValues)));
    append(widths, width + 2);
  }
  const rule = (left, middle, right) => {
    const parts = newList();
    for (let i = 0; i < widths.length; i++) append(parts, repeat("─", widths[i]));
    append(lines, left + join(parts, middle) + right);
  };
  const addLine = (cell) => {
    const parts = newList();
    for (let i = 0; i < widths.length; i++) {
      const space = widths[i] - textWidth(cell(i));
      append(parts, repeat(" ", floor(space / 2)) + cell(i) + repeat(" ", space - floor(space / 2)));
    }
    append(lines, "│" + join(parts, "│") + "│");
  };
  rule("┌", "┬", "┐");
  addLine((column) => header[column]);
  rule("├", "┼", "┤");
  for (let i = 0; i < rows.length; i++) addLine((column) => tableCell(rows[i], column, header, hasValues));
  rule("└", "┴", "┘");
  return join(lines, "\n");
}

function tableCell(row, column, header, hasValues) {
  if (hasValues && column === header.length - 1) return row.value ?? "";
  return hasOwn(row.cells, column) ? row.cells[column] : "";
}
