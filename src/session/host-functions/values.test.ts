import assert from "node:assert/strict";
import { test } from "node:test";
import { CrossingError, decodeValue, encodeValue } from "./values.js";

const most = 1000;
const across = (value: unknown) => decodeValue(encodeValue(value, most));

test("JSON crosses as it is, and bytes as bytes", () => {
  const value = { a: [1, -0.5, "x\u2028\ud800", true, null, {}], b: new Uint8Array([1, 2, 3]), c: [] };
  assert.deepEqual(across(value), value);
});

test("objects that look like bytes, or like their own escape, come back as they were", () => {
  for (const value of [
    { $bytes: 0 },
    { $object: { $bytes: 0 } },
    { $object: 1 },
    { $bytes: new Uint8Array([7]) },
    { $bytes: 0, other: 1 },
    { $object: { $object: {} } },
    [{ $bytes: { $object: [] } }],
  ]) {
    assert.deepEqual(across(value), value);
  }
});

test("a member named __proto__ is one like any other, and bytes below it are bytes", () => {
  const value = JSON.parse('{"__proto__":{"polluted":true}}');
  const back = across(value) as object;
  assert.deepEqual(Object.keys(back), ["__proto__"]);
  assert.equal((back as { polluted?: unknown }).polluted, undefined);
  const nested = decodeValue({ json: '{"__proto__":{"$bytes":0},"x":1}', bytes: [new Uint8Array([1])] });
  assert.deepEqual(Object.keys(nested as object), ["__proto__", "x"]);
  assert.equal(Object.getPrototypeOf(nested), Object.prototype);
});

test("bytes are copies of what was given, of whatever view and buffer", () => {
  const buffer = new Uint8Array([0, 1, 2, 3, 4]);
  const given = buffer.subarray(1, 3);
  const { bytes } = encodeValue(
    [given, new DataView(buffer.buffer, 2, 2), buffer.buffer, Buffer.from("hi")],
    most,
  );
  buffer.fill(9);
  assert.deepEqual(
    bytes.map((part) => [...part]),
    [
      [1, 2],
      [2, 3],
      [0, 1, 2, 3, 4],
      [104, 105],
    ],
  );
  const shared = new Uint8Array(new SharedArrayBuffer(2));
  assert.ok(encodeValue(shared, most).bytes[0]?.buffer instanceof ArrayBuffer);
});

test("what JSON would silently change is refused, by name", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = [cycle];
  let deep: unknown = 0;
  for (let depth = 0; depth < 201; depth++) deep = [deep];
  for (const [value, reason] of [
    [cycle, /a cycle/],
    [deep, /deeper than 200/],
    [1n, /BigInt/],
    [Number.NaN, /NaN/],
    [[Number.NEGATIVE_INFINITY], /-Infinity/],
    [() => {}, /a function/],
    [{ a: Symbol("x") }, /a symbol/],
    [new Map(), /a Map/],
    [new Set([1]), /a Set/],
    [new Error("x"), /an? Error/],
    [Promise.resolve(), /a Promise/],
    [new Float64Array(2), /a Float64Array/],
    ["x".repeat(most), /larger than 1000 bytes/],
    [new Uint8Array(most), /larger than 1000 bytes/],
  ] as const) {
    assert.throws(
      () => encodeValue(value, most),
      (error) => error instanceof CrossingError && reason.test(error.message),
    );
  }
});

test("a value twice in a value is no cycle, undefined is null, and a Date says what it is", () => {
  const twice = { x: 1 };
  assert.deepEqual(across([twice, twice]), [twice, twice]);
  assert.equal(across(undefined), null);
  assert.deepEqual(across([undefined, { a: undefined, b: 1 }]), [null, { b: 1 }]);
  assert.equal(across(new Date(0)), "1970-01-01T00:00:00.000Z");
});

test("what a guest sends that is no value is refused: bytes that are not there, and no JSON", () => {
  for (const json of [
    '{"$bytes":0}',
    '{"$bytes":-1}',
    '{"$bytes":"__proto__"}',
    '{"$object":1}',
    '[{"$object":null}]',
  ]) {
    assert.throws(() => decodeValue({ json, bytes: [] }), CrossingError);
  }
  assert.throws(() => decodeValue({ json: "[1", bytes: [] }), SyntaxError);
});
