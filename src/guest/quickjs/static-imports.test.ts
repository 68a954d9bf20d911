import assert from "node:assert/strict";
import { test } from "node:test";
import { endsInImport, splitImports } from "./static-imports.js";

test("Every form of a static import is taken out, and its names are known.", () => {
  const forms: ReadonlyArray<readonly [code: string, names: string[]]> = [
    ["import 'a'", []],
    ["import a from 'a'", ["a"]],
    ["import a, { b } from 'a';", ["a", "b"]],
    ["import a, * as b from 'a'", ["a", "b"]],
    ["import * as a from 'a'", ["a"]],
    ["import { } from 'a'", []],
    ["import { a, b as c, default as d, } from 'a'", ["a", "c", "d"]],
    ["import { 'a-b' as c, as as as, from } from 'a'", ["c", "as", "from"]],
    ["import{a}from'a'", ["a"]],
    ["import{a,\n  b as\n c // one\n, d /* two */ } from\n 'a'", ["a", "c", "d"]],
    ["import data from './a.json' with { type: 'json' };", ["data"]],
    ['import $a, { _b as été } from "a"', ["$a", "été"]],
  ];
  for (const [code, names] of forms) {
    const split = splitImports(code);
    assert.deepEqual(split?.names, names, code);
    assert.match(split?.rest ?? "none", /^\s*$/, code);
    assert.ok(split?.imports.startsWith(code), code);
  }
});

test("What stands around the imports keeps its places.", () => {
  const split = splitImports("let x = 1; import a from 'a'; f(a)\n  import 'b'\ng()");
  assert.equal(split?.rest, "let x = 1;                    f(a)\n            \ng()");
  assert.equal(split?.imports.split("\n")[0]?.indexOf("import a"), 11);
  assert.equal(split?.imports.split("\n")[1]?.indexOf("import 'b'"), 2);
});

test("What only looks like a static import is left alone.", () => {
  for (const code of [
    "import('a')",
    "await import('a')",
    "import.meta.url",
    "`\nimport a from 'a'\n`",
    "`$" + "{`\nimport a from 'a'`}`",
    "/*\nimport a from 'a'\n*/",
    "// import a from 'a'",
    "'\\\nimport a from \"a\"'",
    '/[/]\\/"`/.test(x)\nf("\\\nimport a from \'a\'")',
    "{ import a from 'a' }",
    "f(\nimport a from 'a')",
    "x.import\n'a'",
    "const important = 1",
    "'use strict'",
  ]) {
    assert.equal(splitImports(code), undefined, code);
  }
  assert.deepEqual(splitImports("a / b / `x`\nimport c from 'c'")?.names, ["c"]);
  assert.deepEqual(splitImports("const r = /`/\nimport c from 'c'")?.names, ["c"]);
  assert.deepEqual(splitImports("function f() {}\nimport c from 'c'")?.names, ["c"]);
});

test("An import that is not closed goes on in the next line.", () => {
  assert.ok(endsInImport("import { a,"));
  assert.ok(endsInImport("f();\nimport a, {\n  b"));
  assert.ok(!endsInImport("import { a } from 'a'"));
  assert.ok(!endsInImport("import(f"));
});

test("Long code is split in a time that grows with its length.", () => {
  const code = `import a from 'a'\n${"/* x */ import { b, ".repeat(20_000)}`;
  assert.deepEqual(splitImports(code)?.names, ["a"]);
  assert.equal(splitImports(`import${"/[".repeat(200_000)}`), undefined);
  assert.ok(splitImports(`import${"\"'`".repeat(100_001)}`) !== undefined);
  assert.deepEqual(splitImports(`import {${" a ,".repeat(20_000)}`), undefined);
  assert.deepEqual(splitImports(`import${" /**/".repeat(20_000)}`), undefined);
});
