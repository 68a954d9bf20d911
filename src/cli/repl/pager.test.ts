import assert from "node:assert/strict";
import { test } from "node:test";
import { createPager } from "./pager.js";
import { createTestKeyboard } from "./test-terminal.js";

const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);

function page(text: string) {
  const { keyboard, type } = createTestKeyboard();
  const written: string[] = [];
  const pager = createPager(keyboard, { columns: 70, rows: 6, write: (piece) => written.push(piece) }, false);
  let isOver = false;
  void pager.page(text).then(() => {
    isOver = true;
  });
  return {
    pager,
    type,
    isOver: () => isOver,
    /** What was written since this was asked last. */
    take: () => written.splice(0).join("").split("\r\n"),
  };
}

const help = "-- more: Space for a page, Enter for a line, q to end --";
const erased = "\r\x1b[K";

test("a space shows a page more, Enter a line more, and q ends", async () => {
  const { type, take, isOver } = page(lines.join("\n"));
  await type("x");
  assert.deepEqual(take(), [...lines.slice(0, 5), help]);
  await type("\r");
  assert.deepEqual(take(), [`${erased}line 5`, help]);
  await type(" ");
  assert.deepEqual(take(), [`${erased}line 6`, ...lines.slice(7, 11), help]);
  assert.equal(isOver(), false);
  await type("q");
  assert.deepEqual([take(), isOver()], [[erased], true]);
});

test("a text that fits is shown at once, and one ends with its last line", async () => {
  const short = page(lines.slice(0, 5).join("\n"));
  await short.type("");
  assert.deepEqual([short.take(), short.isOver()], [[...lines.slice(0, 5), ""], true]);
  const long = page(lines.slice(0, 7).join("\n"));
  await long.type(" ");
  assert.equal(long.isOver(), true);
});

test("Ctrl-C and Esc end it too, and after a stop it asks again", async () => {
  const { pager, type, take, isOver } = page(lines.join("\n"));
  await type("");
  take();
  pager.suspended();
  pager.resumed();
  assert.deepEqual(take(), [`${erased}${help}`]);
  await type("\x03");
  assert.equal(isOver(), true);
  pager.resumed();
  assert.deepEqual(take(), [erased]);
});
