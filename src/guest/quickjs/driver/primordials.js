// The driver shares its realm with the user's code, which may change every built-in object. So the driver uses
// only what it took at boot, before any user code, and language syntax that reaches no changeable method: no
// array iteration, no spreading of lists, no `instanceof`, and no template with values in it, which this engine joins
// by calling the `concat` method of strings.
//
// Prototypes may have getters and setters under any name, also under indices. So the driver's own objects have no
// prototype, its lists neither (`newList`), and a property is never added by assignment to an object that has one
// (`setOwn`, class fields). An object of the user's may run the user's code where it would in Node.js, too.

const {
  apply,
  getPrototypeOf,
  setPrototypeOf,
  getOwnPropertyDescriptor,
  ownKeys,
  defineProperty,
  deleteProperty,
} = Reflect;
const { create, keys: objectKeys, freeze, is, prototype: ObjectPrototype } = Object;

/** A method as a function whose first argument is `this`. */
const method = Function.prototype.bind.bind(Function.prototype.call);
/** The getter of an accessor property as such a function. */
const getter = (object, name) => method(getOwnPropertyDescriptor(object, name).get);

const hasOwn = Object.hasOwn;
const propertyIsEnumerable = method(ObjectPrototype.propertyIsEnumerable);
const isArray = Array.isArray;
const isError = Error.isError;
const ArrayPrototype = Array.prototype;
const join = method(ArrayPrototype.join);
const slice = method(String.prototype.slice);
const includes = method(String.prototype.includes);
const indexOf = method(String.prototype.indexOf);
const lastIndexOf = method(String.prototype.lastIndexOf);
const startsWith = method(String.prototype.startsWith);
const endsWith = method(String.prototype.endsWith);
const repeat = method(String.prototype.repeat);
const padStart = method(String.prototype.padStart);
const padEnd = method(String.prototype.padEnd);
const charCodeAt = method(String.prototype.charCodeAt);
const codePointAt = method(String.prototype.codePointAt);
const toWellFormed = method(String.prototype.toWellFormed);
const isWellFormed = method(String.prototype.isWellFormed);
const toLowerCase = method(String.prototype.toLowerCase);
const normalize = method(String.prototype.normalize);
const numberToString = method(Number.prototype.toString);
const toFixed = method(Number.prototype.toFixed);
const toISOString = method(Date.prototype.toISOString);
const dateValue = method(Date.prototype.getTime);
const functionToString = method(Function.prototype.toString);
const symbolToString = method(Symbol.prototype.toString);
const regExpSource = getter(RegExp.prototype, "source");
/** Each flag's letter, in the order of `flags`, whose own getter would read the others as properties. */
const regExpFlagGetters = [
  ["d", getter(RegExp.prototype, "hasIndices")],
  ["g", getter(RegExp.prototype, "global")],
  ["i", getter(RegExp.prototype, "ignoreCase")],
  ["m", getter(RegExp.prototype, "multiline")],
  ["s", getter(RegExp.prototype, "dotAll")],
  ["u", getter(RegExp.prototype, "unicode")],
  ["v", getter(RegExp.prototype, "unicodeSets")],
  ["y", getter(RegExp.prototype, "sticky")],
];
const mapForEach = method(Map.prototype.forEach);
const mapSize = getter(Map.prototype, "size");
const mapGet = method(Map.prototype.get);
const mapSet = method(Map.prototype.set);
const mapDelete = method(Map.prototype.delete);
const mapHas = method(Map.prototype.has);
const mapClear = method(Map.prototype.clear);
const weakMapGet = method(WeakMap.prototype.get);
const weakMapSet = method(WeakMap.prototype.set);
const setForEach = method(Set.prototype.forEach);
const setSize = getter(Set.prototype, "size");
const setAdd = method(Set.prototype.add);
const TypedArrayPrototype = getPrototypeOf(Uint8Array.prototype);
const typedArrayLength = getter(TypedArrayPrototype, "length");
const typedArrayBuffer = getter(TypedArrayPrototype, "buffer");
const typedArrayByteOffset = getter(TypedArrayPrototype, "byteOffset");
const typedArrayByteLength = getter(TypedArrayPrototype, "byteLength");
const copyBytes = method(TypedArrayPrototype.set);
const typedArrayTag = getter(TypedArrayPrototype, Symbol.toStringTag);
const bufferByteLength = getter(ArrayBuffer.prototype, "byteLength");
const sliceBuffer = method(ArrayBuffer.prototype.slice);
const viewByteLength = getter(DataView.prototype, "byteLength");
const viewByteOffset = getter(DataView.prototype, "byteOffset");
const viewBuffer = getter(DataView.prototype, "buffer");
const numberValue = method(Number.prototype.valueOf);
const stringValue = method(String.prototype.valueOf);
const booleanValue = method(Boolean.prototype.valueOf);
const symbolValue = method(Symbol.prototype.valueOf);
const bigintValue = method(BigInt.prototype.valueOf);
const errorStack = getter(Error.prototype, "stack");
const { captureStackTrace } = Error;
const { parse: parseJson, stringify: stringifyJson } = JSON;
const { floor, round, sqrt, min, max, trunc } = Math;
const { fromCharCode, fromCodePoint } = String;
const exec = method(RegExp.prototype.exec);
const now = performance.now.bind(performance);
const enqueue = queueMicrotask;
const toStringTag = Symbol.toStringTag;
const iteratorSymbol = Symbol.iterator;
const {
  DataView: View,
  Uint8Array: Bytes,
  Map: MapClass,
  Set: SetClass,
  WeakMap: WeakMapClass,
  Promise: PromiseClass,
  Object: ObjectClass,
  Error: ErrorClass,
  TypeError: TypeErrorClass,
  SyntaxError: SyntaxErrorClass,
  RangeError: RangeErrorClass,
  Date: DateClass,
  RegExp: RegExpClass,
  Number: toNumber,
  String: toText,
  DOMException: DOMExceptionClass,
  parseInt: parseInteger,
  parseFloat: parseDecimal,
} = globalThis;

// The operations of `host`; see host-calls.ts.
const operations = freeze({
  __proto__: null,
  write: 0,
  readLine: 1,
  readAll: 2,
  random: 3,
  exit: 4,
  classOf: 5,
  proxyTarget: 6,
  promiseState: 7,
  promiseResult: 8,
  fileCall: 9,
  readBytes: 10,
  readText: 11,
  lastErrno: 12,
  writeText: 13,
  writeBytes: 14,
  colors: 15,
  readChunk: 16,
  compile: 17,
  call: 18,
  cancel: 19,
  receive: 20,
  receivedBytes: 21,
  receivedCall: 22,
  display: 23,
  resolveModule: 30,
});

/** An empty list of the driver's own: an array without a prototype. */
function newList() {
  const list = [];
  setPrototypeOf(list, null);
  return list;
}

function append(list, item) {
  list[list.length] = item;
}

/** Makes a list an ordinary array, for the user. */
function handOut(list) {
  setPrototypeOf(list, ArrayPrototype);
  return list;
}

/** Sets a property as an object literal would, whatever the prototypes say. */
function setOwn(object, key, value) {
  const descriptor = { __proto__: null, value, writable: true, enumerable: true, configurable: true };
  return defineProperty(object, key, descriptor);
}

/** Defines what is there, but not listed, as the language's own methods are. */
function hideMethod(object, key, value) {
  defineProperty(object, key, {
    __proto__: null,
    value,
    writable: true,
    enumerable: false,
    configurable: true,
  });
  if (typeof value === "function" && key !== "constructor" && typeof key === "string") {
    defineProperty(value, "name", { __proto__: null, value: key, configurable: true });
  }
}

function tagged(object, tag) {
  defineProperty(object, toStringTag, { __proto__: null, value: tag, configurable: true });
  return object;
}

/** The value of a plain own property; undefined for a getter, which is never run, or none. */
function ownValue(object, key) {
  const descriptor = getOwnPropertyDescriptor(object, key);
  return descriptor !== undefined && hasOwn(descriptor, "value") ? descriptor.value : undefined;
}

function regExpFlags(value) {
  let flags = "";
  for (let i = 0; i < regExpFlagGetters.length; i++) {
    if (regExpFlagGetters[i][1](value)) flags += regExpFlagGetters[i][0];
  }
  return flags;
}

function isObject(value) {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function isProxy(value) {
  return value !== ObjectPrototype && value !== ArrayPrototype && host(operations.classOf, value) === "Proxy";
}

/** The value that a plain property has in an object or its prototypes; no getter or trap is run. */
function inheritedValue(object, key) {
  for (let holder = object; holder !== null && !isProxy(holder); holder = getPrototypeOf(holder)) {
    const descriptor = getOwnPropertyDescriptor(holder, key);
    if (descriptor !== undefined) return hasOwn(descriptor, "value") ? descriptor.value : undefined;
  }
  return undefined;
}

/**
 * The JSON of the driver's own objects and lists, and of what is no object. `JSON.stringify` would put what is nested
 * into an ordinary array, whose prototype may have a setter.
 */
function ownJson(value) {
  if (!isObject(value)) return stringifyJson(value);
  const isList = isArray(value);
  const keys = objectKeys(value);
  let text = "";
  for (let i = 0; i < keys.length; i++) {
    const item = ownJson(value[keys[i]]);
    if (item === undefined) continue;
    if (text !== "") text += ",";
    text += isList ? item : stringifyJson(keys[i]) + ":" + item;
  }
  return isList ? "[" + text + "]" : "{" + text + "}";
}
