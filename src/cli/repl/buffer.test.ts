import assert from "node:assert/strict";
import { test } from "node:test";
import { TextBuffer } from "./buffer.js";

function buffer(text: string): TextBuffer {
  const made = new TextBuffer();
  made.clear(text.replace("|", ""));
  made.cursor = text.indexOf("|");
  return made;
}

function shown({ text, cursor }: TextBuffer): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

test("the cursor moves by visible characters, over emoji and combining marks", () => {
  const made = buffer("a👩‍👩‍👧e\u0301|b");
  made.cursor = made.left;
  assert.equal(shown(made), "a👩‍👩‍👧|e\u0301b");
  made.cursor = made.left;
  assert.equal(shown(made), "a|👩‍👩‍👧e\u0301b");
  made.cursor = made.right;
  assert.equal(shown(made), "a👩‍👩‍👧|e\u0301b");
});

test("the cursor goes from line to line, keeping its column where it can", () => {
  const made = buffer("long line\nab\nanother|");
  made.cursor = made.vertical(-1);
  assert.equal(shown(made), "long line\nab|\nanother");
  made.cursor = made.vertical(-1);
  assert.equal(shown(made), "lo|ng line\nab\nanother");
  made.cursor = made.right;
  made.cursor = made.vertical(1);
  assert.equal(shown(made), "long line\nab|\nanother");
  made.cursor = made.right;
  assert.equal(shown(made), "long line\nab\n|another");
});

test("words are killed and yanked, and typing is undone in one", () => {
  const made = buffer("foo(bar_baz)|");
  made.delete(made.wordLeft, true);
  assert.equal(shown(made), "foo(|");
  made.yank();
  assert.equal(shown(made), "foo(bar_baz)|");
  for (const character of "xyz") made.insert(character);
  made.undo();
  assert.equal(shown(made), "foo(bar_baz)|");
  made.undo();
  made.undo();
  assert.equal(shown(made), "foo(bar_baz)|");
});
