import assert from "node:assert/strict";
import { test } from "node:test";
import { colorValue, createHighlighter, themeFor } from "./highlight.js";

const theme = {
  keyword: "K",
  string: "S",
  comment: "C",
  number: "N",
  builtin: "B",
  definition: "D",
  special: "X",
};

function marked(language: "python" | "javascript", code: string): string {
  const spans = createHighlighter(language, theme)(code);
  assert.equal(spans.map(({ text }) => text).join(""), code);
  return spans.map(({ text, color }) => (color === "" ? text : `<${color} ${text}>`)).join("");
}

test("Python is coloured by its tokens, finished or not", () => {
  assert.equal(marked("python", "def f(x): # y"), "<K def> <D f>(x): <C # y>");
  assert.equal(marked("python", "print(rb'a\\'b', 1.5e3)"), "<B print>(<S rb'a\\'b'>, <N 1.5e3>)");
  assert.equal(marked("python", "x.print = '''two\nlines"), "x.print = <S '''two\nlines>");
  assert.equal(marked("python", "@deco\nclass A: pass"), "<X @deco>\n<K class> <D A>: <K pass>");
});

test("JavaScript is coloured by its tokens, finished or not", () => {
  assert.equal(marked("javascript", "const s = `a\nb"), "<K const> s = <S `a\nb>");
  assert.equal(marked("javascript", "a / b / /x'y/g // z"), "a / b / /x<S 'y/g // z>");
  assert.equal(marked("javascript", "f = /x'y/g // z"), "f = <X /x'y/g> <C // z>");
});

test("colours are left out where they are unwanted or unknown", () => {
  assert.equal(themeFor({ TERM: "xterm", NO_COLOR: "1" }), undefined);
  assert.equal(themeFor({ TERM: "dumb" }), undefined);
  assert.equal(themeFor({}), undefined);
  assert.notDeepEqual(themeFor({ TERM: "xterm", COLORFGBG: "0;15" }), themeFor({ TERM: "xterm" }));
});

test("values and quoted keys are coloured, other keys are not", () => {
  const text = colorValue("{ a: 1, 'b c': 'x', null: null, f: [Function: f] }");
  assert.equal(
    text,
    "{ a: \x1b[33m1\x1b[0m, \x1b[32m'b c'\x1b[0m: \x1b[32m'x'\x1b[0m, null: \x1b[1mnull\x1b[0m, f: \x1b[36m[Function: f]\x1b[0m }",
  );
});
