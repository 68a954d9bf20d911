import assert from "node:assert/strict";
import { test } from "node:test";
import { readLines } from "./lines.js";

async function* pieces(text: string, length: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let start = 0; start < bytes.length; start += length) yield bytes.slice(start, start + length);
}

async function linesOf(text: string, length: number, maxBytes: number): Promise<Array<string | undefined>> {
  const lines: Array<string | undefined> = [];
  for await (const line of readLines(pieces(text, length), maxBytes)) {
    lines.push(line === undefined ? undefined : new TextDecoder().decode(line));
  }
  return lines;
}

test("lines are the same in whatever pieces they come, and those that are too long are told", async () => {
  const text = "one\n\ntwelve bytes\nthirteen byte\ntwo\nthirteen, and no end";
  for (let length = 1; length < text.length + 1; length++) {
    assert.deepEqual(await linesOf(text, length, 12), [
      "one",
      "",
      "twelve bytes",
      undefined,
      "two",
      undefined,
    ]);
  }
});

test("a last line may lack its end, and an end begins no other line", async () => {
  assert.deepEqual(await linesOf("a\nb", 1, 9), ["a", "b"]);
  assert.deepEqual(await linesOf("a\n", 1, 9), ["a"]);
  assert.deepEqual(await linesOf("", 1, 9), []);
});
