// The common part of Node.js's Buffer: bytes as a Uint8Array whose prototype knows texts and numbers.

function outOfRange(name, range, value) {
  return codedError(
    RangeErrorClass,
    "ERR_OUT_OF_RANGE",
    'The value of "' + name + '" is out of range. It must be ' + range + ". Received " + inspect(value),
  );
}

function wrongType(name, expected) {
  return codedError(
    TypeErrorClass,
    "ERR_INVALID_ARG_TYPE",
    'The "' + name + '" argument must be ' + expected,
  );
}

/** The name of an encoding as it is known here; undefined for none. */
function knownEncoding(encoding) {
  switch (toLowerCase(toText(encoding))) {
    case "utf8":
    case "utf-8":
      return "utf8";
    case "hex":
      return "hex";
    case "base64":
      return "base64";
    case "base64url":
      return "base64url";
    case "latin1":
    case "binary":
      return "latin1";
    case "ascii":
      return "ascii";
    case "utf16le":
    case "utf-16le":
    case "ucs2":
    case "ucs-2":
      return "utf16le";
    default:
      return undefined;
  }
}

function wantedEncoding(encoding) {
  if (encoding === undefined || encoding === null || encoding === "") return "utf8";
  const known = knownEncoding(encoding);
  if (known !== undefined) return known;
  throw codedError(TypeErrorClass, "ERR_UNKNOWN_ENCODING", "Unknown encoding: " + toText(encoding));
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const base64UrlDigits = slice(base64Digits, 0, 62) + "-_";

/** Text from the code units that `unitAt` gives, a piece at a time. */
function textFrom(length, unitAt) {
  const pieces = newList();
  for (let start = 0; start < length; start += 1024) {
    const units = newList();
    for (let i = start; i < min(length, start + 1024); i++) append(units, unitAt(i));
    append(pieces, apply(fromCharCode, undefined, units));
  }
  return join(pieces, "");
}

function toBase64(bytes, digits, padded) {
  const length = typedArrayLength(bytes);
  const pieces = newList();
  for (let i = 0; i < length; i += 3) {
    const second = i + 1 < length ? bytes[i + 1] : 0;
    const third = i + 2 < length ? bytes[i + 2] : 0;
    let text = digits[bytes[i] >> 2] + digits[((bytes[i] & 3) << 4) | (second >> 4)];
    if (i + 1 < length) text += digits[((second & 15) << 2) | (third >> 6)];
    else if (padded) text += "=";
    if (i + 2 < length) text += digits[third & 63];
    else if (padded) text += "=";
    append(pieces, text);
  }
  return join(pieces, "");
}

/** As lenient as Node.js: both alphabets, and what is no digit is passed over; `=` is the end. */
function fromBase64(text) {
  const bytes = new Bytes(floor((text.length * 3) / 4));
  let written = 0;
  let bits = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    let digit;
    if (code >= 65 && code <= 90) digit = code - 65;
    else if (code >= 97 && code <= 122) digit = code - 71;
    else if (code >= 48 && code <= 57) digit = code + 4;
    else if (code === 43 || code === 45) digit = 62;
    else if (code === 47 || code === 95) digit = 63;
    else if (code === 61) break;
    else continue;
    bits = ((bits << 6) | digit) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[written++] = (bits >> count) & 0xff;
  }
  return new Bytes(typedArrayBuffer(bytes), 0, written);
}

function fromHex(text) {
  const bytes = new Bytes(floor(text.length / 2));
  for (let i = 0; i < typedArrayLength(bytes); i++) {
    const value = hexValue(slice(text, 2 * i, 2 * i + 2));
    if (value < 0) return new Bytes(typedArrayBuffer(bytes), 0, i);
    bytes[i] = value;
  }
  return bytes;
}

/** The bytes of a text in an encoding that is known. */
function bytesOfText(text, encoding) {
  if (encoding === "utf8") return encodeUtf8(text);
  if (encoding === "hex") return fromHex(text);
  if (encoding === "base64" || encoding === "base64url") return fromBase64(text);
  const isWide = encoding === "utf16le";
  const bytes = new Bytes(isWide ? 2 * text.length : text.length);
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    bytes[isWide ? 2 * i : i] = code;
    if (isWide) bytes[2 * i + 1] = code >> 8;
  }
  return bytes;
}

function textOfBytes(bytes, encoding) {
  const length = typedArrayLength(bytes);
  switch (encoding) {
    case "utf8":
      return decodeUtf8(bytes, false, false).text;
    case "hex":
      return textFrom(2 * length, (i) => hexUnit(i % 2 === 0 ? bytes[i / 2] >> 4 : bytes[(i - 1) / 2] & 15));
    case "base64":
      return toBase64(bytes, base64Digits, true);
    case "base64url":
      return toBase64(bytes, base64UrlDigits, false);
    case "utf16le":
      return textFrom(floor(length / 2), (i) => bytes[2 * i] | (bytes[2 * i + 1] << 8));
    default:
      return textFrom(length, (i) => (encoding === "ascii" ? bytes[i] & 0x7f : bytes[i]));
  }
}

const hexUnit = (value) => (value < 10 ? 48 + value : 87 + value);

/** Makes a Uint8Array of the driver's own a Buffer. */
function asBuffer(bytes) {
  setPrototypeOf(bytes, BufferPrototype);
  return bytes;
}

const isBytes = (value) => isObject(value) && !isProxy(value) && typedArrayTag(value) === "Uint8Array";
const viewOf = (bytes, start, end) =>
  new Bytes(typedArrayBuffer(bytes), typedArrayByteOffset(bytes) + start, max(end - start, 0));

function checkedBytes(value, name) {
  if (isBytes(value)) return value;
  throw wrongType(name, "an instance of Buffer or Uint8Array");
}

function sizeOf(value) {
  if (typeof value !== "number") throw wrongType("size", "of type number");
  if (!(value >= 0 && value <= 0x7fffffff)) throw outOfRange("size", ">= 0 && <= 2147483647", value);
  return value;
}

/** An index that counts from the end where it is negative, within the length. */
function clampIndex(value, length, absent) {
  if (value === undefined) return absent;
  const index = trunc(toNumber(value));
  if (index !== index) return 0;
  return index < 0 ? max(length + index, 0) : min(index, length);
}

function compareBytes(a, b) {
  const length = min(typedArrayLength(a), typedArrayLength(b));
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return typedArrayLength(a) === typedArrayLength(b) ? 0 : typedArrayLength(a) < typedArrayLength(b) ? -1 : 1;
}

/** What to look for, or to fill with: bytes, or the one of a number. */
function patternOf(value, encoding) {
  if (typeof value === "string") return bytesOfText(value, wantedEncoding(encoding));
  if (isBytes(value)) return value;
  const bytes = new Bytes(1);
  bytes[0] = toNumber(value);
  return bytes;
}

function findBytes(bytes, value, from, encoding, backwards) {
  const pattern = patternOf(value, typeof from === "string" ? from : encoding);
  const start = typeof from === "string" ? undefined : from;
  const last = typedArrayLength(bytes) - typedArrayLength(pattern);
  const step = backwards ? -1 : 1;
  let at = clampIndex(start, typedArrayLength(bytes), backwards ? last : 0);
  if (backwards) at = min(at, last);
  for (; at >= 0 && at <= last; at += step) {
    let same = 0;
    while (same < typedArrayLength(pattern) && bytes[at + same] === pattern[same]) same++;
    if (same === typedArrayLength(pattern)) return at;
  }
  return -1;
}

/** As with Node.js, to be called with or without `new`. */
function Buffer(value, encodingOrOffset, length) {
  if (typeof value === "number") return bufferStatics.alloc(value);
  return bufferStatics.from(value, encodingOrOffset, length);
}
const bufferStatics = {
  __proto__: null,
  from(value, encodingOrOffset, length) {
    if (typeof value === "string") return asBuffer(bytesOfText(value, wantedEncoding(encodingOrOffset)));
    if (!isObject(value)) {
      throw wrongType(
        "first",
        "of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object",
      );
    }
    const kind = isProxy(value) ? "Proxy" : host(operations.classOf, value);
    if (kind === "ArrayBuffer" || kind === "SharedArrayBuffer")
      return asBuffer(new Bytes(value, encodingOrOffset, length));
    if (typedArrayTag(value) === "Uint8Array") return asBuffer(copyOf(value));
    if (kind === "String") return bufferStatics.from(stringValue(value), encodingOrOffset);
    const list = value.type === "Buffer" && isArray(value.data) ? value.data : value;
    const count = toNumber(list.length ?? 0);
    const bytes = new Bytes(sizeOf(count > 0 ? floor(count) : 0));
    for (let i = 0; i < typedArrayLength(bytes); i++) bytes[i] = toNumber(list[i]);
    return asBuffer(bytes);
  },
  alloc(size, fill, encoding) {
    const bytes = asBuffer(new Bytes(sizeOf(size)));
    return fill === undefined || fill === 0 ? bytes : bufferMethods.fillWith(bytes, fill, 0, size, encoding);
  },
  concat(list, totalLength) {
    if (!isArray(list)) throw wrongType("list", "an instance of Array");
    let total = 0;
    for (let i = 0; i < list.length; i++) total += typedArrayLength(checkedBytes(list[i], "list[" + i + "]"));
    const joined = new Bytes(totalLength === undefined ? total : sizeOf(totalLength));
    let at = 0;
    for (let i = 0; i < list.length && at < typedArrayLength(joined); i++) {
      const room = typedArrayLength(joined) - at;
      const part = typedArrayLength(list[i]) > room ? viewOf(list[i], 0, room) : list[i];
      copyBytes(joined, part, at);
      at += typedArrayLength(part);
    }
    return asBuffer(joined);
  },
  byteLength(value, encoding) {
    if (typeof value !== "string") return typedArrayByteLength(bytesOf(value));
    return typedArrayLength(
      bytesOfText(value, (encoding !== undefined && knownEncoding(encoding)) || "utf8"),
    );
  },
  isBuffer(value) {
    if (!isBytes(value)) return false;
    for (
      let holder = getPrototypeOf(value);
      holder !== null && !isProxy(holder);
      holder = getPrototypeOf(holder)
    ) {
      if (holder === BufferPrototype) return true;
    }
    return false;
  },
  isEncoding(encoding) {
    return typeof encoding === "string" && knownEncoding(encoding) !== undefined;
  },
  compare(a, b) {
    return compareBytes(checkedBytes(a, "buf1"), checkedBytes(b, "buf2"));
  },
};

const bufferMethods = {
  fillWith(bytes, value, from, to, encoding) {
    const pattern = patternOf(value, encoding);
    const size = typedArrayLength(pattern);
    for (let i = from, j = 0; i < to && size > 0; i++, j = j + 1 === size ? 0 : j + 1) bytes[i] = pattern[j];
    return bytes;
  },
};

const BufferPrototype = {
  __proto__: Bytes.prototype,
  toString(encoding, start, end) {
    const length = typedArrayLength(checkedBytes(this, "this"));
    const from = clampIndex(start > 0 ? start : 0, length, 0);
    return textOfBytes(
      viewOf(this, from, max(clampIndex(end, length, length), from)),
      wantedEncoding(encoding),
    );
  },
  toLocaleString(encoding, start, end) {
    return apply(BufferPrototypeToString, this, [encoding, start, end]);
  },
  toJSON() {
    const data = newList();
    for (let i = 0; i < typedArrayLength(this); i++) append(data, this[i]);
    return { type: "Buffer", data: handOut(data) };
  },
  equals(other) {
    return compareBytes(checkedBytes(this, "this"), checkedBytes(other, "otherBuffer")) === 0;
  },
  compare(target, targetStart, targetEnd, sourceStart, sourceEnd) {
    const theirs = checkedBytes(target, "target");
    const part = (bytes, start, end) => {
      const length = typedArrayLength(bytes);
      return viewOf(bytes, clampIndex(start, length, 0), clampIndex(end, length, length));
    };
    return compareBytes(part(this, sourceStart, sourceEnd), part(theirs, targetStart, targetEnd));
  },
  slice(start, end) {
    return bufferPart(this, start, end);
  },
  subarray(start, end) {
    return bufferPart(this, start, end);
  },
  write(text, offset, length, encoding) {
    if (typeof text !== "string") throw wrongType("string", "of type string");
    const size = typedArrayLength(checkedBytes(this, "this"));
    const chosen = typeof offset === "string" ? offset : typeof length === "string" ? length : encoding;
    const start = typeof offset === "number" ? offset : 0;
    if (start < 0 || start > size) throw outOfRange("offset", ">= 0 && <= " + size, start);
    const room = typeof length === "number" ? min(length, size - start) : size - start;
    const known = wantedEncoding(chosen);
    const target = viewOf(this, start, start + room);
    // A character that does not fit as a whole is left out.
    if (known === "utf8") return encodeInto(text, target).written;
    const bytes = bytesOfText(text, known);
    const count = min(typedArrayLength(bytes), known === "utf16le" ? room - (room % 2) : room);
    copyBytes(target, viewOf(bytes, 0, count));
    return count;
  },
  fill(value, offset, end, encoding) {
    const length = typedArrayLength(checkedBytes(this, "this"));
    const isText = typeof offset === "string";
    const from = isText ? 0 : clampIndex(offset, length, 0);
    return bufferMethods.fillWith(
      this,
      value,
      from,
      isText ? length : clampIndex(end, length, length),
      isText ? offset : encoding,
    );
  },
  indexOf(value, from, encoding) {
    return findBytes(checkedBytes(this, "this"), value, from, encoding, false);
  },
  lastIndexOf(value, from, encoding) {
    return findBytes(checkedBytes(this, "this"), value, from, encoding, true);
  },
  includes(value, from, encoding) {
    return findBytes(checkedBytes(this, "this"), value, from, encoding, false) >= 0;
  },
  copy(target, targetStart, sourceStart, sourceEnd) {
    const length = typedArrayLength(checkedBytes(this, "this"));
    const room = typedArrayLength(checkedBytes(target, "target"));
    const to = min(max(trunc(toNumber(targetStart ?? 0)), 0), room);
    const from = clampIndex(sourceStart, length, 0);
    const count = max(min(clampIndex(sourceEnd, length, length) - from, room - to), 0);
    copyBytes(target, viewOf(this, from, from + count), to);
    return count;
  },
};
const BufferPrototypeToString = BufferPrototype.toString;

function bufferPart(bytes, start, end) {
  const length = typedArrayLength(checkedBytes(bytes, "this"));
  return asBuffer(viewOf(bytes, clampIndex(start, length, 0), clampIndex(end, length, length)));
}

function bufferView(bytes, offset, size) {
  const length = typedArrayLength(checkedBytes(bytes, "this"));
  const at = offset === undefined ? 0 : offset;
  if (typeof at !== "number") throw wrongType("offset", "of type number");
  if (floor(at) !== at) throw outOfRange("offset", "an integer", at);
  if (length < size) {
    throw codedError(
      RangeErrorClass,
      "ERR_BUFFER_OUT_OF_BOUNDS",
      "Attempt to access memory outside buffer bounds",
    );
  }
  if (at < 0 || at + size > length) throw outOfRange("offset", ">= 0 and <= " + (length - size), at);
  return new View(typedArrayBuffer(bytes), typedArrayByteOffset(bytes) + at, size);
}

function defineNumber(name, size, kind, littleEndian, least, most) {
  const ending = size === 1 ? "" : littleEndian ? "LE" : "BE";
  const read = method(View.prototype["get" + kind]);
  const write = method(View.prototype["set" + kind]);
  const define = (verb, action) => hideMethod(BufferPrototype, verb + name + ending, action);
  define("read", function (offset) {
    return read(bufferView(this, offset, size), 0, littleEndian);
  });
  define("write", function (value, offset) {
    const isBig = typeof least === "bigint";
    const number = isBig ? value : toNumber(value);
    if (least !== undefined && (number < least || number > most)) {
      throw outOfRange("value", ">= " + least + " and <= " + most, value);
    }
    write(bufferView(this, offset, size), 0, number, littleEndian);
    return (offset ?? 0) + size;
  });
}

/** Numbers of one to six bytes. */
function defineVariable(name, signed, littleEndian) {
  const ending = littleEndian ? "LE" : "BE";
  const placeOf = (i, size) => (littleEndian ? size - 1 - i : i);
  const checkedSize = (size) => {
    if (!(size >= 1 && size <= 6 && floor(size) === size))
      throw outOfRange("byteLength", ">= 1 and <= 6", size);
    return size;
  };
  hideMethod(BufferPrototype, "read" + name + ending, function (offset, size) {
    bufferView(this, offset, checkedSize(size));
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this[(offset ?? 0) + placeOf(i, size)];
    return signed && value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
  });
  hideMethod(BufferPrototype, "write" + name + ending, function (value, offset, size) {
    bufferView(this, offset, checkedSize(size));
    const number = toNumber(value);
    const least = signed ? -(2 ** (8 * size - 1)) : 0;
    const most = 2 ** (signed ? 8 * size - 1 : 8 * size) - 1;
    if (number < least || number > most) throw outOfRange("value", ">= " + least + " and <= " + most, value);
    let rest = number < 0 ? number + 2 ** (8 * size) : number;
    for (let i = size - 1; i >= 0; i--) {
      this[(offset ?? 0) + placeOf(i, size)] = rest % 256;
      rest = floor(rest / 256);
    }
    return (offset ?? 0) + size;
  });
}

// The driver's methods of Buffer are listed with it, as methods of a class are: not at all.
for (const name of ownKeys(BufferPrototype)) hideMethod(BufferPrototype, name, BufferPrototype[name]);
for (const littleEndian of [true, false]) {
  for (const [size, bits] of [
    [1, 8],
    [2, 16],
    [4, 32],
  ]) {
    if (size === 1 && !littleEndian) continue;
    for (const prefix of ["UInt", "Uint"]) {
      defineNumber(prefix + bits, size, "Uint" + bits, littleEndian, 0, 2 ** bits - 1);
    }
    defineNumber("Int" + bits, size, "Int" + bits, littleEndian, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1);
  }
  for (const prefix of ["BigUInt64", "BigUint64"]) {
    defineNumber(prefix, 8, "BigUint64", littleEndian, 0n, 2n ** 64n - 1n);
  }
  defineNumber("BigInt64", 8, "BigInt64", littleEndian, -(2n ** 63n), 2n ** 63n - 1n);
  defineNumber("Float", 4, "Float32", littleEndian);
  defineNumber("Double", 8, "Float64", littleEndian);
  for (const prefix of ["UInt", "Uint"]) defineVariable(prefix, false, littleEndian);
  defineVariable("Int", true, littleEndian);
}
hideMethod(BufferPrototype, "constructor", Buffer);
for (const name of ownKeys(bufferStatics)) hideMethod(Buffer, name, bufferStatics[name]);
hideMethod(Buffer, "allocUnsafe", bufferStatics.alloc);
hideMethod(Buffer, "allocUnsafeSlow", bufferStatics.alloc);
setPrototypeOf(Buffer, Bytes);
defineProperty(Buffer, "prototype", { __proto__: null, value: BufferPrototype, writable: false });
/** What `map`, `filter` and the like of a buffer make. */
defineProperty(Buffer, Symbol.species, { __proto__: null, get: () => Buffer, configurable: true });

const bufferModule = { Buffer, constants: { MAX_LENGTH: 0x7fffffff } };
