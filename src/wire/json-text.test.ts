import assert from "node:assert/strict";
import { test } from "node:test";
import { isExactNumber, membersOf, toJsonLine } from "./json-text.js";

test("a number is exact if it is written again as the same number, in whatever way", () => {
  for (const written of [
    "0",
    "-0",
    "0.0",
    "1",
    "-1.50",
    "100",
    "1e2",
    "1E+2",
    "0.1",
    "123e-2",
    "9007199254740992",
    "1e21",
    "5e-324",
  ]) {
    assert.ok(isExactNumber(written), written);
  }
  for (const written of [
    "9007199254740993",
    "12345678901234567890",
    "0.12345678901234567890",
    "1e400",
    "-1e400",
    "1e-400",
    "1e99999999999999999999",
  ]) {
    assert.ok(!isExactNumber(written), written);
  }
});

test("the members of an object are found as they are written", () => {
  const text = ' {"a" : 1.0 ,"b\\"}":"x,\\\\","c":[1,{"d":2}],"\\u0061":{"e":[]} } ';
  assert.deepEqual(membersOf(text), [
    ['"a"', "1.0"],
    ['"b\\"}"', '"x,\\\\"'],
    ['"c"', '[1,{"d":2}]'],
    ['"\\u0061"', '{"e":[]}'],
  ]);
  assert.deepEqual(membersOf("{}"), []);
});

test("what would be costly to parse is refused before it is", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  membersOf(nested(256));
  assert.throws(() => membersOf(nested(257)), /nested more than 256 deep/);
  assert.throws(() => membersOf(`[${"0,".repeat(1e6)}0]`), /more than 1000000 parts/);
  // Brackets in strings are none.
  membersOf(JSON.stringify({ code: nested(1000) }));
});

test("a line has no control character in it and says the same", () => {
  const message = { text: String.fromCharCode(...Array(0x100).keys(), 0x2028, 0x2029, 0xdc00) };
  const line = toJsonLine(message);
  assert.match(line, /^[\u0020-\u007e\u00a0-\u00ff]*\n$/);
  assert.deepEqual(JSON.parse(line), message);
});
