import assert from "node:assert/strict";
import { test } from "node:test";
import { withEvidentTypes } from "./evident-types.js";

test("a literal before a dot is taken for what it is an instance of", () => {
  for (const [code, type] of [
    ['"text".le', "String"],
    ["x = 'it\\'s'.", "String"],
    ["`a b`.", "String"],
    ["[1, [2]].ma", "Array"],
    ["f([]).x; [].", "Array"],
    ["({ a: 1 }).", "Object"],
    ["x = {}.", "Object"],
    ["/a[/]b/g.te", "RegExp"],
    ["(5).to", "Number"],
    ["5..to", "Number"],
    ["10n.", "BigInt"],
    ["return ''.", "String"],
    ["[]?.ma", "Array"],
  ] as const) {
    const rewritten = withEvidentTypes(code);
    const dot = code.slice(code.lastIndexOf("."));
    assert.equal(rewritten, ` ${type}.prototype${dot}`, code);
  }
});

test("calls whose answers are known are taken for these", () => {
  for (const [code, type] of [
    ["new Map([[1, 2]]).", "Map"],
    ["new Date().", "Date"],
    ["String(x).", "String"],
    ["Object.keys(o).", "Array"],
    ["JSON.stringify({a: ')'}).", "String"],
    ["'a,b'.split(',').map(f).join('').", "String"],
    ["(new Set([1])).", "Set"],
    ["Promise.all([]).then(f).", "Promise"],
    ["parseInt('1').toFixed(2).", "String"],
  ] as const) {
    assert.equal(withEvidentTypes(code), ` ${type}.prototype.`, code);
  }
});

test("what cannot be told is left as it is", () => {
  for (const code of [
    "",
    "x",
    "a.b.c",
    "f().",
    "new Mine().",
    "my.Object.keys(o).",
    "x[0].",
    "tag`text`.",
    "('a' + b).",
    "(f, 'a').length.",
    "'open .",
    "`open a.",
    "if (x) {}.",
    "() => {}.",
    "x.keys(1).",
    "a / b / c.",
    ").",
    "(].",
    "].",
  ]) {
    assert.equal(withEvidentTypes(code), code, code);
  }
});

test("code without an end of its own takes no long time", () => {
  for (const code of [
    "(".repeat(1e5),
    "'".repeat(1e5),
    "/".repeat(1e5),
    "[].map(".repeat(1e4),
    "a?.".repeat(1e5),
  ]) {
    assert.equal(withEvidentTypes(`${code}f().`), `${code}f().`);
  }
});
