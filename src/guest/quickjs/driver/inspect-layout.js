// How entries are put on lines.

/** One line if it is short and holds little nesting, else one entry a line; long lists of short items in columns. */
function layOut(context, entries, base, open, close, grouped, level, value) {
  let output = entries;
  const { length } = output;
  if (grouped && length > 6) output = inColumns(context, output, value);
  const lead = base === "" ? "" : base + " ";
  if (context.deepest - level < context.compact && length === output.length) {
    const start = output.length + context.indentation + open.length + base.length + 10;
    if (fits(context, output, start, base)) {
      const line = join(output, ", ");
      if (!includes(line, "\n")) return "" + lead + open + " " + line + " " + close;
    }
  }
  const indentation = "\n" + repeat(" ", context.indentation);
  return "" + lead + open + indentation + "  " + join(output, "," + indentation + "  ") + indentation + close;
}

function fits(context, output, start, base) {
  let total = output.length + start;
  if (total + output.length > context.breakLength) return false;
  for (let i = 0; i < output.length; i++) {
    total += output[i].length;
    if (total > context.breakLength) return false;
  }
  return base === "" || !includes(base, "\n");
}

/** Joins the entries of a list to rows of columns of about the shape of a square, as Node does. */
function inColumns(context, output, value) {
  const separator = 2;
  // The note on how many are left out stays a row of its own.
  const count = output.length > maxItems ? output.length - 1 : output.length;
  const widths = newList();
  let total = 0;
  let widest = 0;
  for (let i = 0; i < count; i++) {
    const width = textWidth(output[i]);
    append(widths, width);
    total += width + separator;
    widest = max(widest, width);
  }
  const column = widest + separator;
  const worthwhile =
    column * 3 + context.indentation < context.breakLength && (total / column > 5 || widest <= 6);
  if (!worthwhile) return output;
  const bias = max(column - 3 - sqrt(column - total / output.length), 1);
  const columns = min(
    round(sqrt(2.5 * bias * count) / bias),
    floor((context.breakLength - context.indentation) / column),
    context.compact * 4,
    15,
  );
  if (columns <= 1) return output;
  const columnWidths = newList();
  for (let i = 0; i < columns; i++) {
    let width = 0;
    for (let j = i; j < count; j += columns) width = max(width, widths[j]);
    append(columnWidths, width + separator);
  }
  const pad = isNumeric(value, count) ? padStart : padEnd;
  const rows = newList();
  for (let i = 0; i < count; i += columns) {
    const end = min(i + columns, count);
    let row = "";
    for (let j = i; j < end - 1; j++) {
      row += pad(output[j] + ", ", columnWidths[j - i] + output[j].length - widths[j], " ");
    }
    const last = end - 1;
    row +=
      pad === padStart
        ? padStart(output[last], columnWidths[last - i] + output[last].length - widths[last] - separator, " ")
        : output[last];
    append(rows, row);
  }
  if (count < output.length) append(rows, output[count]);
  return rows;
}

/** Numbers are aligned to the right. */
function isNumeric(value, count) {
  for (let i = 0; i < count; i++) {
    const item = ownValue(value, i);
    if (typeof item !== "number" && typeof item !== "bigint") return false;
  }
  return true;
}

/** Columns on a terminal: East Asian wide characters and emoji take two, combining marks none. */
function textWidth(text) {
  let width = 0;
  for (let i = 0; i < text.length; i++) {
    const code = codePointAt(text, i);
    if (code > 0xffff) i++;
    if (code < 0x300) width++;
    else if (!isZeroWidth(code)) width += isWide(code) ? 2 : 1;
  }
  return width;
}

function isZeroWidth(code) {
  return (
    code <= 0x36f ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x20d0 && code <= 0x20ff) ||
    (code >= 0xfe00 && code <= 0xfe0f) ||
    (code >= 0xfe20 && code <= 0xfe2f) ||
    (code >= 0xe0100 && code <= 0xe01ef)
  );
}

function isWide(code) {
  return (
    code >= 0x1100 &&
    (code <= 0x115f ||
      code === 0x2329 ||
      code === 0x232a ||
      (code >= 0x2e80 && code <= 0x3247 && code !== 0x303f) ||
      (code >= 0x3250 && code <= 0x4dbf) ||
      (code >= 0x4e00 && code <= 0xa4c6) ||
      (code >= 0xa960 && code <= 0xa97c) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe10 && code <= 0xfe19) ||
      (code >= 0xfe30 && code <= 0xfe6b) ||
      (code >= 0xff01 && code <= 0xff60) ||
      (code >= 0xffe0 && code <= 0xffe6) ||
      (code >= 0x1b000 && code <= 0x1b001) ||
      (code >= 0x1f200 && code <= 0x1f251) ||
      (code >= 0x1f300 && code <= 0x1f64f) ||
      (code >= 0x1f680 && code <= 0x1f6ff) ||
      (code >= 0x1f900 && code <= 0x1f9ff) ||
      (code >= 0x20000 && code <= 0x3fffd))
  );
}
