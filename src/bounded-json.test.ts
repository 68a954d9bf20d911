import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBoundedJson } from "./bounded-json.js";

const parse = (text: string, bounds = { bytes: 100, depth: 3, members: 6 }) =>
  parseBoundedJson(new TextEncoder().encode(text), bounds);

test("JSON within its bounds is parsed as it is, and brackets in strings do not count.", () => {
  for (const text of [
    '{"a":[1,{"b":null}]}',
    '"[[[[[{{{{,,,,,,,,"',
    '"\\"[[[[[\\\\"',
    "[]",
    '{"é😀":"\\\\"}',
    " 1 ",
  ]) {
    assert.deepEqual(parse(text), JSON.parse(text), text);
  }
});

test("What is over a bound is refused before it is parsed, whether it is JSON or not.", () => {
  for (const text of [
    `"${"x".repeat(100)}"`,
    "[[[[1]]]]",
    "[[[[",
    "{{{{",
    '{"a":{"b":[{',
    "[0,0,0,0,0,0,0]",
    "0,0,0,0,0,0,0,",
    "[[],[],[],[]]",
  ]) {
    assert.throws(() => parse(text), RangeError, text);
  }
});

test("What is no JSON is a SyntaxError.", () => {
  for (const text of ["", "[", "]]]]", '"', '"\\', "{a}", "[1,]", "nul", "{}{}"]) {
    assert.throws(() => parse(text), SyntaxError, text);
  }
});

test("A member __proto__ is a member.", () => {
  const value = parse('{"__proto__":{"own":1}}') as object;
  assert.deepEqual(Object.keys(value), ["__proto__"]);
  assert.equal("own" in value, false);
});

test("A megabyte of brackets is refused at once.", () => {
  const bounds = { bytes: 2 ** 20, depth: 8, members: 1000 };
  assert.throws(() => parse("[".repeat(2 ** 20), bounds), RangeError);
  assert.throws(() => parse(`[${"[],".repeat(2 ** 18)}[]]`, bounds), RangeError);
});
