// Grades submissions of students: each runs against the tests in a fresh session of its own, four at a time. Code that
// loops, eats memory or prints without end costs its author the points, and nobody else anything.
import { createPool } from "wasm-repl";

const exercise = { name: "median", tests: ["[1]", "[3, 1, 2]", "[4, 1, 3, 2]"], expected: ["1", "2", "2.5"] };

const submissions = {
  ada: `def median(v):
    v = sorted(v)
    half = len(v) // 2
    return v[half] if len(v) % 2 else (v[half - 1] + v[half]) / 2`,
  bob: "def median(v): return v[len(v) // 2]",
  eve: "def median(v):\n    while True: pass",
  mal: "median = lambda v: 'x' * 2**30",
  tim: "def median(v) return 0",
};

const pool = await createPool("python", {
  size: 2,
  maxConcurrent: 4,
  timeoutMs: 3000,
  memoryBytes: 128 * 1024 * 1024,
  maxOutputBytes: 10_000,
});

async function grade(code) {
  const { name, tests, expected } = exercise;
  const calls = tests.map((test) => `print(repr(${name}(${test})))`).join("\n");
  // What the submission prints itself stands before this mark.
  const mark = crypto.randomUUID();
  const { output = "", exception, stopped } = await pool.run(`${code}\nprint("${mark}")\n${calls}`);
  const answers = (output.split(`${mark}\n`)[1] ?? "").trim().split("\n");
  const points = expected.filter((answer, index) => answers[index] === answer).length;
  return { points, remark: stopped ?? exception?.type ?? "" };
}

const grades = await Promise.all(
  Object.entries(submissions).map(async ([student, code]) => ({ student, ...(await grade(code)) })),
);
for (const { student, points, remark } of grades) {
  console.log(`${student}  ${points} of ${exercise.tests.length}  ${remark}`.trimEnd());
}
await pool.close();
