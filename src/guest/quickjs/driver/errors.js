// Errors as text: `Name: message`, the stack without the driver's own frames, and other properties in braces.

const driverFrame = "wasm-repl:driver";

/** The frames of an error, each on a line, as the engine took them; no frame of the driver. */
function framesOf(error) {
  const own = getOwnPropertyDescriptor(error, "stack");
  let stack;
  if (own !== undefined) stack = hasOwn(own, "value") ? own.value : undefined;
  else stack = errorStack(error);
  if (typeof stack !== "string") return "";
  const frames = newList();
  for (let start = 0; start < stack.length; ) {
    const found = indexOf(stack, "\n", start);
    const end = found < 0 ? stack.length : found;
    const line = slice(stack, start, end);
    start = end + 1;
    if (line === "") continue;
    if (!includes(line, driverFrame)) append(frames, withoutEvalName(line));
    // The built-ins that the driver called go with it.
    else while (frames.length > 0 && endsWith(frames[frames.length - 1], " (native)")) frames.length -= 1;
  }
  return join(frames, "\n");
}

/** The error of a module that cannot be had; a `SyntaxError` if `place` says where in a file it is wrong. */
function moduleError(message, code, place) {
  const error = place === undefined ? new ErrorClass(message) : new SyntaxErrorClass(message);
  setOwn(error, "code", code);
  if (place !== undefined) hideMethod(error, "stack", "    at " + place + "\n");
  return error;
}

/** Top-level code has no function's name to show: `at <eval> (a.js:1:2)` is `at a.js:1:2`. */
function withoutEvalName(line) {
  const start = "    at <eval> (";
  return startsWith(line, start) && endsWith(line, ")") ? "    at " + slice(line, start.length, -1) : line;
}

function textOf(value, fallback) {
  if (value === undefined) return fallback;
  if (typeof value === "symbol") return symbolToString(value);
  return isObject(value) ? inspect(value, { __proto__: null, depth: 0 }) : "" + value;
}

/** `Name: message`, and the class where the name does not tell it. */
function errorHeader(error, className, tag) {
  const name = textOf(inheritedValue(error, "name"), "Error");
  const message = textOf(inheritedValue(error, "message"), "");
  let shownName = name;
  if (className === null || endsWith(name, "Error")) {
    const prefix = slice(prefixOf(className, tag, name === "" ? "Error" : name), 0, -1);
    if (prefix !== name) shownName = includes(prefix, name) ? prefix : prefix + " [" + name + "]";
  }
  if (message === "") return shownName;
  return shownName === "" ? message : shownName + ": " + message;
}

function describeError(context, value, parts, className) {
  const frames = framesOf(value);
  const header = errorHeader(value, className, parts.tag);
  let base = frames === "" ? "[" + header + "]" : header + "\n" + frames;
  const keys = newList();
  const own = shownKeys(context, value, false);
  for (let i = 0; i < own.length; i++) {
    const key = own[i];
    const repeats = key === "name" || key === "message" || key === "stack";
    if (repeats && (key === "stack" || includes(base, textOf(ownValue(value, key), "")))) continue;
    append(keys, key);
  }
  const hidden = newList();
  if (hasOwn(value, "cause") && !includesKey(keys, "cause")) append(hidden, "cause");
  if (isArray(ownValue(value, "errors")) && !includesKey(keys, "errors")) append(hidden, "errors");
  for (let i = 0; i < hidden.length; i++) append(keys, hidden[i]);
  if (context.indentation > 0) base = indentLines(base, repeat(" ", context.indentation));
  parts.base = base;
  parts.keys = keys;
  parts.hiddenKeys = hidden;
  if (keys.length === 0) parts.whole = base;
  return parts;
}

function indentLines(text, margin) {
  let result = "";
  let start = 0;
  for (let end = indexOf(text, "\n"); end >= 0; end = indexOf(text, "\n", start)) {
    result += slice(text, start, end + 1) + margin;
    start = end + 1;
  }
  return result + slice(text, start);
}

/**
 * What the host reports of an uncaught value: its type, its message, and its text. `shift` is by how many columns
 * the host moved the first line of `filename`. `type`, if given, stands in for the error's name.
 */
function describeUncaught(error, filename, shift, type) {
  if (!isObject(error) || isProxy(error) || !isError(error)) {
    const kind = error === null ? "null" : typeof error;
    const text = inspect(error);
    return [kind, toWellFormed(typeof error === "string" ? error : text), toWellFormed("Uncaught " + text)];
  }
  const name = type ?? textOf(inheritedValue(error, "name"), "Error");
  const message = textOf(inheritedValue(error, "message"), "");
  let text;
  if (type !== undefined) {
    const frames = framesOf(error);
    text = frames === "" ? type + ": " + message : type + ": " + message + "\n" + frames;
  } else {
    text = inspect(error);
    // An error without a stack is bracketed only inside other values.
    if (startsWith(text, "[") && endsWith(text, "]")) text = slice(text, 1, -1);
  }
  if (shift > 0) text = moveColumns(text, filename + ":1:", shift);
  return [toWellFormed(name), toWellFormed(message), toWellFormed(text)];
}

/** Takes `shift` off every column that follows `place`. */
function moveColumns(text, place, shift) {
  let result = "";
  let start = 0;
  for (let at = indexOf(text, place); at >= 0; at = indexOf(text, place, start)) {
    const from = at + place.length;
    let to = from;
    while (to < text.length && charCodeAt(text, to) >= 48 && charCodeAt(text, to) <= 57) to++;
    result += slice(text, start, from);
    if (to > from) result += max(toNumber(slice(text, from, to)) - shift, 1);
    start = to;
  }
  return result + slice(text, start);
}
