import assert from "node:assert/strict";
import { test } from "node:test";
import { clipUtf8 } from "./clip.js";

const clip = (text: string, maxBytes: number) => clipUtf8(new TextEncoder().encode(text), maxBytes);

test("A text within the limit stays as it is, a byte order mark included.", () => {
  for (const text of ["", "\ufeffx", "é".repeat(50), "x".repeat(100)]) assert.equal(clip(text, 100), text);
});

test("A longer text loses its middle, whole characters of it, and says how many.", () => {
  for (const character of ["x", "é", "€", "😀"]) {
    for (const maxBytes of [100, 101, 102, 103, 104, 1000]) {
      const clipped = clip(character.repeat(5000), maxBytes);
      const size = new TextEncoder().encode(clipped).length;
      assert.ok(size <= maxBytes && size > maxBytes - 40, `${size} of ${maxBytes}`);
      const [start = "", count = "", end = ""] = clipped.split(/ … \[(.*) characters left out\] … /);
      assert.equal([...start, ...end].length + Number(count.replaceAll(",", "")), 5000);
      assert.match(start + end, new RegExp(`^(${character})+$`, "u"));
    }
  }
  assert.equal(
    clip(`a${"x".repeat(1_000_000)}z`, 100),
    `a${"x".repeat(17)} … [999,966 characters left out] … ${"x".repeat(17)}z`,
  );
});

test("Bytes that are no UTF-8 are bounded as well.", () => {
  for (const byte of [0x80, 0xc3, 0xf0, 0xff]) {
    assert.ok(clipUtf8(new Uint8Array(100_000).fill(byte), 100).length <= 100);
  }
});
