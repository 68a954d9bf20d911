// Values on their way between guest and host: JSON, and bytes beside it. `{"$bytes": index}` stands for them, and an object
// with no other member than `$bytes` or `$object` crosses as `{"$object": object}`.

const deepestCrossing = 200;
const mostParts = 10_000;

/** The JSON of a value; the bytes in it are appended to `parts`. What would not come back as it is throws. */
function crossingJson(value, parts) {
  return crossingText(value, { __proto__: null, parts, around: newList() }, 0, false);
}

/** `isSaid`: the value is what its own `toJSON` has given. */
function crossingText(value, context, depth, isSaid) {
  switch (typeof value) {
    case "string":
      return stringifyJson(value);
    case "number":
      if (value - value === 0) return "" + value;
      throw uncrossable("the number " + value);
    case "boolean":
      return value ? "true" : "false";
    case "undefined":
      return "null";
    case "object":
      return value === null ? "null" : objectText(value, context, depth, isSaid);
    case "bigint":
      throw uncrossable("a BigInt", "; give a number, or a string");
    default:
      throw uncrossable("a " + typeof value);
  }
}

function objectText(value, context, depth, isSaid) {
  const isList = isArray(value);
  let kind = "Object";
  if (!isList) {
    const prototype = getPrototypeOf(value);
    if (prototype !== ObjectPrototype && prototype !== null) kind = host(operations.classOf, value);
    const bytes = kind === "Object" ? undefined : bytesOfKind(value, kind);
    if (bytes !== undefined) {
      const { parts } = context;
      if (parts.length === mostParts) throw uncrossable("more than 10,000 values of bytes");
      append(parts, bytes);
      return '{"$bytes":' + (parts.length - 1) + "}";
    }
  }
  if (!isSaid) {
    const { toJSON } = value;
    if (typeof toJSON === "function") return crossingText(apply(toJSON, value, [""]), context, depth, true);
  }
  if (kind !== "Object" && kind !== "Proxy") throw uncrossable((isVowel(kind) ? "an " : "a ") + kind);
  const { around } = context;
  if (depth === deepestCrossing) throw uncrossable(tooDeep(value, around));
  around[depth] = value;
  return isList ? listText(value, context, depth + 1) : membersText(value, context, depth + 1);
}

function listText(list, context, depth) {
  let text = "[";
  const { length } = list;
  for (let i = 0; i < length; i++) {
    if (i > 0) text += ",";
    text += crossingText(list[i], context, depth, false);
  }
  return text + "]";
}

function membersText(object, context, depth) {
  const names = objectKeys(object);
  let text = "{";
  let count = 0;
  let last;
  for (let i = 0; i < names.length; i++) {
    const value = object[names[i]];
    if (value === undefined) continue;
    last = names[i];
    if (count++ > 0) text += ",";
    text += stringifyJson(last) + ":" + crossingText(value, context, depth, false);
  }
  text += "}";
  return count === 1 && (last === "$bytes" || last === "$object") ? '{"$object":' + text + "}" : text;
}

/** What crosses as bytes, as a view. */
function bytesOfKind(value, kind) {
  switch (kind) {
    case "Uint8Array":
      return value;
    case "Uint8ClampedArray":
      return new Bytes(typedArrayBuffer(value), typedArrayByteOffset(value), typedArrayLength(value));
    case "ArrayBuffer":
      return new Bytes(value);
    case "DataView":
      return new Bytes(viewBuffer(value), viewByteOffset(value), viewByteLength(value));
    default:
      return undefined;
  }
}

/** The parts behind each other in a buffer of their own, and their sizes as text; no buffer if there are none. */
function joinParts(parts) {
  const joined = { __proto__: null, sizes: "", buffer: undefined };
  if (parts.length === 0) return joined;
  let total = 0;
  for (let i = 0; i < parts.length; i++) {
    const size = typedArrayLength(parts[i]);
    total += size;
    joined.sizes += "," + size;
  }
  const bytes = new Bytes(total);
  for (let i = 0, at = 0; i < parts.length; i++) {
    copyBytes(bytes, parts[i], at);
    at += typedArrayLength(parts[i]);
  }
  joined.buffer = typedArrayBuffer(bytes);
  return joined;
}

/** Puts bytes in their places in what `parseJson` has made of a value. */
function revive(value, parts) {
  if (typeof value !== "object" || value === null) return value;
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = revive(value[i], parts);
    return value;
  }
  let object = value;
  let names = objectKeys(object);
  if (names.length === 1) {
    if (names[0] === "$bytes") return parts[object.$bytes];
    if (names[0] === "$object") {
      object = object.$object;
      names = objectKeys(object);
    }
  }
  for (let i = 0; i < names.length; i++) {
    const member = object[names[i]];
    if (typeof member === "object" && member !== null) setOwn(object, names[i], revive(member, parts));
  }
  return object;
}

/** The parts of a buffer, each with one of its own. */
function splitParts(buffer, sizes) {
  const parts = newList();
  if (sizes.length === 1) append(parts, new Bytes(buffer));
  else {
    for (let i = 0, at = 0; i < sizes.length; i++) {
      append(parts, new Bytes(sliceBuffer(buffer, at, at + sizes[i])));
      at += sizes[i];
    }
  }
  return parts;
}

/** What the host reads of a value: its JSON, the sizes of its parts as JSON, and their bytes. */
function packed(value) {
  const list = newList();
  const parts = newList();
  append(list, crossingJson(value, parts));
  const { sizes, buffer } = joinParts(parts);
  append(list, "[" + slice(sizes, 1) + "]");
  append(list, buffer);
  return list;
}

function tooDeep(value, around) {
  for (let i = 0; i < around.length; i++) {
    if (around[i] === value) return "a cycle, which contains itself,";
  }
  return "a value that is nested deeper than " + deepestCrossing;
}

function isVowel(kind) {
  return includes("AEIOU", slice(kind, 0, 1));
}

function uncrossable(what, advice = "") {
  return new TypeErrorClass(what + " cannot cross between guest and host" + advice);
}
