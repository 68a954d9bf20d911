// Grades submissions of students: each runs against the tests in a fresh session of its own, four at a time. Code that
// loops, eats memory or prints without end costs its author the points, and nobody else anything. With a number, so many
// are graded, and the marks are counted.
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
  timeoutMs: 1000,
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

/** Most of a class hand in something like Ada's, one in five like Bob's, and a few each what the others do. */
function classOf(count) {
  const kinds = { 7: "eve", 8: "mal", 9: "tim" };
  return Array.from({ length: count }, (_, index) => {
    const kind = kinds[index % 30] ?? (index % 5 === 0 ? "bob" : "ada");
    return [kind, submissions[kind]];
  });
}

const [count] = process.argv.slice(2);
const handedIn = count === undefined ? Object.entries(submissions) : classOf(Number(count));
const grades = await Promise.all(
  handedIn.map(async ([student, code]) => ({ student, ...(await grade(code)) })),
);
if (count === undefined) {
  for (const { student, points, remark } of grades) {
    console.log(`${student}  ${points} of ${exercise.tests.length}  ${remark}`.trimEnd());
  }
} else {
  for (let points = 0; points <= exercise.tests.length; points++) {
    const those = grades.filter((each) => each.points === points);
    console.log(`${points} points: ${those.length}`);
  }
}
await pool.close();
