import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsOf } from "./rows.js";

const rows = (text: string, columns = 5) => [...rowsOf(text, () => columns)];

test("lines are broken into rows of the terminal's width", () => {
  assert.deepEqual(rows("abcdefgh\n\nxyz\n"), ["abcde", "fgh", "", "xyz"]);
  assert.deepEqual(rows("abcde\nfghij"), ["abcde", "fghij"]);
  assert.deepEqual(rows(""), [""]);
});

test("wide characters go to the next row whole, and colours take no columns", () => {
  assert.deepEqual(rows("ab日本語"), ["ab日", "本語"]);
  assert.deepEqual(rows("\x1b[31mabc\x1b[0mdef"), ["\x1b[31mabc\x1b[0mde", "f"]);
  assert.deepEqual(rows("a\tb", 20), ["a       b"]);
});

test("long lines are taken apart nowhere but at the width, and the width may change", () => {
  const piece = "\x1b[1mx\x1b[0m👩‍👩‍👧y";
  const text = piece.repeat(2000);
  const all = rows(text, 40);
  assert.equal(all.join(""), text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is left out
  const seen = all.map((row) => row.replace(/\x1b\[\dm/g, ""));
  assert.deepEqual(seen, Array(200).fill("x👩‍👩‍👧y".repeat(10)));
  let width = 5;
  const [first, second] = rowsOf("a".repeat(30), () => width++ && 5);
  assert.deepEqual([first, second], ["aaaaa", "aaaaa"]);
});
