import assert from "node:assert/strict";
import { test } from "node:test";
import { clipMiddle, fairShares } from "./clip.js";

test("a text keeps its two ends, and says how much is left out", () => {
  assert.equal(clipMiddle("abcdef", 6), "abcdef");
  assert.equal(clipMiddle("abcdefg", 4), "ab\n[… 3 characters left out …]\nfg");
});

test("no character is cut in half", () => {
  assert.equal(clipMiddle("😀".repeat(10), 6), "😀\n[… 16 characters left out …]\n😀");
});

test("short texts are kept whole, and long ones share what is left", () => {
  assert.deepEqual(fairShares([10, 20, 30], 100), [10, 20, 30]);
  assert.deepEqual(fairShares([1000, 10, 1000], 110), [50, 10, 50]);
  assert.deepEqual(fairShares([0, 0, 500], 100), [0, 0, 100]);
});
