import assert from "node:assert/strict";
import { test } from "node:test";
import { createGatheredOutput } from "./gathered-output.js";

const bytes = (text: string) => new TextEncoder().encode(text);

test("what goes to one stream is there once", () => {
  const gathered = createGatheredOutput();
  assert.deepEqual(gathered.take(), { output: "" });
  gathered.add("stdout", bytes("a"));
  gathered.add("stdout", bytes("b"));
  assert.deepEqual(gathered.take(), { output: "ab" });
  gathered.add("stderr", bytes("c"));
  assert.deepEqual(gathered.take(), { output: "c", only: "stderr" });
  assert.deepEqual(gathered.take(), { output: "" });
});

test("what goes to both is there in order, and apart", () => {
  const gathered = createGatheredOutput();
  for (const [stream, text] of [
    ["stderr", "1"],
    ["stderr", "2"],
    ["stdout", "3"],
    ["stderr", "4"],
    ["stdout", "5"],
  ] as const) {
    gathered.add(stream, bytes(text));
  }
  assert.deepEqual(gathered.take(), { output: "12345", apart: { stdout: "35", stderr: "124" } });
});
