import assert from "node:assert/strict";
import { test } from "node:test";
import { readHead } from "./javascript.mjs";
import { assertResumes, conformance, small, temporaryDirectory, totals, write } from "./test-run.mjs";

const suite = temporaryDirectory();

test("JavaScript's driver tells of tests that pass, fail, are expected to, hang and use up memory", async () => {
  const head = (lines) => `/*---\n${lines}\n---*/\n`;
  write(
    {
      "harness/assert.js": "function assert(truth) { if (!truth) throw new Test262Error('not so'); }",
      "harness/sta.js": "class Test262Error extends Error { name = 'Test262Error' }",
      "harness/doneprintHandle.js":
        "var $DONE = (e) => print(e ? 'Test262:AsyncTestFailure:' + e : 'Test262:AsyncTestComplete');",
      "harness/more.js": "var more = 1;",
      "test/language/good.js": `${head("includes: [more.js]")}assert(more === 1);`,
      "test/language/strict.js": `${head("flags: [onlyStrict]")}assert((function () { return this; })() === undefined);`,
      "test/language/loose.js": `${head("flags:\n  - noStrict")}undeclared = 1; assert(this.undeclared === 1);`,
      "test/language/module.js": `${head("flags: [module, async]")}import { x } from "./x_FIXTURE.js"; $DONE(x);`,
      "test/language/x_FIXTURE.js": "export const x = 0;",
      "test/language/negative.js": `${head("negative:\n  phase: parse\n  type: SyntaxError")}assert(0); +;`,
      "test/language/fails.js": `${head("description: x")}assert(false);`,
      "test/language/later.js": `${head("flags: [async]")}0;`,
      "test/language/known.js": `${head("features: [wheels, wings]")}fly();`,
      "test/built-ins/listed.js": "assert(true);",
      "test/built-ins/hang.js": "for (;;);",
      "test/built-ins/hog.js": "const kept = []; for (;;) kept.push(new Uint8Array(1 << 20).fill(1));",
      "expected.txt": "feature:wings  has none\nbuilt-ins/listed.js  was broken once\n",
    },
    suite,
  );
  const whole = await conformance(...small("javascript", suite));
  assert.equal(whole.code, 1);
  assert.deepEqual(totals(whole), [5, 0, 1, 4, 1], whole.lines.join("\n"));
  const failures = whole.lines.filter((line) => line.startsWith("failed: "));
  assert.match(failures[0], /built-ins\/hang\.js: sloppy: stopped: timeout/);
  assert.match(failures[1], /built-ins\/hog\.js: sloppy: .*memory/);
  assert.match(failures[2], /language\/fails\.js: sloppy: Test262Error: not so/);
  assert.match(failures[3], /language\/later\.js: sloppy: the test did not say that it is done/);
  assert.ok(whole.lines.includes("passed, and is in the list: built-ins/listed.js"));
  await assertResumes("javascript", suite, "language/good.js", whole);
  const good = await conformance(...small("javascript", suite), "language/good.js", "language/module.js");
  assert.equal(good.code, 0, good.lines.join("\n"));
  assert.deepEqual(totals(good), [2, 0, 0, 0, 0]);
});

test("a test's head is read in both ways that YAML writes lists", () => {
  assert.deepEqual(
    readHead("/*---\nflags: [async, module]\nincludes:\n  - a.js\n  - b.js\nfeatures: []\n---*/"),
    {
      flags: ["async", "module"],
      includes: ["a.js", "b.js"],
      features: [],
      throws: undefined,
    },
  );
  assert.deepEqual(readHead("/*---\r\nflags:\r\n  - raw\r---*/").flags, ["raw"]);
});
