// Code ends at its time limit whatever it does to go on, and its session answers the next cell.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSession } from "../../dist/index.js";
import { run } from "../commands.mjs";
import { assertStopped, runHostile } from "./hostile.mjs";

/** Most of the time is spent in waiting for the grace to end, so many can be tried at once. */
const how = { limits: { timeoutMs: 300, onLimit: "raise" }, lanes: 8, check: assertStopped };

/** Each takes notices for nothing, or never comes to look at one. */
const python = [
  "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
  "import signal\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\nwhile True: pass",
  "import signal\nsignal.signal(signal.SIGINT, lambda *_: None)\nwhile True: pass",
  "import signal\ndef again(*_):\n  while True: pass\nsignal.signal(signal.SIGINT, again)\nwhile True: pass",
  "import signal\nwhile True:\n  try: signal.raise_signal(2)\n  except KeyboardInterrupt: pass",
  "while True:\n  try: pass\n  finally: continue",
  "class A:\n  def __del__(self): A()\nwhile True: A()",
  "class A:\n  def __del__(self):\n    while True:\n      try:\n        while True: pass\n      except BaseException: pass\nA()\ndel _" +
    "\nwhile True: A()",
  "import sys\ndef trace(*_):\n  while True:\n    try:\n      while True: pass\n    except BaseException: pass\nsys.settrace(trace)\n(lambda: 1)()",
  "import sys\ndef trace(*_): return trace\nsys.settrace(trace)\nsys._getframe().f_trace = trace\nwhile True: pass",
  "import gc\ngc.callbacks.append(lambda *_: 1 / 0)\nwhile True: [[]]",
  "import time\nwhile True:\n  try: time.sleep(1e9)\n  except BaseException: pass",
  "import asyncio\nasync def f():\n  while True:\n    try: await asyncio.sleep(1000)\n    except BaseException: pass\nasyncio.run(f())",
  "import asyncio\nasync def f(): await asyncio.gather(f(), f())\nasyncio.run(f())",
  "import threading\nlock = threading.Lock(); lock.acquire()\nwhile True:\n  try: lock.acquire()\n  except BaseException: pass",
  "import queue\nqueue.Queue().get()",
  "import select\nselect.select([], [], [])",
  "import select\nlook = select.poll()\nwhile True:\n  try: look.poll()\n  except BaseException: pass",
  "import os\nwhile True:\n  try: os.write(1, b'x' * 1000)\n  except BaseException: pass",
  "import re\nwhile True:\n  try: re.match(r'(a|aa)+$', 'a' * 100 + 'b')\n  except BaseException: pass",
  "class Key:\n  def __lt__(self, other):\n    try:\n      while True: pass\n    except BaseException: return True\nwhile True:\n  try: sorted(Key() for _ in range(1000))\n  except BaseException: pass",
  "class E(Exception):\n  def __str__(self):\n    while True:\n      try:\n        while True: pass\n      except BaseException: pass\nraise E",
  "class E(BaseException):\n  def __init__(self): raise E from self\nwhile True:\n  try: raise E\n  except BaseException: pass",
  "class R:\n  def __repr__(self):\n    while True: pass\nR()",
  "import itertools\nall(itertools.cycle([1]))",
  "import decimal\ndecimal.getcontext().prec = 10 ** 7\ndecimal.Decimal(2).sqrt()",
  "import sqlite3\nsqlite3.connect(':memory:').execute('with recursive a(x) as (select 1 union all select x + 1 from a) select count(*) from a').fetchone()",
  "import unicodedata\nunicodedata.normalize('NFD', 'a' + '\\u0300\\u0316' * 10 ** 6)",
  "import shutil\nshutil.copyfileobj(open('/dev/zero', 'rb'), open('/dev/null', 'wb'))",
];

const javaScript = [
  "outer: for (;;) { try { for (;;); } catch { continue outer } finally { continue outer } }",
  "function* g() { for (;;) try { yield 1 } finally { for (;;); } } for (const x of g()) break",
  "for (const x of { [Symbol.iterator]: () => ({ next: () => ({ value: 1 }), return() { for (;;); } }) }) break",
  "for await (const x of (async function* () { for (;;) yield 1 })());",
  "for await (const x of (async function* () { for (;;) try { yield 1 } catch {} finally { yield 2 } })());",
  "const t = { then(done) { done(t) } }; for (;;) try { await t } catch {}",
  "await { then(done) { done(this) } }",
  "for (;;) await Promise.race([new Promise(() => {}), 1])",
  "(function again() { setTimeout(again, 0) })()",
  "(function again() { setTimeout(again, 0); queueMicrotask(again) })()",
  "setInterval(() => { try { for (;;); } finally { for (;;); } }, 0)",
  "setTimeout(() => {}, { valueOf() { for (;;); } })",
  "Error.prepareStackTrace = () => { for (;;); }; new Error().stack",
  "class A extends Array { static get [Symbol.species]() { for (;;); } } new A(1).map((x) => x)",
  "Object.keys(new Proxy({}, { ownKeys() { for (;;); } }))",
  "new Uint8Array(1e5).sort(() => { for (;;); })",
  "JSON.parse('[1]', () => { for (;;); })",
  "structuredClone({ get a() { for (;;); } })",
  "for (;;) try { /(a|aa)+$/.test('a'.repeat(100) + 'b') } catch {}",
  "for (;;) try { let a = 3n; for (;;) a *= a } catch {}",
  "Array.prototype.reverse.call({ length: 2 ** 53 - 1 })",
  "Array.prototype.copyWithin.call({ length: 2 ** 53 - 1 }, 0, 1)",
  "const a = []; a[2 ** 32 - 2] = 1; a.sort()",
  "for (;;) (3n ** 600000n).toString()",
  "for (;;) new Float64Array(5e6).map(Math.random).sort()",
  "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)",
  "'a'.repeat(1e6).indexOf('a'.repeat(5e5) + 'b')",
  "let a = []; for (let i = 0; i < 20; i++) a = [a, a, a]; a.flat(Infinity)",
  "for (;;) new Function('x'.repeat(1e6))",
  "('a' + '\\u0300\\u0316'.repeat(1e6)).normalize('NFC')",
  "for (let i = 0; ; i++) await import('data:text/javascript,' + i).catch(() => {})",
  "require('node:fs').copyFileSync('/dev/zero', '/dev/null')",
];

for (const [language, programs] of [
  ["python", python],
  ["javascript", javaScript],
]) {
  test(`${language}: code that never ends, and that no notice ends, is stopped at its time limit`, () =>
    runHostile(language, programs, how));
}

/** What docs/javascript.md says cannot be interrupted, and what can after all. */
const builtIns = [
  ["sorts end when asked", "new Float64Array(3e7).map(Math.random).sort()", "kept"],
  [
    "searches of a long array end when asked",
    "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)",
    "kept",
  ],
  [
    "powers between which the engine looks",
    "for (let a = 3n; ; a = 3n) for (let i = 0; i < 12; i++) a *= a",
    "kept",
  ],
  ["the digits of a large number", "for (;;) (3n ** 600000n).toString()", "rolled_back"],
  ["the search for a text", "'a'.repeat(1e6).indexOf('a'.repeat(5e5) + 'b')", "rolled_back"],
  ["texts repeated", "for (;;) 'ab'.repeat(2 ** 24)", undefined],
];
test("javascript: a built-in function that runs for long is ended, with its state kept or as it was before", async () => {
  for (const [what, code, expected] of builtIns) {
    const session = await createSession("javascript", { timeoutMs: 300 });
    // The first run's checkpoint is made at once.
    await session.run("var earlier = 5");
    const { stopped, state } = await session.run(`earlier = 6; ${code}`);
    assert.equal(stopped, "timeout", what);
    if (expected !== undefined) assert.equal(state, expected, what);
    assert.equal((await session.run("earlier")).result, state === "kept" ? "6" : "5", what);
    await session.close();
  }
});

test("javascript: what is too large for the engine is an error of the language at once", async () => {
  const session = await createSession("javascript", { timeoutMs: 20_000 });
  for (const code of ["2n ** (1n << 28n)", "'ab'.repeat(2 ** 29)"]) {
    const { error, stopped } = await session.run(code);
    assert.match(error ?? "", /^RangeError/, code);
    assert.equal(stopped, undefined);
  }
  await session.close();
});

const swallow = "while True:\n    try:\n      while True: pass\n    except BaseException: pass";
/** What runs when a program's own code is through. */
const lastWords = [
  ["pyrunner", "-c", `import sys\ndef hook(*_):\n  ${swallow}\nsys.excepthook = hook\n1 / 0`],
  [
    "pyrunner",
    "-c",
    `import sys\nclass S:\n closed = False\n def flush(self):\n  ${swallow}\nsys.stdout = S()`,
  ],
  ["pyrunner", "-c", `class E(Exception):\n def __str__(self):\n  ${swallow}\nraise E`],
  ["pyrunner", "-c", "class Code:\n  def __str__(self):\n    while True: pass\nraise SystemExit(Code())"],
  ["jsrunner", "-e", "process.on('exit', () => { for (;;); })"],
  ["jsrunner", "-e", "process.exit({ valueOf() { for (;;); } })"],
];
test("a command's time limit holds for what runs at the end of its program as well", async () => {
  const ends = lastWords.map(([name, ...code]) => run(name, ["--timeout", "500ms", ...code]));
  for (const [index, { code, stderr }] of (await Promise.all(ends)).entries()) {
    assert.equal(code, 124, lastWords[index].join(" "));
    assert.match(stderr, /stopped at its time limit of 0\.5 s\n$/);
  }
});
