// TextEncoder and TextDecoder for UTF-8.

function bytesOf(input) {
  if (isObject(input) && !isProxy(input)) {
    if (typedArrayTag(input) !== undefined) {
      return new Bytes(typedArrayBuffer(input), typedArrayByteOffset(input), typedArrayByteLength(input));
    }
    const kind = host(operations.classOf, input);
    if (kind === "ArrayBuffer" || kind === "SharedArrayBuffer") return new Bytes(input);
    if (kind === "DataView")
      return new Bytes(viewBuffer(input), viewByteOffset(input), viewByteLength(input));
  }
  throw new TypeErrorClass("The input must be an ArrayBuffer or a view of one");
}

function copyOf(bytes) {
  const copy = new Bytes(typedArrayLength(bytes));
  copyBytes(copy, bytes);
  return copy;
}

/** Writes as many whole characters as fit, from `at` on; gives the units read and the bytes written. */
function encodeInto(text, bytes) {
  let read = 0;
  let written = 0;
  const { length } = text;
  const room = typedArrayLength(bytes);
  while (read < length) {
    let code = charCodeAt(text, read);
    let units = 1;
    if (code >= 0xd800 && code <= 0xdfff) {
      code = codePointAt(text, read);
      if (code > 0xffff) units = 2;
      else code = 0xfffd;
    }
    const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (written + size > room) break;
    if (size === 1) bytes[written] = code;
    else {
      bytes[written] = ((0xf00 >> size) & 0xff) | (code >> (6 * (size - 1)));
      for (let i = 1; i < size; i++) bytes[written + i] = 0x80 | ((code >> (6 * (size - 1 - i))) & 0x3f);
    }
    written += size;
    read += units;
  }
  return { read, written };
}

class TextEncoder {
  get encoding() {
    return "utf-8";
  }
  encode(input = "") {
    return encodeUtf8(toText(input));
  }
  encodeInto(input, bytes) {
    if (!isObject(bytes) || isProxy(bytes) || typedArrayTag(bytes) !== "Uint8Array") {
      throw new TypeErrorClass("The destination must be a Uint8Array");
    }
    return encodeInto(toText(input), bytes);
  }
}

/** The bytes of a text, each lone surrogate as U+FFFD. */
function encodeUtf8(text) {
  let size = 0;
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    // Each half of a pair counts two bytes; a lone surrogate becomes three.
    size += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
  }
  const bytes = new Bytes(size);
  const { written } = encodeInto(text, bytes);
  return written === size ? bytes : copyOf(new Bytes(typedArrayBuffer(bytes), 0, written));
}

class TextDecoder {
  #fatal;
  #ignoreBOM;
  #kept = newList();
  #started = false;
  constructor(label = "utf-8", options = undefined) {
    if (exec(/^\s*(utf-?8|unicode-1-1-utf-8)\s*$/i, toText(label)) === null) {
      throw new RangeErrorClass('The "' + label + '" encoding is not supported');
    }
    this.#fatal = !!options?.fatal;
    this.#ignoreBOM = !!options?.ignoreBOM;
  }
  get encoding() {
    return "utf-8";
  }
  get fatal() {
    return this.#fatal;
  }
  get ignoreBOM() {
    return this.#ignoreBOM;
  }
  decode(input, options) {
    const stream = !!options?.stream;
    let bytes = input === undefined ? new Bytes(0) : bytesOf(input);
    if (this.#kept.length > 0) {
      const joined = new Bytes(this.#kept.length + typedArrayLength(bytes));
      for (let i = 0; i < this.#kept.length; i++) joined[i] = this.#kept[i];
      copyBytes(joined, bytes, this.#kept.length);
      bytes = joined;
    }
    const decoded = decodeUtf8(bytes, this.#fatal, stream);
    this.#kept = decoded.kept;
    let { text } = decoded;
    if (!this.#started && !this.#ignoreBOM && charCodeAt(text, 0) === 0xfeff) text = slice(text, 1);
    this.#started = stream && (this.#started || text !== "");
    return text;
  }
}

/** What comes of bytes, each faulty part as U+FFFD; with `stream`, an unfinished last character is kept. */
function decodeUtf8(bytes, fatal, stream) {
  const pieces = newList();
  let units = newList();
  const length = typedArrayLength(bytes);
  let at = 0;
  while (at < length) {
    const first = bytes[at];
    let code = first;
    let size = 1;
    if (first >= 0x80) {
      size =
        first >= 0xc2 && first < 0xe0
          ? 2
          : first >= 0xe0 && first < 0xf0
            ? 3
            : first >= 0xf0 && first < 0xf5
              ? 4
              : 0;
      let good = 1;
      code = size === 2 ? first & 0x1f : size === 3 ? first & 0xf : first & 7;
      while (good < size && at + good < length && isContinuation(first, good, bytes[at + good])) {
        code = (code << 6) | (bytes[at + good] & 0x3f);
        good++;
      }
      if (good < size || size === 0) {
        if (stream && size !== 0 && at + good === length) break;
        if (fatal) throw new TypeErrorClass("The encoded data was not valid for encoding utf-8");
        code = 0xfffd;
        size = good;
      }
    }
    if (code > 0xffff) {
      append(units, 0xd800 + ((code - 0x10000) >> 10));
      append(units, 0xdc00 + ((code - 0x10000) & 0x3ff));
    } else append(units, code);
    at += size;
    if (units.length >= 1024) {
      append(pieces, apply(fromCharCode, undefined, units));
      units = newList();
    }
  }
  append(pieces, apply(fromCharCode, undefined, units));
  const kept = newList();
  for (; at < length; at++) append(kept, bytes[at]);
  return { __proto__: null, text: join(pieces, ""), kept };
}

/** The second byte has a narrower range behind some first bytes: no surrogates, no overlong forms. */
function isContinuation(first, index, byte) {
  let low = 0x80;
  let high = 0xbf;
  if (index === 1) {
    if (first === 0xe0) low = 0xa0;
    else if (first === 0xed) high = 0x9f;
    else if (first === 0xf0) low = 0x90;
    else if (first === 0xf4) high = 0x8f;
  }
  return byte >= low && byte <= high;
}
