import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { judge, matches, readExpected } from "./expected.mjs";
import { conformance, temporaryDirectory } from "./test-run.mjs";

const empty = temporaryDirectory();

test("what is not there is named in one line", async () => {
  for (const [args, line] of [
    [["perl"], /^conformance: say which suite to run: python or javascript\n$/],
    [["python", "--suite", empty], /^conformance: no test suite is in .*: CPython's source archive.*\n$/],
    [["javascript", "--suite", empty], /^conformance: no test suite is in .*: it is the repository.*\n$/],
    [["javascript", "--jobs", "none"], /^conformance: --jobs takes a whole number from 1 on\n$/],
    [["javascript", "--job", "1"], /^conformance: .*--job/],
  ]) {
    const { code, stderr } = await conformance(...args);
    assert.equal(code, 2);
    assert.match(stderr, line);
  }
});

test("a pattern stands for a name, for all that is in it, and for what a star leaves open", () => {
  assert.ok(matches("test_os", "test_os.FileTests.test_read"));
  assert.ok(!matches("test_os", "test_ossaudiodev.Tests"));
  assert.ok(matches("built-ins/*/length.js", "built-ins/Array/of/length.js"));
  assert.ok(!matches("a.c", "abc"));
});

test("the lists of expected failures can be read, and every line has a reason", () => {
  for (const language of ["python", "javascript"]) {
    const expected = readExpected(fileURLToPath(new URL(`expected-${language}.txt`, import.meta.url)));
    assert.ok(expected.every(({ reason }) => reason.length > 3));
    assert.equal(judge({ name: "of nobody", outcome: "failed", message: "" }, expected), "unexpected");
  }
  writeFileSync(join(empty, "bad.txt"), "test_os\n");
  assert.throws(() => readExpected(join(empty, "bad.txt")), /not a pattern and a reason: test_os/);
});
