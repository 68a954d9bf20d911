// What goes deep in the interpreters, each on a path of its own: by CPython's own tests, QuickJS's, and our bombs.
const nested = (of, times = 100_000) =>
  `a = ${of.replace("%", "None")}\nfor _ in range(${times}): a = ${of.replace("%", "a")}\n`;

/** Code by what goes deep in it. */
export const deepCases = {
  python: {
    "calls of a function": "def f(): f()\nf()",
    "repr of lists": `${nested("[%]")}repr(a)`,
    "repr of dicts": `${nested("{1: %}")}repr(a)`,
    "repr that calls itself": "class A:\n  def __repr__(self): return repr(self)\nrepr(A())",
    "str of exceptions": "e = Exception()\nfor _ in range(100_000): e = Exception(e)\nstr(e)",
    "json.dumps": `import json\n${nested("[%]", 20_000)}json.dumps(a)`,
    "json.loads": "import json\njson.loads('[' * 100_000)",
    "pickle.dumps": `import pickle\n${nested("[%]")}pickle.dumps(a)`,
    "marshal.dumps": `import marshal\n${nested("[%]")}marshal.dumps(a)`,
    "copy.deepcopy": `import copy\n${nested("[%]")}copy.deepcopy(a)`,
    "== of lists": `${nested("[%]")}b = a\n${nested("[%]")}a == b`,
    "< of tuples": `${nested("(%,)")}b = a\n${nested("(%,)")}a < b`,
    "== of dicts": `${nested("{1: %}")}b = a\n${nested("{1: %}")}a == b`,
    "comparison that sorts": "class A:\n  def __lt__(self, other): return sorted([self, other])\nA() < A()",
    "isinstance with tuples": `${nested("(%,)")}isinstance(1, a)`,
    "issubclass with tuples": `${nested("(%,)")}issubclass(int, a)`,
    "hash of tuples": `${nested("(%,)")}hash(a)`,
    "hash of slices": `${nested("slice(%)")}hash(a)`,
    "hash of generic types": "a = list\nfor _ in range(20_000): a = list[a]\nhash(a)",
    "map of map": "a = iter([])\nfor _ in range(100_000): a = map(str, a)\nnext(a, 0)",
    "filter of filter": "a = iter([])\nfor _ in range(100_000): a = filter(None, a)\nlist(a)",
    "zip of zip": "a = iter([])\nfor _ in range(100_000): a = zip(a)\nlist(a)",
    "itertools.chain":
      "import itertools\na = iter([])\nfor _ in range(100_000): a = itertools.chain(a)\nlist(a)",
    "itertools.islice":
      "import itertools\na = iter([])\nfor _ in range(100_000): a = itertools.islice(a, 5)\nlist(a)",
    "methods of methods": "import types\na = print\nfor _ in range(100_000): a = types.MethodType(a, 1)\na()",
    generators: "def g(n):\n  if n: yield from g(n - 1)\n  yield n\nlist(g(100_000))",
    "the end of tuples": `${nested("(%,)", 1_000_000)}del a`,
    "the end of dicts": `${nested("{1: %}")}del a`,
    "the end of objects":
      "class N: pass\na = None\nfor _ in range(100_000):\n  n = N(); n.n = a; a = n\ndel a, n",
    "the end of iterators": "a = iter([])\nfor _ in range(100_000): a = filter(None, a)\ndel a",
    "the end of closures": "a = None\ndef w(a): return lambda: a\nfor _ in range(100_000): a = w(a)\ndel a",
    "collection of circles":
      "import gc\na = b = []\nfor _ in range(100_000): a = [a]\nb.append(a)\ndel a, b\ngc.collect() > 0",
    "groups of exceptions":
      "e = Exception()\nfor _ in range(20_000): e = ExceptionGroup('', [e])\ne.split(ValueError)",
    "nested parentheses": "eval('(' * 190 + ')' * 190)",
    "signs in a row": "compile('-' * 100_000 + '1', 'x', 'eval')",
    "attributes in a row": "compile('x' + '.a' * 100_000, 'x', 'eval')",
    "sums in a row": "compile('1' + '+x' * 100_000, 'x', 'eval')",
    "elif in a row": "compile('if a: pass\\n' + 'elif a: pass\\n' * 20_000, 'x', 'exec')",
    "ast.parse": "import ast\nast.parse('1' + '+1' * 50_000)",
    "compile of a tree":
      "import ast\nat = dict(lineno=1, col_offset=0)\na = ast.Constant(1, **at)\nfor _ in range(5_000): a = ast.UnaryOp(ast.Not(), a, **at)\ncompile(ast.Expression(a), 'x', 'eval')",
    __getattr__: "class A:\n  def __getattr__(self, name): return getattr(self, name)\nA().x",
    __call__: "class A: pass\nA.__call__ = A()\nA()()",
    __missing__: "class D(dict):\n  def __missing__(self, key): return self[key]\nD()[1]",
    "sorted by itself": "def f(x): return sorted([x], key=f)\nf(1)",
    "functools.lru_cache": "import functools\n@functools.lru_cache\ndef f(n): return f(n + 1)\nf(0)",
    "re.compile": "import re\nre.compile('(' * 5000 + ')' * 5000)",
    "trees of XML":
      "import xml.etree.ElementTree as E\na = E.fromstring('<a>' * 20_000 + '</a>' * 20_000)\nE.tostring(a)",
    "the end of trees":
      "import xml.etree.ElementTree as E\na = E.fromstring('<a>' * 20_000 + '</a>' * 20_000)\ndel a",
    "an expression in SQL":
      "import sqlite3\nsqlite3.connect(':memory:').execute('select ' + '1+' * 900 + '1').fetchone()",
  },
  javascript: {
    "calls of a function": "function f() { f(); } f()",
    getters: "({ get x() { return this.x; } }).x",
    toString: "const o = { toString() { return o + 1; } }; o + 1",
    "callbacks of map": "function f() { [1].map(f); } f()",
    "callbacks of sort": "function f() { [2, 1].sort(f); } f()",
    "callbacks of replace": "function f() { 'a'.replace('a', f); } f()",
    constructors: "class C { constructor() { new C(); } } new C()",
    "derived classes": "let C = class {}; for (let i = 0; i < 20000; i++) C = class extends C {}; new C()",
    generators: "function* f() { yield* f(); } [...f()]",
    "iterator helpers":
      "let a = [1].values(); for (let i = 0; i < 100000; i++) a = a.map((x) => x); a.next()",
    "JSON.stringify": "let a = []; for (let i = 0; i < 100000; i++) a = [a]; JSON.stringify(a)",
    "JSON.parse": "JSON.parse('['.repeat(100000))",
    "Array.flat": "let a = []; for (let i = 0; i < 100000; i++) a = [a]; a.flat(Infinity)",
    structuredClone: "let a = []; for (let i = 0; i < 100000; i++) a = [a]; structuredClone(a)",
    "a value that is shown": "let a = []; for (let i = 0; i < 100000; i++) a = [a]; a",
    "proxies of proxies": "let a = {}; for (let i = 0; i < 100000; i++) a = new Proxy(a, {}); a.x",
    "bound functions": "let a = () => 1; for (let i = 0; i < 5000; i++) a = a.bind(null); a()",
    prototypes: "let a = {}; for (let i = 0; i < 50000; i++) a = Object.create(new Proxy(a, {})); a.x",
    "async functions": "async function f() { await f(); } await f()",
    eval: "function f() { eval('f()'); } f()",
    parentheses: "eval('('.repeat(100000))",
    "nested functions": "eval('function f(){'.repeat(20000))",
    "powers in a row": "eval('1' + '**1'.repeat(100000))",
    "conditions in a row": "eval('1?'.repeat(50000) + '1' + ':1'.repeat(50000))",
    "groups of a regular expression": "new RegExp('(?:'.repeat(100000) + ')'.repeat(100000))",
    "the end of objects": "{ let a = null; for (let i = 0; i < 100000; i++) a = { a }; a = null; } 1",
  },
};

/** How deep programs go that people write, which must work. */
export const usualDepths = {
  python: {
    "def f(n): return n and 1 + f(n - 1)\nf(900)": "900",
    "import functools\n@functools.cache\ndef fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\nfib(150)":
      "9969216677189303386214405760200",
    "def f(n): return sorted([n], key=lambda n: n and f(n - 1)) and n\nf(60)": "60",
    "eval('[' * 100 + ']' * 100) != 1": "True",
    "a = []\nfor _ in range(500): a = [a]\nimport json\nlen(repr(a)), len(json.dumps(a))": "(1002, 1002)",
  },
  javascript: {
    "const f = (n) => n && 1 + f(n - 1); f(600)": "600",
    "class A { m(n) { return n && 1 + this.m(n - 1); } } new A().m(600)": "600",
    "const g = (n) => n && [n].map((n) => 1 + g(n - 1))[0]; g(150)": "150",
    "JSON.stringify(JSON.parse('['.repeat(1000) + ']'.repeat(1000))).length": "2000",
    "eval('('.repeat(100) + 'this' + ')'.repeat(100)) === globalThis": "true",
  },
};
