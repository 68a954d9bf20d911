import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalJson, digestOf } from "./canonical-json.js";

test("what is the same has the same text, whatever the order of its members", () => {
  const a = { b: 1, a: { d: [1, { z: 1, y: 2 }], c: null } };
  const b = { a: { c: null, d: [1, { y: 2, z: 1 }] }, b: 1 };
  assert.equal(canonicalJson(a), '{"a":{"c":null,"d":[1,{"y":2,"z":1}]},"b":1}');
  assert.equal(digestOf(a), digestOf(b));
  assert.notEqual(digestOf([1, 2]), digestOf([2, 1]));
});

test("a member named __proto__ is one like any other", () => {
  const given = JSON.parse('{"__proto__":{"x":1},"a":2}');
  assert.equal(canonicalJson(given), '{"__proto__":{"x":1},"a":2}');
  assert.notEqual(digestOf(given), digestOf({ a: 2 }));
});
