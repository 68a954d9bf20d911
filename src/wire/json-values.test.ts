import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJsonValue, lossOfNumbers, toJsonValue } from "./json-values.js";

const crossing: ReadonlyArray<[what: string, value: unknown, json: string]> = [
  ["plain data", { a: [1, "two", null, true] }, '{"a":[1,"two",null,true]}'],
  ["bytes", [Uint8Array.of(1, 2, 255)], '[{"$bytes":"AQL/"}]'],
  ["no bytes at all", Uint8Array.of(), '{"$bytes":""}'],
  ["an object that looks like bytes", { $bytes: "AQL/" }, '{"$object":{"$bytes":"AQL/"}}'],
  ["an object that looks like such an object", { $object: { a: 1 } }, '{"$object":{"$object":{"a":1}}}'],
  ["an object with a mark and more", { $bytes: "x", more: 1 }, '{"$bytes":"x","more":1}'],
  ["a member of that name", JSON.parse('{"__proto__":{"a":1}}'), '{"__proto__":{"a":1}}'],
];

for (const [what, value, json] of crossing) {
  test(`${what} becomes JSON, and comes back the same`, () => {
    assert.equal(JSON.stringify(toJsonValue(value)), json);
    const back = fromJsonValue(JSON.parse(json));
    assert.equal(JSON.stringify(toJsonValue(back)), json);
    if (value instanceof Uint8Array) assert.deepEqual(Uint8Array.from(back as Uint8Array), value);
  });
}

test("a mark that stands in front of something else is refused", () => {
  for (const json of ['{"$bytes":5}', '{"$bytes":"A"}', '{"$bytes":"?!=="}', '[{"$bytes":null}]']) {
    assert.throws(() => fromJsonValue(JSON.parse(json)), /base64/, json);
  }
  for (const json of ['{"$object":5}', '{"$object":[]}', '{"$object":null}']) {
    assert.throws(() => fromJsonValue(JSON.parse(json)), /"\$object" is not an object/, json);
  }
});

test("a number that JavaScript would change is told, and none in a string", () => {
  for (const json of [
    "1",
    "-9007199254740991",
    "0.1",
    "1e300",
    '"12345678901234567890"',
    '{"a":["1e999"]}',
  ]) {
    assert.equal(lossOfNumbers(json), undefined, json);
  }
  assert.match(
    lossOfNumbers('{"a":[1,12345678901234567890]}') ?? "",
    /^12345678901234567890 would be rounded$/,
  );
  assert.match(lossOfNumbers("-9007199254740993") ?? "", /would be rounded/);
  assert.match(lossOfNumbers("[1e999]") ?? "", /^1e999 is too large$/);
  assert.ok((lossOfNumbers(`1${"0".repeat(100_000)}`) ?? "").length < 100);
});
