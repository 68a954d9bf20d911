import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePath, encodePath, isPathText } from "./path-bytes.js";

test("what is UTF-8 is the text that it says, byte order marks included", () => {
  for (const text of ["", "a", "ä€😀", "\ufeffa", "\u{10ffff}", "\ufffd"]) {
    assert.equal(decodePath(new TextEncoder().encode(text)), text);
    assert.deepEqual(encodePath(text), new TextEncoder().encode(text));
  }
});

test("a byte that is no UTF-8 is a lone surrogate, as in Python", () => {
  const cases: Array<[number[], string]> = [
    [[0xff, 0x61], "\udcffa"],
    [[0x61, 0xc3], "a\udcc3"],
    [[0xc0, 0x80], "\udcc0\udc80"],
    [[0xe0, 0x80, 0x80], "\udce0\udc80\udc80"],
    [[0xed, 0xa0, 0x80], "\udced\udca0\udc80"],
    [[0xed, 0xb2, 0x80], "\udced\udcb2\udc80"],
    [[0xf4, 0x90, 0x80, 0x80], "\udcf4\udc90\udc80\udc80"],
    [[0xe2, 0x82, 0x2f, 0xe2, 0x82, 0xac], "\udce2\udc82/€"],
    [[0xf0, 0x9f, 0x98, 0x80, 0x80], "😀\udc80"],
  ];
  for (const [bytes, text] of cases) {
    assert.equal(decodePath(Uint8Array.from(bytes)), text);
    assert.deepEqual([...encodePath(text)], bytes);
    assert.ok(isPathText(text));
  }
});

test("any bytes have one text, and it leads back to them", () => {
  const texts = new Set<string>();
  let state = 1;
  const random = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const pieces = [[0x61], [0xc3, 0xa9], [0xe2, 0x82, 0xac], [0xf0, 0x9f, 0x98, 0x80], [0xed, 0xa0, 0x80]];
  const seen = new Set<string>();
  for (let count = 0; count < 20_000; count++) {
    const bytes = Array.from({ length: random(6) }, () => pieces[random(8)] ?? [random(256)]).flat();
    if (random(2) === 0) bytes.splice(random(bytes.length), 1);
    const text = decodePath(Uint8Array.from(bytes));
    assert.deepEqual([...encodePath(text)], bytes);
    assert.ok(isPathText(text));
    assert.equal(text.includes("/"), bytes.includes(0x2f));
    seen.add(bytes.join());
    texts.add(text);
  }
  assert.equal(texts.size, seen.size);
});

test("escapes that together are UTF-8 are no text of a path, and other surrogates become U+FFFD", () => {
  assert.equal(isPathText("\udcc3\udca9"), false);
  assert.equal(isPathText("\ud800"), false);
  assert.deepEqual(encodePath("\ud800\udc00\udc7f"), new TextEncoder().encode("\ud800\udc00\ufffd"));
});
