// What stands before the braces of each kind of object, and what is listed inside them.

/**
 * The parts of an object's text. `whole`: all of it. Otherwise `base` stands before the braces, `items` adds the
 * entries that are no properties, and `keys` names the properties. `grouped`: many short entries make columns.
 */
function describeKind(context, value, name, tag) {
  const parts = {
    __proto__: null,
    whole: undefined,
    base: "",
    open: "{",
    close: "}",
    items: undefined,
    keys: newList(),
    hiddenKeys: undefined,
    grouped: false,
    tag,
  };
  if (isArray(value)) return describeArray(context, value, parts, name);
  if (typeof value === "function") return describeFunction(context, value, parts, name);
  if (isError(value)) return describeError(context, value, parts, name);
  if (urlRecordOf(value) !== undefined) return describeUrl(context, value, parts, name);
  if (paramsPairsOf(value) !== undefined) return describeParams(context, value, parts, name);
  const kind = host(operations.classOf, value);
  const describe = kinds[kind];
  if (describe !== undefined) return describe(context, value, parts, name, kind);
  parts.keys = shownKeys(context, value, false);
  if (bufferStatics.isBuffer(value)) return describeBytes(context, value, parts);
  if (typedArrayTag(value) !== undefined) return describeTypedArray(context, value, parts, name, kind);
  // Iterators, generators and whatever else the engine has go by their tag.
  return describePlain(parts, name, name === null ? (kind ?? "Object") : "Object");
}

function describePlain(parts, name, fallback) {
  const isModule = name === null && parts.tag === "Module";
  let prefix = isModule ? "[Module: null prototype] " : "";
  if (!isModule && (name !== "Object" || parts.tag !== "")) prefix = prefixOf(name, parts.tag, fallback);
  parts.open = prefix + "{";
  if (parts.keys.length === 0 && parts.items === undefined) parts.whole = prefix + "{}";
  return parts;
}

function describeArray(context, value, parts, name) {
  const { length } = value;
  const prefix =
    name !== "Array" || parts.tag !== "" ? prefixOf(name, parts.tag, "Array", "(" + length + ")") : "";
  parts.keys = length > maxLengthForExtras ? newList() : shownKeys(context, value, true);
  parts.open = prefix + "[";
  parts.close = "]";
  parts.grouped = true;
  if (length === 0 && parts.keys.length === 0) parts.whole = prefix + "[]";
  parts.items = (output, level) => listArray(context, value, output, level);
  return parts;
}

/** Elements, with each run of holes as one entry. */
function listArray(context, value, output, level) {
  const { length } = value;
  let index = 0;
  while (index < length && output.length < maxItems) {
    const start = index;
    const descriptor = getOwnPropertyDescriptor(value, index);
    if (descriptor !== undefined) {
      append(output, formatElement(context, descriptor, level));
      index++;
      continue;
    }
    index = nextElement(value, index, length);
    append(output, "<" + (index - start) + " empty item" + (index - start > 1 ? "s" : "") + ">");
  }
  addRest(output, length - index);
}

/** The index of the first element behind a hole. A long hole is skipped by the list of keys. */
function nextElement(value, hole, length) {
  for (let index = hole + 1; index < hole + 1000; index++) {
    if (index >= length || hasOwn(value, index)) return min(index, length);
  }
  const all = objectKeys(value);
  for (let i = 0; i < all.length && isIndex(all[i]); i++) {
    const index = toNumber(all[i]);
    if (index > hole) return index;
  }
  return length;
}

function formatElement(context, descriptor, level) {
  if (!hasOwn(descriptor, "value")) {
    if (descriptor.get === undefined) return descriptor.set !== undefined ? "[Setter]" : "undefined";
    return descriptor.set !== undefined ? "[Getter/Setter]" : "[Getter]";
  }
  context.indentation += 2;
  const text = formatValue(context, descriptor.value, level, true);
  context.indentation -= 2;
  return text;
}

function addRest(output, rest) {
  if (rest > 0) append(output, "... " + rest + " more item" + (rest > 1 ? "s" : ""));
}

function describeTypedArray(context, value, parts, name, kind) {
  const length = typedArrayLength(value);
  parts.keys = length > maxLengthForExtras ? newList() : shownKeys(context, value, true);
  const prefix = prefixOf(name, parts.tag, kind, "(" + length + ")");
  parts.open = prefix + "[";
  parts.close = "]";
  parts.grouped = true;
  if (length === 0 && parts.keys.length === 0) parts.whole = prefix + "[]";
  parts.items = (output) => {
    const shown = min(length, maxItems);
    for (let i = 0; i < shown; i++) append(output, formatPrimitive(context, value[i]));
    addRest(output, length - shown);
  };
  return parts;
}

/** Fifty bytes of a Buffer. */
function describeBytes(context, value, parts) {
  const most = 50;
  const length = typedArrayLength(value);
  let text = "<Buffer ";
  for (let i = 0; i < min(length, most); i++)
    text += (i > 0 ? " " : "") + padStart(numberToString(value[i], 16), 2, "0");
  if (length > most) text += " ... " + (length - most) + " more byte" + (length - most > 1 ? "s" : "");
  parts.whole = text + ">";
  return parts;
}

function describeUrl(context, value, parts, name) {
  const record = urlRecordOf(value);
  const shown = {
    __proto__: null,
    href: writeUrl(record),
    origin: originOf(record),
    protocol: record.scheme + ":",
    username: record.username,
    password: record.password,
    host: hostOf(record),
    hostname: record.host ?? "",
    port: record.port === null ? "" : "" + record.port,
    pathname: pathOf(record),
    search: record.query === null || record.query === "" ? "" : "?" + record.query,
    searchParams: createParams(record.query ?? ""),
    hash: record.fragment === null || record.fragment === "" ? "" : "#" + record.fragment,
  };
  parts.open = (name ?? "URL") + " {";
  parts.items = (output, level) => {
    const keys = objectKeys(shown);
    for (let i = 0; i < keys.length; i++) append(output, formatProperty(context, shown, level, keys[i]));
  };
  return parts;
}

function describeParams(context, value, parts, name) {
  const pairs = paramsPairsOf(value);
  parts.open = (name ?? "URLSearchParams") + " {";
  if (pairs.length === 0) parts.whole = parts.open + "}";
  parts.items = (output) => {
    for (let i = 0; i < min(pairs.length, maxItems); i++) {
      append(
        output,
        formatPrimitive(context, pairs[i].name) + " => " + formatPrimitive(context, pairs[i].value),
      );
    }
    addRest(output, pairs.length - maxItems);
  };
  return parts;
}

function describeFunction(context, value, parts, name) {
  const own = ownValue(value, "name");
  const source = functionToString(value);
  const isClass = startsWith(source, "class") && endsWith(source, "}");
  parts.keys = shownKeys(context, value, false);
  if (isClass) {
    const parent = getPrototypeOf(value);
    const parentName = isObject(parent) && !isProxy(parent) ? ownValue(parent, "name") : undefined;
    let text = "[class " + (typeof own === "string" && own !== "" ? own : "(anonymous)");
    if (name !== "Function" && name !== null) text += " [" + name + "]";
    if (parts.tag !== "" && name !== parts.tag) text += " [" + parts.tag + "]";
    if (parent === null) text += " extends [null prototype]";
    else if (typeof parentName === "string" && parentName !== "") text += " extends " + parentName;
    parts.base = text + "]";
  } else {
    const kind = functionKind(value);
    let text = "[" + kind;
    if (name === null) text += " (null prototype)";
    text += typeof own === "string" && own !== "" ? ": " + own + "]" : " (anonymous)]";
    if (name !== kind && name !== null && name !== "Function") text += " " + name;
    if (parts.tag !== "" && name !== parts.tag && parts.tag !== kind) text += " [" + parts.tag + "]";
    parts.base = text;
  }
  if (parts.keys.length === 0) parts.whole = parts.base;
  return parts;
}

function functionKind(value) {
  const kind = host(operations.classOf, value);
  const special =
    kind === "AsyncFunction" || kind === "GeneratorFunction" || kind === "AsyncGeneratorFunction";
  return special ? kind : "Function";
}

const kinds = {
  __proto__: null,
  Arguments: (context, value, parts) => {
    parts.keys = shownKeys(context, value, false);
    parts.open = "[Arguments] {";
    if (parts.keys.length === 0) parts.whole = "[Arguments] {}";
    return parts;
  },
  Set: (context, value, parts, name) => {
    const size = setSize(value);
    parts.keys = shownKeys(context, value, false);
    const prefix = prefixOf(name, parts.tag, "Set", "(" + size + ")");
    parts.open = prefix + "{";
    if (size === 0 && parts.keys.length === 0) parts.whole = prefix + "{}";
    parts.items = (output, level) => {
      context.indentation += 2;
      let rest = maxItems;
      setForEach(value, (item) => {
        if (rest-- > 0) append(output, formatValue(context, item, level, false));
      });
      context.indentation -= 2;
      addRest(output, size - maxItems);
    };
    return parts;
  },
  Map: (context, value, parts, name) => {
    const size = mapSize(value);
    parts.keys = shownKeys(context, value, false);
    const prefix = prefixOf(name, parts.tag, "Map", "(" + size + ")");
    parts.open = prefix + "{";
    if (size === 0 && parts.keys.length === 0) parts.whole = prefix + "{}";
    parts.items = (output, level) => {
      context.indentation += 2;
      let rest = maxItems;
      mapForEach(value, (item, key) => {
        if (rest-- <= 0) return;
        const keyText = formatValue(context, key, level, false);
        append(output, keyText + " => " + formatValue(context, item, level, false));
      });
      context.indentation -= 2;
      addRest(output, size - maxItems);
    };
    return parts;
  },
  RegExp: (context, value, parts, name) => {
    const prefix = name === "RegExp" && parts.tag === "" ? "" : prefixOf(name, parts.tag, "RegExp");
    return describeBase(context, value, parts, prefix + "/" + regExpSource(value) + "/" + regExpFlags(value));
  },
  Date: (context, value, parts, name) => {
    const prefix = name === "Date" && parts.tag === "" ? "" : prefixOf(name, parts.tag, "Date");
    const time = dateValue(value);
    return describeBase(
      context,
      value,
      parts,
      prefix + (time === time ? toISOString(value) : "Invalid Date"),
    );
  },
  Number: (context, value, parts, name) =>
    describeBoxed(context, value, parts, name, "Number", numberValue(value)),
  Boolean: (context, value, parts, name) =>
    describeBoxed(context, value, parts, name, "Boolean", booleanValue(value)),
  Symbol: (context, value, parts, name) =>
    describeBoxed(context, value, parts, name, "Symbol", symbolValue(value)),
  BigInt: (context, value, parts, name) =>
    describeBoxed(context, value, parts, name, "BigInt", bigintValue(value)),
  String: (context, value, parts, name) =>
    describeBoxed(context, value, parts, name, "String", stringValue(value)),
  ArrayBuffer: describeBuffer,
  SharedArrayBuffer: describeBuffer,
  DataView: (context, value, parts, name) => {
    parts.keys = shownKeys(context, value, false);
    parts.open = prefixOf(name, parts.tag, "DataView") + "{";
    parts.items = (output, level) => {
      append(output, "byteLength: " + viewByteLength(value));
      append(output, "byteOffset: " + viewByteOffset(value));
      context.indentation += 2;
      append(output, "buffer: " + formatValue(context, viewBuffer(value), level, false));
      context.indentation -= 2;
    };
    return parts;
  },
  Promise: (context, value, parts, name) => {
    parts.keys = shownKeys(context, value, false);
    parts.open = prefixOf(name, parts.tag, "Promise") + "{";
    parts.items = (output, level) => {
      const state = host(operations.promiseState, value);
      if (state === 0) return append(output, "<pending>");
      context.indentation += 2;
      const text = formatValue(context, host(operations.promiseResult, value), level, false);
      context.indentation -= 2;
      append(output, state === 2 ? "<rejected> " + text : text);
    };
    return parts;
  },
  WeakSet: describeWeak,
  WeakMap: describeWeak,
  WeakRef: (context, value, parts, name) => {
    parts.keys = shownKeys(context, value, false);
    return describePlain(parts, name, "WeakRef");
  },
};

function describeBase(context, value, parts, base) {
  parts.keys = shownKeys(context, value, false);
  parts.base = base;
  if (parts.keys.length === 0) parts.whole = base;
  return parts;
}

function describeBoxed(context, value, parts, name, kind, primitive) {
  parts.keys = shownKeys(context, value, kind === "String");
  let base = "[" + kind;
  if (name !== kind) base += name === null ? " (null prototype)" : " (" + name + ")";
  const plain = { __proto__: null, breakLength: 1 / 0, indentation: 0 };
  base += ": " + formatPrimitive(plain, primitive) + "]";
  if (parts.tag !== "" && parts.tag !== name) base += " [" + parts.tag + "]";
  parts.base = base;
  if (parts.keys.length === 0) parts.whole = base;
  return parts;
}

function describeBuffer(context, value, parts, name, kind) {
  parts.keys = shownKeys(context, value, false);
  parts.open = prefixOf(name, parts.tag, kind) + "{";
  parts.items = (output) => {
    let bytes;
    try {
      bytes = new Bytes(value);
    } catch {
      // A buffer that was transferred away.
      append(output, "(detached)");
    }
    const length = bytes === undefined ? 0 : typedArrayLength(bytes);
    if (bytes !== undefined) {
      const hex = newList();
      for (let i = 0; i < min(length, maxItems); i++)
        append(hex, padStart(numberToString(bytes[i], 16), 2, "0"));
      const rest = length - maxItems;
      const more = rest > 0 ? " ... " + rest + " more byte" + (rest > 1 ? "s" : "") : "";
      append(output, "[Uint8Contents]: <" + join(hex, " ") + more + ">");
    }
    append(output, "byteLength: " + length);
  };
  return parts;
}

function describeWeak(context, value, parts, name, kind) {
  parts.keys = shownKeys(context, value, false);
  parts.open = prefixOf(name, parts.tag, kind) + "{";
  parts.items = (output) => append(output, "<items unknown>");
  return parts;
}
