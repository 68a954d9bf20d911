// Values as text, as `util.inspect` of Node.js has them. No getter, proxy trap or method of the user's is run.

const maxItems = 100;
const maxStringLength = 10_000;
/** Extra properties of longer arrays are not looked for: listing their keys would list every index too. */
const maxLengthForExtras = 100_000;

/** What one call of `inspect` carries along. `depth` counts nested objects; `compact` and `breakLength` as in Node. */
function inspect(value, options) {
  const context = {
    __proto__: null,
    depth: 2,
    compact: 3,
    breakLength: 80,
    showHidden: false,
    indentation: 0,
    deepest: 0,
    seen: newList(),
    circular: undefined,
  };
  if (options !== undefined) {
    const names = objectKeys(options);
    for (let i = 0; i < names.length; i++) context[names[i]] = options[names[i]];
  }
  return formatValue(context, value, 0, false);
}

function formatValue(context, value, level, typed) {
  return isObject(value) ? formatObject(context, value, level, typed) : formatPrimitive(context, value);
}

function formatPrimitive(context, value) {
  if (typeof value === "string") return formatString(context, value);
  if (typeof value === "number") return is(value, -0) ? "-0" : "" + value;
  if (typeof value === "bigint") return value + "n";
  if (typeof value === "symbol") return formatSymbol(value);
  return "" + value;
}

function formatSymbol(symbol) {
  return symbolToString(symbol);
}

function formatString(context, value) {
  let text = value;
  let trailer = "";
  if (text.length > maxStringLength) {
    const rest = text.length - maxStringLength;
    text = slice(text, 0, maxStringLength);
    trailer = "... " + rest + " more character" + (rest > 1 ? "s" : "");
  }
  // A long text is shown line by line.
  if (text.length > 16 && text.length > context.breakLength - context.indentation - 4) {
    const lines = newList();
    for (let start = 0; start < text.length; ) {
      const end = indexOf(text, "\n", start);
      const next = end < 0 ? text.length : end + 1;
      append(lines, quote(slice(text, start, next)));
      start = next;
    }
    return join(lines, " +\n" + repeat(" ", context.indentation + 2)) + trailer;
  }
  return quote(text) + trailer;
}

const escapes = { __proto__: null, 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 92: "\\\\" };

/** A string literal, in the quotes that need the fewest escapes. */
function quote(text) {
  let mark = "'";
  if (includes(text, "'")) {
    if (!includes(text, '"')) mark = '"';
    else if (!includes(text, "`") && !includes(text, "${")) mark = "`";
  }
  const markCode = charCodeAt(mark, 0);
  let quoted = "";
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    let replacement;
    if (code === markCode) replacement = "\\" + mark;
    else if (code < 32 || code === 92 || (code >= 127 && code < 160)) {
      replacement = escapes[code] ?? "\\x" + (code < 16 ? "0" : "") + toUpperHex(code);
    } else if (code >= 0xd800 && code <= 0xdfff) {
      if (code < 0xdc00 && codePointAt(text, i) > 0xffff) {
        i++;
        continue;
      }
      replacement = "\\u" + numberToString(code, 16);
    } else continue;
    quoted += slice(text, start, i) + replacement;
    start = i + 1;
  }
  return mark + quoted + slice(text, start) + mark;
}

function toUpperHex(code) {
  const digits = "0123456789ABCDEF";
  let text = "";
  for (let rest = code; rest > 0 || text === ""; rest = floor(rest / 16)) text = digits[rest % 16] + text;
  return text;
}

function formatObject(context, value, level, typed) {
  if (isProxy(value)) return formatProxy(context, value, level, typed);
  for (let i = 0; i < context.seen.length; i++) {
    if (context.seen[i] !== value) continue;
    context.circular ??= new MapClass();
    let index = mapGet(context.circular, value);
    if (index === undefined) {
      index = mapSize(context.circular) + 1;
      mapSet(context.circular, value, index);
    }
    return "[Circular *" + index + "]";
  }
  return formatParts(context, value, level, typed);
}

/** A proxy shows as what it stands for; a revoked one has nothing left. */
function formatProxy(context, proxy, level, typed) {
  let target = proxy;
  while (isObject(target) && isProxy(target)) target = host(operations.proxyTarget, target);
  return isObject(target) ? formatObject(context, target, level, typed) : "<Revoked Proxy>";
}

/** The name of the class, or null if there is none. */
function constructorName(value) {
  for (let holder = value; holder !== null; holder = getPrototypeOf(holder)) {
    if (isProxy(holder)) return "Object";
    const found = ownValue(holder, "constructor");
    if (typeof found !== "function" || isProxy(found)) continue;
    const name = ownValue(found, "name");
    if (typeof name === "string" && name !== "" && isInstance(value, found)) return name;
  }
  return null;
}

function isInstance(value, constructor) {
  const prototype = ownValue(constructor, "prototype");
  for (let holder = getPrototypeOf(value); holder !== null; holder = getPrototypeOf(holder)) {
    if (holder === prototype) return true;
    if (isProxy(holder)) return false;
  }
  return false;
}

/** `Name ` or `Name(size) `, with the tag in brackets; the fallback where the object has no class. */
function prefixOf(name, tag, fallback, size = "") {
  if (name === null) {
    const tagged = tag !== "" && fallback !== tag ? "[" + tag + "] " : "";
    return "[" + fallback + size + ": null prototype] " + tagged;
  }
  return "" + name + size + " " + (tag !== "" && name !== tag ? "[" + tag + "] " : "");
}

/** `Symbol.toStringTag`, unless it is among the properties that are shown or only repeats the name of the class. */
function tagOf(value, name) {
  if (propertyIsEnumerable(value, toStringTag)) return "";
  const tag = inheritedValue(value, toStringTag);
  return typeof tag === "string" && tag !== "" && tag !== name ? tag : "";
}

/** The keys of the properties to show: strings, then symbols. */
function shownKeys(context, value, withoutIndices) {
  const all = ownKeys(value);
  const shown = newList();
  for (let i = 0; i < all.length; i++) {
    const key = all[i];
    if (withoutIndices && typeof key === "string" && isIndex(key)) continue;
    if (
      context.showHidden
        ? typeof key === "string" || propertyIsEnumerable(value, key)
        : propertyIsEnumerable(value, key)
    ) {
      append(shown, key);
    }
  }
  return shown;
}

function isIndex(key) {
  const code = charCodeAt(key, 0);
  if (!(code >= 48 && code <= 57) || key.length > 10) return false;
  const number = toNumber(key);
  return number < 2 ** 32 - 1 && "" + number === key;
}

function formatParts(context, value, level, typed) {
  const name = constructorName(value);
  const parts = describeKind(context, value, name, tagOf(value, name));
  if (parts.whole !== undefined) return parts.whole;
  if (level > context.depth && context.depth !== null) {
    const prefix = slice(prefixOf(name, parts.tag, isArray(value) ? "Array" : "Object"), 0, -1);
    return name === null ? prefix : "[" + prefix + "]";
  }
  const nested = level + 1;
  append(context.seen, value);
  context.deepest = nested;
  const output = newList();
  parts.items?.(output, nested);
  for (let i = 0; i < parts.keys.length; i++) {
    append(output, formatProperty(context, value, nested, parts.keys[i], parts.listLike, parts.hiddenKeys));
  }
  context.seen.length -= 1;
  let { base } = parts;
  if (context.circular !== undefined) {
    const index = mapGet(context.circular, value);
    if (index !== undefined) {
      const reference = "<ref *" + index + ">";
      if (base === "") parts.open = reference + " " + parts.open;
      else base = reference + " " + base;
    }
  }
  return layOut(context, output, base, parts.open, parts.close, parts.grouped, nested, value);
}

function formatProperty(context, value, level, key, listLike, hiddenKeys) {
  const descriptor = getOwnPropertyDescriptor(value, key) ?? {
    __proto__: null,
    value: undefined,
    enumerable: true,
  };
  let text;
  if (hasOwn(descriptor, "value")) {
    context.indentation += 2;
    text = formatValue(context, descriptor.value, level, false);
    context.indentation -= 2;
  } else if (descriptor.get !== undefined) {
    text = descriptor.set !== undefined ? "[Getter/Setter]" : "[Getter]";
  } else {
    text = descriptor.set !== undefined ? "[Setter]" : "undefined";
  }
  return formatKey(key, descriptor.enumerable === false || includesKey(hiddenKeys, key)) + ": " + text;
}

function includesKey(list, key) {
  if (list !== undefined) for (let i = 0; i < list.length; i++) if (list[i] === key) return true;
  return false;
}

const identifier = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

function formatKey(key, hidden) {
  if (typeof key === "symbol") return "[" + formatSymbol(key) + "]";
  if (key === "__proto__") return "['__proto__']";
  if (hidden) return "[" + key + "]";
  return exec(identifier, key) !== null ? key : quote(key);
}
