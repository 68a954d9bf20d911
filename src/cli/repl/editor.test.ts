import assert from "node:assert/strict";
import { test } from "node:test";
import type { Language } from "../../engine/runtime.js";
import { isCommand, isGivenUp } from "./commands.js";
import { createEditor } from "./editor.js";
import type { Entry } from "./front.js";
import { pasteGapMs } from "./paste-timing.js";
import type { Screen, View } from "./screen.js";
import { createTestKeyboard, settle } from "./test-terminal.js";

const keys = { enter: "\r", escape: "\x1b", search: "\x12", undo: "\x1f", ctrlZ: "\x1a" };

/** An editor whose statements are complete if they end with a semicolon. */
function edit(language: Language, history: string[] = []) {
  const terminal = createTestKeyboard();
  let view: View | undefined;
  const screen: Screen = {
    render(next) {
      view = next;
    },
    finish() {},
    resized() {},
    clear() {},
    adopt() {},
  };
  const editor = createEditor({
    language,
    keyboard: terminal.keyboard,
    screen,
    source: {
      history: { entries: history, add() {} },
      isCommand,
      isGivenUp,
      isComplete: async (code) => code.trimEnd().endsWith(";"),
      complete: async () => ({ prefix: "", items: [] }),
    },
    highlight: (code) => [{ text: code, color: "" }],
    columns: () => 80,
  });
  let entry: Entry | undefined;
  void editor.readStatement({ first: "> ", next: "| " }, "").then((entered) => {
    entry = entered;
  });
  return {
    ...terminal,
    /** Types as people do: nothing comes together with what came before. */
    async press(...typed: string[]) {
      for (const text of typed) {
        terminal.clock.pass(1000);
        await terminal.type(text);
        terminal.clock.pass(1000);
        await settle();
      }
    },
    entry: () => entry,
    /** What stands in the editor. */
    text: () => view?.spans.map(({ text }) => text).join(""),
  };
}

test("a closing bracket that begins its line goes back to where its block began", async () => {
  const editor = edit("javascript");
  await editor.press("if (a) {", keys.enter, "f([", keys.enter, "1", keys.enter, "])", keys.enter, "}");
  assert.equal(editor.text(), "if (a) {\n  f([\n    1\n  ])\n}");
  await editor.press(keys.undo);
  assert.equal(editor.text(), "if (a) {\n  f([\n    1\n  ])\n  ");
  await editor.press("x }");
  assert.equal(editor.text(), "if (a) {\n  f([\n    1\n  ])\n  x }");
});

test("a bracket that stands where it belongs stays, and Python's lines keep their indentation", async () => {
  const script = edit("javascript");
  await script.press("f(", keys.enter, "\x7f", ")");
  assert.equal(script.text(), "f(\n)");
  const python = edit("python");
  await python.press("f([", keys.enter, "1", keys.enter, "])");
  assert.equal(python.text(), "f([\n    1\n    ])");
});

test("a new line of Python is indented behind a colon, and less behind a return", async () => {
  const editor = edit("python");
  await editor.press("def f():", keys.enter, "if x:", keys.enter, "return 1", keys.enter, "y");
  assert.equal(editor.text(), "def f():\n    if x:\n        return 1\n    y");
});

test("Ctrl-_ undoes typing, and Ctrl-Z is no key of the editor's", async () => {
  const editor = edit("python");
  await editor.press("ab", keys.ctrlZ);
  assert.equal(editor.text(), "ab");
  await editor.press(keys.undo);
  assert.equal(editor.text(), "");
});

test("Esc in a search of the history gives back what was typed, with the cursor where it was", async () => {
  const editor = edit("python", ["old = 1", "other = 2"]);
  await editor.press("typed", "\x1b[D", keys.search, "o", "l");
  assert.equal(editor.text(), "old = 1");
  await editor.press(keys.escape);
  // Node.js waits for what may follow the key.
  while (editor.text() !== "typed") await settle();
  await editor.press("X");
  assert.equal(editor.text(), "typeXd");
});

test(".break in a line of its own gives up a statement of several lines", async () => {
  for (const last of [".break", "  .break "]) {
    const editor = edit("javascript");
    await editor.press("let q = {", keys.enter, last, keys.enter);
    assert.deepEqual(editor.entry(), { type: "interrupt" });
  }
});

test("a paste without brackets is one entry, with its blank lines, tabs and brackets as they are", async () => {
  const pasted = "if (x) {\r  y();\r\r\r    }\r\ta;\r\rz;\r";
  const editor = edit("javascript");
  await editor.type(pasted);
  // The last line's end may be followed by more.
  assert.equal(editor.entry(), undefined);
  editor.clock.pass(pasteGapMs);
  await settle();
  const text = "if (x) {\n  y();\n\n\n    }\n  a;\n\nz;";
  assert.deepEqual(editor.entry(), { type: "text", text });
});

test("a paste that comes in pieces is one entry if they come quickly, and two if they do not", async () => {
  const [first, second] = ["while (x) {\r  y();\r\r", "  z();\r\rlast;\r"];
  const whole = edit("javascript");
  await whole.type(first);
  whole.clock.pass(pasteGapMs - 1);
  await whole.type(second);
  whole.clock.pass(1);
  await settle();
  whole.clock.pass(pasteGapMs);
  await settle();
  assert.deepEqual(whole.entry(), { type: "text", text: "while (x) {\n  y();\n\n  z();\n\nlast;" });
  const apart = edit("javascript");
  await apart.type(first);
  apart.clock.pass(pasteGapMs);
  await settle();
  assert.deepEqual(apart.entry(), { type: "text", text: "while (x) {\n  y();\n" });
});

test("lines that are typed ahead are entries of their own", async () => {
  const editor = edit("javascript");
  await editor.type("a;\rb;\r");
  assert.deepEqual(editor.entry(), { type: "text", text: "a;" });
});

test("a long paste without any indentation is one entry too", async () => {
  const editor = edit("javascript");
  const lines = Array.from({ length: 30 }, (_, index) => `v${index};`);
  await editor.type(`${lines.join("\r")}\r`);
  editor.clock.pass(pasteGapMs);
  await settle();
  assert.deepEqual(editor.entry(), { type: "text", text: lines.join("\n") });
});
