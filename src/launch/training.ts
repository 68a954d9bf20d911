import type { Language } from "../engine/runtime.js";

interface TrainingProgram {
  readonly mode: "cell" | "program";
  readonly code: string;
}

/**
 * What typical programs do, run once when the code cache is made. The functions of the interpreter that are called
 * here are compiled at best before a user's process starts; all others are compiled when they are first called.
 */
export const trainingPrograms: Readonly<Record<Language, readonly TrainingProgram[]>> = {
  python: [
    { mode: "cell", code: "x = 5" },
    { mode: "cell", code: "print(x * 2); [n * n for n in range(10) if n % 2]" },
    { mode: "cell", code: "raise ValueError('expected to fail')" },
    { mode: "cell", code: "expected to fail to compile (" },
    {
      mode: "cell",
      code: `
import sys
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
fib(5)
`,
    },
    { mode: "program", code: "print('hello')\nraise SystemExit(0)" },
  ],
  javascript: [
    { mode: "cell", code: "let x = 5" },
    { mode: "cell", code: "console.log(x * 2, { a: [1, 'two', null], b: new Map([[1, 2]]) }); x" },
    { mode: "cell", code: "throw new TypeError('expected to fail')" },
    { mode: "cell", code: "expected to fail to compile (" },
    {
      mode: "cell",
      code: `
class Point { #x = 1; constructor(y) { this.y = y; } get norm() { return Math.hypot(this.#x, this.y); } }
const points = Array.from({ length: 50 }, (_, i) => new Point(i % 7)).sort((a, b) => a.norm - b.norm);
const text = JSON.stringify(points.map((p) => ({ ...p })), null, 1); JSON.parse(text);
text.replace(/(\\d+)/g, (m) => m + 1).split(",").map((s) => s.trim()).filter(Boolean).join("-");
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } fib(12);
const counts = new Map(); for (const w of "the quick the".split(" ")) counts.set(w, (counts.get(w) ?? 0) + 1);
const set = new Set([1, 2, 3]); [...set].reduce((a, b) => a + b, 0); 10n ** 30n; parseInt("ff", 16); (0.1 + 0.2).toFixed(2);
function* gen() { yield* [1, 2]; } [...gen()]; const { a, ...rest } = { a: 1, b: 2 }; new Date().toISOString();
try { null.x; } catch (error) { String(error.stack); } finally { Object.entries(rest); }
await Promise.all([1, 2].map(async (n) => { await null; return n; })); new Uint8Array(8).fill(3); /(?<y>\\d{4})/.exec("2024").groups.y;
await new Promise((resolve) => setTimeout(resolve, 0)); structuredClone?.({ a: 1 }); console.table?.([{ a: 1 }]); label: for (;;) break label; Symbol("s").description`,
    },
    { mode: "program", code: "console.log(1)" },
  ],
};

/** What each client of the Model Context Protocol begins with, in the revision that most speak. */
export const protocolTraining = [
  {
    id: 1,
    method: "initialize",
    params: {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "training", version: "1" },
    },
  },
  { method: "notifications/initialized" },
  { id: 2, method: "tools/list" },
  { id: 3, method: "tools/call", params: { name: "run_python", arguments: { code: "1 + 1" } } },
]
  .map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
  .join("");
