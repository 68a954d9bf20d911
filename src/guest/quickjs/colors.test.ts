/** The console's colours, for a prompt on a terminal. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { colorValue } from "../../cli/repl/highlight.js";
import { createSession } from "../../node/sessions.js";

const values = [
  "{ a: 1, b: 'x', c: [true, null, undefined, -1.5e3, 10n], d: new Date(0), e: /x/g, f() {}, s: Symbol('q') }",
  "new Map([[1, { a: [] }]])",
  "[NaN, Infinity, -0, 'it\\'s', \"a\\nb\"]",
  "class A {}",
  "(() => { const a = {}; a.a = a; return a })()",
  "42",
];

test("what the console makes of values has the colours that results have, and strings have none", async () => {
  await using session = await createSession("javascript");
  for (const value of values) {
    const { result = "" } = await session.run(`(${value})`);
    const { output } = await session.run(`console.log('true 1', ${value}, 'null')`, {
      interactive: { colors: true },
    });
    assert.equal(output, `true 1 ${colorValue(result)} null\n`);
  }
  const { output } = await session.run("console.error('%d %o', 1, [1]); console.dir('x')", {
    interactive: { colors: true },
  });
  assert.equal(output, "1 [ \x1b[33m1\x1b[0m, [length]: \x1b[33m1\x1b[0m ]\n\x1b[32m'x'\x1b[0m\n");
});

test("there are no colours but in a run that asks for them", async () => {
  await using session = await createSession("javascript");
  await session.run("1", { interactive: { colors: true } });
  assert.equal((await session.run("console.log([1])")).output, "[ 1 ]\n");
  assert.equal((await session.run("console.log([1])", { interactive: {} })).output, "[ 1 ]\n");
});

test("code that changes the built-in objects changes no more than its own values' text", async () => {
  await using session = await createSession("javascript");
  const { output } = await session.run(
    "RegExp.prototype.exec = () => { throw 1 }; String.prototype.slice = () => '?'; console.log([1])",
    { interactive: { colors: true } },
  );
  assert.equal(output, "[ \x1b[33m1\x1b[0m ]\n");
});

test("_error is the last uncaught error at a prompt, unless the session makes it its own", async () => {
  await using session = await createSession("javascript");
  const run = async (code: string) => (await session.run(code, { interactive: {} })).result;
  await run("throw new TypeError('first')");
  await run("throw new TypeError('second')");
  assert.equal(await run("_error.message"), "'second'");
  await session.run("throw 3");
  assert.equal(await run("_error.message"), "'second'");
  await run("_error = 'mine'");
  await run("throw 4");
  assert.equal(await run("_error"), "'mine'");
});
