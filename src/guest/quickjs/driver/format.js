// The text of `console.log(...values)`, with the directives of `util.format`.

function formatLog(values) {
  const first = values.length > 0 ? values[0] : undefined;
  if (typeof first !== "string") return joinValues(values, 0, "");
  if (values.length === 1) return first;
  let text = "";
  let used = 1;
  let start = 0;
  for (let at = indexOf(first, "%"); at >= 0 && at + 1 < first.length; at = indexOf(first, "%", at)) {
    const directive = first[at + 1];
    let replacement;
    if (directive === "%") replacement = "%";
    else if (used < values.length) replacement = formatDirective(directive, values[used]);
    if (replacement === undefined) {
      at += 1;
      continue;
    }
    if (directive !== "%") used++;
    text += slice(first, start, at) + replacement;
    at += 2;
    start = at;
  }
  return joinValues(values, used, text + slice(first, start));
}

function joinValues(values, from, text) {
  let result = text;
  for (let i = from; i < values.length; i++) {
    if (i > 0) result += " ";
    result += typeof values[i] === "string" ? values[i] : inspectForConsole(values[i]);
  }
  return result;
}

/** Undefined if it is no directive. */
function formatDirective(directive, value) {
  switch (directive) {
    case "s":
      return formatText(value);
    case "d":
      if (typeof value === "bigint") return value + "n";
      return typeof value === "symbol" ? "NaN" : formatNumber(toNumber(value));
    case "i":
      if (typeof value === "bigint") return value + "n";
      return typeof value === "symbol" ? "NaN" : formatNumber(parseInteger(value));
    case "f":
      return typeof value === "symbol" ? "NaN" : formatNumber(parseDecimal(value));
    case "j":
      return formatJson(value);
    case "o":
      return inspectForConsole(value, { __proto__: null, depth: 4, showHidden: true });
    case "O":
      return inspectForConsole(value);
    case "c":
      return "";
    default:
      return undefined;
  }
}

function formatNumber(number) {
  return is(number, -0) ? "-0" : "" + number;
}

function formatText(value) {
  if (typeof value === "string") return value;
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "bigint") return value + "n";
  if (typeof value === "symbol") return symbolToString(value);
  if (!isObject(value)) return "" + value;
  if (typeof value === "function" && !isProxy(value)) return functionToString(value);
  if (hasOwnText(value)) return toText(value);
  return inspect(value, { __proto__: null, depth: 0 });
}

const builtinTexts = new SetClass();
const hasText = method(Set.prototype.has);
for (const prototype of [
  Object,
  Array,
  Date,
  RegExp,
  Error,
  Function,
  Symbol,
  Number,
  String,
  Boolean,
  BigInt,
]) {
  setAdd(builtinTexts, prototype.prototype.toString);
}
setAdd(builtinTexts, TypedArrayPrototype.toString);

/** Whether the user's own `toString` says how the object reads; errors always say it. */
function hasOwnText(value) {
  if (isProxy(value)) return false;
  if (isError(value)) return true;
  const found = inheritedValue(value, "toString");
  return typeof found === "function" && !hasText(builtinTexts, found);
}

function formatJson(value) {
  try {
    return stringifyJson(value) ?? "undefined";
  } catch (error) {
    if (isError(error) && includes(textOf(inheritedValue(error, "message"), ""), "circular"))
      return "[Circular]";
    throw error;
  }
}
