// What scripts expect beside the language: crypto, structuredClone, prompt.

function randomBytes(count) {
  return new Bytes(host(operations.random, count));
}

const cryptoMethods = {
  getRandomValues(array) {
    const tag = isObject(array) && !isProxy(array) ? typedArrayTag(array) : undefined;
    if (tag === undefined || startsWith(tag, "Float")) {
      throw new DOMExceptionClass(
        "The data argument must be an integer-type TypedArray",
        "TypeMismatchError",
      );
    }
    const length = typedArrayByteLength(array);
    if (length > 65_536) {
      throw new DOMExceptionClass("The requested length exceeds 65,536 bytes", "QuotaExceededError");
    }
    const random = randomBytes(length);
    const target = new Bytes(typedArrayBuffer(array), typedArrayByteOffset(array), length);
    copyBytes(target, random);
    return array;
  },
  randomUUID() {
    const bytes = randomBytes(16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let text = "";
    for (let i = 0; i < 16; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) text += "-";
      text += padStart(numberToString(bytes[i], 16), 2, "0");
    }
    return text;
  },
};

/** The engine's own cannot be changed, and its `timeOrigin` is when the image was booted. */
const performanceObject = { now: performance.now, timeOrigin: 0 };

/** As in browsers and Deno: writes the question, and reads a line of standard input; null at its end. */
function prompt(question) {
  if (question !== undefined) write(output, toText(question) + " ");
  return host(operations.readLine) ?? null;
}

function structuredClone(value, options) {
  if (isObject(options) && options.transfer !== undefined && options.transfer.length > 0) {
    throw new DOMExceptionClass("Transferring is not supported", "DataCloneError");
  }
  return cloneValue(value, new MapClass());
}

const cloners = {
  __proto__: null,
  Number: (value) => new ObjectClass(numberValue(value)),
  Boolean: (value) => new ObjectClass(booleanValue(value)),
  String: (value) => new ObjectClass(stringValue(value)),
  BigInt: (value) => new ObjectClass(bigintValue(value)),
  Date: (value) => new DateClass(dateValue(value)),
  RegExp: (value) => new RegExpClass(regExpSource(value), regExpFlags(value)),
  ArrayBuffer: (value) => typedArrayBuffer(copyOf(new Bytes(value))),
  DataView: (value, seen) =>
    new View(cloneValue(viewBuffer(value), seen), viewByteOffset(value), viewByteLength(value)),
  Map: (value, seen) => {
    const copy = new MapClass();
    mapSet(seen, value, copy);
    mapForEach(value, (item, key) => mapSet(copy, cloneValue(key, seen), cloneValue(item, seen)));
    return copy;
  },
  Set: (value, seen) => {
    const copy = new SetClass();
    mapSet(seen, value, copy);
    setForEach(value, (item) => setAdd(copy, cloneValue(item, seen)));
    return copy;
  },
  Error: (value, seen) => {
    const name = inheritedValue(value, "name");
    const Class = (typeof name === "string" && errorClasses[name]) || ErrorClass;
    const copy = new Class(textOf(inheritedValue(value, "message"), ""));
    mapSet(seen, value, copy);
    if (hasOwn(value, "cause")) {
      defineProperty(copy, "cause", {
        __proto__: null,
        value: cloneValue(value.cause, seen),
        writable: true,
        configurable: true,
      });
    }
    const hidden = { __proto__: null, value: framesOf(value), writable: true, configurable: true };
    defineProperty(copy, "stack", hidden);
    return copy;
  },
  Array: cloneProperties,
  Object: cloneProperties,
  Arguments: cloneProperties,
};

const errorClasses = {
  __proto__: null,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};
const typedArrayClasses = { __proto__: null };
for (const Class of [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float16Array,
  Float32Array,
  Float64Array,
]) {
  typedArrayClasses[Class.name] = Class;
}

function cloneProperties(value, seen) {
  const copy = isArray(value) ? [] : {};
  mapSet(seen, value, copy);
  if (isArray(value)) copy.length = value.length;
  const names = objectKeys(value);
  for (let i = 0; i < names.length; i++) {
    const item = cloneValue(value[names[i]], seen);
    defineProperty(copy, names[i], {
      __proto__: null,
      value: item,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return copy;
}

function cloneValue(value, seen) {
  if (!isObject(value)) {
    if (typeof value === "symbol") throw cannotClone(value);
    return value;
  }
  if (typeof value === "function" || isProxy(value)) throw cannotClone(value);
  const known = mapGet(seen, value);
  if (known !== undefined) return known;
  const tag = typedArrayTag(value);
  let copy;
  if (tag !== undefined) {
    const buffer = cloneValue(typedArrayBuffer(value), seen);
    copy = new typedArrayClasses[tag](buffer, typedArrayByteOffset(value), typedArrayLength(value));
  } else {
    const clone = cloners[host(operations.classOf, value)];
    if (clone === undefined) throw cannotClone(value);
    copy = clone(value, seen);
  }
  mapSet(seen, value, copy);
  return copy;
}

function cannotClone(value) {
  const isFunction = typeof value === "function" && !isProxy(value);
  const text = isFunction ? functionToString(value) : inspect(value, { __proto__: null, depth: 0 });
  return new DOMExceptionClass(text + " could not be cloned.", "DataCloneError");
}
