import assert from "node:assert/strict";
import { test } from "node:test";
import { assertResumes, conformance, small, temporaryDirectory, totals, write } from "./test-run.mjs";

const suite = temporaryDirectory();

test("Python's driver tells of tests that pass, fail, are expected to, hang and use up memory", async () => {
  const head = "import time, unittest\nclass Case(unittest.TestCase):\n";
  write(
    {
      "test/__init__.py": "",
      "test/support/__init__.py": "def record_original_stdout(stream): pass",
      "test/test_good.py": `${head}  def test_passes(self): print('{"name": "not a result"}')
  def test_fails(self):
    for word in "ab":
      with self.subTest(word): self.fail("in both")
  def test_known(self): self.assertEqual(1, 2)
  @unittest.skip("why not")
  def test_skipped(self): pass\n`,
      "test/test_stuck/__init__.py": "def load_tests(*args): return load_package_tests(*args)",
      "test/test_stuck/test_hang.py": `${head}  def test_a(self): pass
  def test_b(self):
    while True: time.sleep(1)
  def test_c(self): pass\n`,
      "test/test_memory.py": `${head}  def test_hog(self):
    kept = []
    while True: kept.append(bytearray(1 << 20))\n`,
      "test/test_broken.py": "import test.nowhere",
      "expected.txt": '# why\ntest_good.Case.test_known  is known\n"test.nowhere"  is absent\n',
    },
    suite,
  );
  const whole = await conformance(...small("python", suite));
  assert.equal(whole.code, 1);
  assert.deepEqual(totals(whole), [3, 1, 2, 3, 0], whole.lines.join("\n"));
  const failures = whole.lines.filter((line) => line.startsWith("failed: "));
  assert.match(failures[0], /test_good\.Case\.test_fails: AssertionError: in both \(test_good\.py:6/);
  assert.match(failures[1], /test_memory\.Case\.test_hog: MemoryError/);
  assert.match(failures[2], /test_stuck\.test_hang\.Case\.test_b: stopped: interrupt/);
  await assertResumes("python", suite, "test_good", whole);
});
