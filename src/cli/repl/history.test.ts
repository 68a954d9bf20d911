import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openHistory } from "./history.js";

function inFolder(action: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "wasm-repl-test-"));
  try {
    action(join(folder, "deep", "history.jsonl"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("two histories of one file keep the entries of both, each whole", () => {
  inFolder((path) => {
    const [one, two] = [openHistory(path), openHistory(path)];
    one.add("first\n  line two");
    two.add("second");
    one.add("third");
    assert.deepEqual(openHistory(path).entries, ["first\n  line two", "second", "third"]);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });
});

test("blank entries and repetitions are not kept, and half a line is passed over", () => {
  inFolder((path) => {
    const history = openHistory(path);
    for (const entry of ["a", "a", "  ", "b"]) history.add(entry);
    appendFileSync(path, '"half an en');
    const next = openHistory(path);
    next.add("c");
    assert.deepEqual(openHistory(path).entries, ["a", "b", "c"]);
  });
});

test("a history that has grown too long is cut to its newest entries", () => {
  inFolder((path) => {
    openHistory(path).add("first");
    appendFileSync(path, Array.from({ length: 5001 }, (_, index) => `"e${index}"\n`).join(""));
    const { entries } = openHistory(path);
    assert.deepEqual([entries.length, entries[0], entries.at(-1)], [5000, "e1", "e5000"]);
    assert.equal(readFileSync(path, "utf8").split("\n").length, 5001);
  });
});

test("a file that cannot be written leaves a history in memory", () => {
  const history = openHistory("/dev/null/history.jsonl");
  history.add("kept");
  assert.deepEqual(history.entries, ["kept"]);
});
