// Structures and calls that are nested without end cost a program at most its own run: never the process, and never
// the session's next cell. Where the language says so, they are an error that the program can catch.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertFails, runHostile } from "./hostile.mjs";

const nested = (start, step, count = 1e5) => `a = ${start}\nfor _ in range(${count}): a = ${step}\n`;

/** Python's own limit, or that of its stack. */
const pythonErrors = [
  "class A:\n  @property\n  def x(self): return self.x\nA().x",
  "class A:\n  def __getattr__(self, name): return getattr(self, name + 'x')\nA().x",
  "class A:\n  def __getattribute__(self, name): return self.x\nA().x",
  "class A:\n  def __repr__(self): return repr([self])\nA()",
  "class A:\n  def __str__(self): return f'{self}'\nstr(A())",
  "class A:\n  def __format__(self, how): return f'{self:{self}}'\nf'{A()}'",
  "class A:\n  def __hash__(self): return hash(self)\n{A()}",
  "class A:\n  def __eq__(self, other): return other == self\nA() == A()",
  "class A:\n  def __bool__(self): return not self\nnot A()",
  "class A:\n  def __iter__(self): return iter(self)\niter(A())",
  "class A: pass\nA.__call__ = A()\nA()()",
  "class M(type):\n  def __instancecheck__(self, it): return isinstance(it, A)\nclass A(metaclass=M): pass\nisinstance(1, A)",
  "class A:\n  def __reduce__(self): return A, (self,)\nimport pickle\npickle.dumps(A())",
  "class A:\n  def __lt__(self, other): return sorted([A(), A()])\nsorted([A(), A()])",
  "class A:\n  def __index__(self): return range(10)[self]\nrange(10)[A()]",
  "class A:\n  def __copy__(self): return copy.copy(self)\nimport copy\ncopy.copy(A())",
  "class A:\n  def __enter__(self):\n    with self: pass\n  def __exit__(self, *_): pass\nwith A(): pass",
  "def f():\n  yield from f()\nlist(f())",
  "async def f(): await f()\nf().send(None)",
  "import sys\nsys.setrecursionlimit(2 ** 31 - 1)\nclass A:\n  def __repr__(self): return repr([self])\nA()",
  `${nested("[]", "[a]")}b = []\nfor _ in range(10 ** 5): b = [b]\na == b\nimport copy\ncopy.deepcopy(a)`,
  `${nested("[]", "[a]")}import pickle\npickle.dumps(a)`,
  `${nested("[]", "[a]")}import pickle\npickle._dumps(a)`,
  "import json\njson.loads('[' * 10 ** 6)",
  "import re\nre.compile('(' * 2000 + ')' * 2000)",
  "compile('a' + '.a' * 10 ** 5, 'x', 'eval')",
  "compile('1' + '+1' * 10 ** 5, 'x', 'eval')",
  "compile('a' + '()' * 10 ** 5, 'x', 'eval')",
  "import ast\nn = ast.Constant(1)\nfor _ in range(10 ** 5): n = ast.UnaryOp(ast.USub(), n)\nast.dump(n)",
  "import xml.etree.ElementTree as e\ne.tostring(e.fromstring('<a>' * 2000 + '</a>' * 2000))",
];

/** Errors of another kind, or none, or a stack of C's that only V8 bounds: the interpreter is lost then. */
const pythonAnything = [
  `${nested("[]", "[a]")}repr(a)`,
  `${nested("()", "(a,)")}hash(a)`,
  `${nested("[]", "[a]")}import marshal\nmarshal.dumps(a)`,
  `${nested("[]", "[a]")}import json\nlen(json.dumps(a))`,
  `${nested("()", "(a,)")}isinstance('', (int, a))`,
  ...["map(int, a)", "filter(None, a)", "enumerate(a)"].map(
    (step) => `${nested("iter([1])", step, 3e5)}next(a)`,
  ),
  `import itertools\n${nested("iter([1])", "itertools.chain(a)", 3e5)}next(a)`,
  `import functools\n${nested("int", "functools.partial(a, a)", 1e3)}repr(a)`,
  `import types\n${nested("int", "types.MethodType(a, 1)", 2e3)}a()`,
  `${nested("[]", "[a]", 1e6)}del a`,
  `${nested("()", "(a,)", 1e6)}del a`,
  `class A: pass\n${nested("None", "[A(), a]")}\nb = None\nfor _ in range(10 ** 5):\n  n = A(); n.x = b; b = n\ndel a, b, n`,
  "def g(x): yield x\na = None\nfor _ in range(10 ** 5):\n  n = g(a); next(n); a = n\ndel a, n",
  "e = None\nfor _ in range(10 ** 5):\n  n = Exception(); n.__context__ = e; e = n\ndel e, n",
  "e = None\nfor n in range(10 ** 4):\n  f = Exception(n); f.__cause__ = e; e = f\nraise e",
  "e = Exception()\nfor _ in range(10 ** 4): e = ExceptionGroup('x', [e])\nraise e",
  "def f(x): return lambda: x\na = None\nfor _ in range(10 ** 5): a = f(a)\ndel a",
  "import weakref\nclass A: pass\na = A()\nf = [weakref.ref(a, lambda _: 1 / 0) for _ in range(1000)]\ndel a",
  "import xml.etree.ElementTree as e\nlen(e.fromstring('<a>' * 10 ** 5 + '</a>' * 10 ** 5))",
  ...["(", "-", "not ", "lambda:", "1 if 1 else ", "{1:", "f'{", "*"].map(
    (part) => `compile(${JSON.stringify(part)} * 10 ** 5 + '1', 'x', 'eval')`,
  ),
  "compile('if 1: pass\\n' + 'elif 1: pass\\n' * 10 ** 5, 'x', 'exec')",
  "import sys\nsys.setrecursionlimit(2 ** 31 - 1)\ndef f(): f()\nf()",
];

const javaScriptErrors = [
  "var o = { get a() { return this.a } }; o.a",
  "var o = { [Symbol.toPrimitive]() { return +o } }; +o",
  "var o = { valueOf() { return o > o } }; o > o",
  "var o = { get [Symbol.hasInstance]() { return (x) => x instanceof o } }; ({}) instanceof o",
  "let f = () => 1; for (let i = 0; i < 1e5; i++) f = f.call.bind(f); f()",
  "let C = class {}; for (let i = 0; i < 1e4; i++) C = class extends C {}; new C()",
  "let it = { next: () => ({}) }; for (let i = 0; i < 1e5; i++) it = Iterator.from({ next: it.next.bind(it) }); it.next()",
  "let it = [1].values(); for (let i = 0; i < 1e5; i++) { const j = it; it = [1].values().flatMap(() => j) } it.next()",
  "let it = [1].values(); for (let i = 0; i < 1e5; i++) it = it.filter((x) => x); it.next()",
  "let it = [1].values(); for (let i = 0; i < 1e5; i++) it = it.take(1); it.return()",
  "let it = [1].values(); for (let i = 0; i < 1e5; i++) it = it.map((x) => x + 1); [...it]",
  "let it = [1].values(); for (let i = 0; i < 1e5; i++) it = it.drop(0); it.next()",
  "let g = (function* () { yield 1 })(); for (let i = 0; i < 1e4; i++) { const h = g; g = (function* () { yield* h })() } g.next()",
  "let g = (async function* () { yield 1 })(); for (let i = 0; i < 1e4; i++) { const h = g; g = (async function* () { yield* h })() } await g.next()",
  "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; structuredClone(a)",
  "function f() { [1, 2].reduce(f) } f()",
  "function f() { new Proxy(f, {})() } f()",
  "function f() { Reflect.construct(f, []) } f()",
  "class A { static [Symbol.hasInstance]() { return 1 instanceof A } } 1 instanceof A",
];

const javaScriptAnything = [
  "let e = new Error('a'); for (let i = 0; i < 1e4; i++) e = new Error('b', { cause: e }); throw e",
  "const e = new Error('a'); e.cause = e; throw e",
  "let e = new Error(); for (let i = 0; i < 1e4; i++) e = new AggregateError([e]); throw e",
  "const o = { [Symbol.for('nodejs.util.inspect.custom')]() { return o } }; console.log(o)",
  "let o = {}; for (let i = 0; i < 1e5; i++) o = Object.create(o); o.x",
  "let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, { p }); p = 0",
  "let a = []; for (let i = 0; i < 1e6; i++) a = [a]; a = 0",
  "let a = {}; for (let i = 0; i < 1e5; i++) a = { a }; a = 0",
  "let f = () => 1; for (let i = 0; i < 1e5; i++) { const g = f; f = () => g } f = 0",
  "let f; for (let i = 0; i < 1e5; i++) { const g = f; f = (function* () { yield g })(); f.next() } f = 0",
  "let m = new Map(); for (let i = 0; i < 1e5; i++) m = new Map([[m, m]]); m = 0",
  "let k = {}; const m = new WeakMap(); for (let i = 0; i < 1e5; i++) { const n = {}; m.set(k, n); k = n } k = 0",
  "let p = Promise.resolve(); for (let i = 0; i < 1e5; i++) p = p.then(() => {}); await p",
];

test("python: what calls itself without end is an error of Python's", () =>
  runHostile("python", pythonErrors, {
    limits: { timeoutMs: 20_000 },
    check: assertFails(/^RecursionError|^MemoryError/),
  }));

/** What takes longer is stopped, which is as good an end. */
const briefly = { limits: { timeoutMs: 1000 }, lanes: 3, check: assertNotLost };

test("python: what is nested without end costs at most its own run", () =>
  runHostile("python", pythonAnything, briefly));

test("javascript: what calls itself without end is an error of JavaScript's", () =>
  runHostile("javascript", javaScriptErrors, {
    limits: { timeoutMs: 20_000 },
    check: assertFails(/^RangeError: Maximum call stack size exceeded/),
  }));

test("javascript: what is nested without end costs at most its own run", () =>
  runHostile("javascript", javaScriptAnything, briefly));

function assertNotLost({ state }, code) {
  assert.notEqual(state, "lost", code);
}
