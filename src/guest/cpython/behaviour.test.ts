/** Python in a session behaves as CPython's own command would, and fails as Python does where the sandbox ends. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { createSession } from "../../node/sessions.js";
import type { Session } from "../../session/session.js";
import { said } from "../../session/test-results.js";

let session: Session;
before(async () => {
  session = await createSession("python");
});
after(() => session.close());

async function outputOf(code: string): Promise<string> {
  const { output, error } = await session.run(code);
  assert.equal(error, undefined);
  return output ?? "";
}

/** Runs code that must fail, and sees that the session is as it was. */
async function failureOf(code: string): Promise<{ type: string; message: string }> {
  await session.run("kept = 'still here'");
  const { exception, state } = await session.run(code);
  assert.equal(state, undefined);
  assert.equal((await session.run("kept")).result, "'still here'");
  assert.ok(exception !== undefined, "nothing was raised");
  return exception;
}

const nested = "deep = []\nfor _ in range(1000000): deep = [deep]\n";
const deepRecursion: ReadonlyArray<readonly [what: string, code: string, type: string]> = [
  ["JSON nested 100,000 deep", "import json; json.loads('[' * 100000)", "JSONDecodeError"],
  ["JSON nested a million deep", "import json; json.loads('[' * 1000000)", "RecursionError"],
  ["a function", "def f(): return f()\nf()", "RecursionError"],
  ["a generator", "def g(): yield from g()\nlist(g())", "RecursionError"],
  ["__repr__", "class A:\n def __repr__(self): return repr(self)\nrepr(A())", "RecursionError"],
  ["__getattr__", "class A:\n def __getattr__(self, n): return getattr(self, n)\nA().x", "RecursionError"],
  ["__eq__", "class A:\n def __eq__(self, o): return self == o\nA() == A()", "RecursionError"],
  [
    "__lt__ while sorting",
    "class A:\n def __lt__(self, o): return self < o\nsorted([A(), A()])",
    "RecursionError",
  ],
  [
    "comparing lists",
    `${nested}other = []\nfor _ in range(1000000): other = [other]\ndeep == other`,
    "RecursionError",
  ],
  ["pickling a list", `${nested}import pickle; pickle.dumps(deep)`, "RecursionError"],
  ["copying a list", `${nested}import copy; copy.deepcopy(deep)`, "RecursionError"],
  ["parentheses in source", "compile('(' * 5000 + ')' * 5000, 's', 'eval')", "SyntaxError"],
  ["signs in source", "compile('-' * 100000 + '1', 's', 'eval')", "MemoryError"],
  ["a long sum in source", "compile('a' + '+a' * 200000, 's', 'eval')", "RecursionError"],
  ["attributes in source", "compile('a' + '.b' * 200000, 's', 'eval')", "RecursionError"],
  ["groups in a regular expression", "import re; re.compile('(' * 50000 + ')' * 50000)", "RecursionError"],
  [
    "methods under a raised limit",
    "import sys; sys.setrecursionlimit(10**6)\nclass A:\n def __repr__(self): return repr(self)\nrepr(A())",
    "RecursionError",
  ],
];
for (const [what, code, type] of deepRecursion) {
  test(`too deep a recursion is an ordinary error: ${what}`, async () => {
    await session.run("import sys; sys.setrecursionlimit(1000)");
    assert.equal((await failureOf(code)).type, type);
    await session.run("import sys; sys.setrecursionlimit(1000); deep = other = None");
  });
}

test("the traceback of a hundred thousand calls is shortened, says so, and ends with the error", async () => {
  const code = "import sys; sys.setrecursionlimit(10**5)\ndef f(): return f()\nf()";
  const { error = "" } = await session.run(code);
  await session.run("sys.setrecursionlimit(1000)");
  assert.match(error, /^\[The traceback is too long; its first \d+ calls are not shown\]\nTraceback/);
  assert.match(error, /\nRecursionError: maximum recursion depth exceeded$/);
});

const beyond: ReadonlyArray<readonly [code: string, type: string | RegExp]> = [
  ["import js", "ModuleNotFoundError"],
  ["import pyodide_js", "ModuleNotFoundError"],
  ["import _pyodide_core", "ModuleNotFoundError"],
  ["import ctypes; ctypes.string_at(0, 10)", "NotImplementedError"],
  ["import ctypes; ctypes.memmove(0, 0, 0x7fffffff)", /^(NotImplemented|System)Error$/],
  ["import ctypes; ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1)()", /^(NotImplemented|System)Error$/],
  ["import ctypes; ctypes.pythonapi.Py_GetVersion()", "AttributeError"],
  ["import socket; socket.socket()", "PermissionError"],
  ["import socket; socket.create_connection(('127.0.0.1', 80))", "gaierror"],
  ["import socket; socket.gethostbyname('localhost')", "gaierror"],
  ["import urllib.request; urllib.request.urlopen('http://127.0.0.1/')", "URLError"],
  ["import subprocess; subprocess.run(['ls'])", "OSError"],
  ["import os; os.system('ls')", "NotImplementedError"],
  ["import os; os.popen('ls')", "OSError"],
  ["import os; os.fork()", "OSError"],
  ["import os; os.kill(1, 9)", "PermissionError"],
  ["import threading; threading.Thread(target=print).start()", "RuntimeError"],
  ["import _thread; _thread.start_new_thread(print, ())", "RuntimeError"],
  ["import signal; signal.setitimer(signal.ITIMER_REAL, 1)", "AttributeError"],
  ["import signal; signal.raise_signal(signal.SIGINT)", "KeyboardInterrupt"],
  ["import os; os.getlogin()", "OSError"],
  ["import dbm.gnu", "ModuleNotFoundError"],
  ["open('/etc/passwd')", "FileNotFoundError"],
  ["open('/proc/self/environ')", "FileNotFoundError"],
  ["import time; time.sleep(-1)", "ValueError"],
  ["import time; time.sleep(float('nan'))", "ValueError"],
  ["import time; time.sleep(1e300)", "OverflowError"],
  ["import time; time.sleep('1')", "TypeError"],
];
for (const [code, type] of beyond) {
  test(`${code} raises an ordinary error`, async () => {
    const { type: raised } = await failureOf(code);
    if (typeof type === "string") assert.equal(raised, type);
    else assert.match(raised, type);
  });
}

const library: ReadonlyArray<readonly [what: string, code: string, output: string]> = [
  [
    "sqlite3 in memory",
    "import sqlite3; c = sqlite3.connect(':memory:'); print(c.execute('select 6 * 7').fetchone())",
    "(42,)\n",
  ],
  [
    "sqlite3 in a file",
    "c = sqlite3.connect('/tmp/a.db'); c.execute('create table t(a)'); c.execute('insert into t values(1)'); c.commit(); c.close()\nprint(sqlite3.connect('/tmp/a.db').execute('select * from t').fetchall())",
    "[(1,)]\n",
  ],
  ["decimal", "from decimal import Decimal; print(Decimal('0.1') + Decimal('0.2'))", "0.3\n"],
  [
    "dataclasses",
    "from dataclasses import dataclass\n@dataclass\nclass P:\n x: int = 1\nprint(P(2))",
    "P(x=2)\n",
  ],
  ["re", "import re; print(re.sub(r'(?P<a>\\w+)', r'<\\g<a>>', 'a b'))", "<a> <b>\n"],
  [
    "hashlib",
    "import hashlib; print(hashlib.sha256(b'').hexdigest()[:8], hashlib.md5(b'').hexdigest()[:8])",
    "e3b0c442 d41d8cd9\n",
  ],
  [
    "compression",
    "import lzma, bz2, zlib; d = b'abc' * 9999; print(all(m.decompress(m.compress(d)) == d for m in (lzma, bz2, zlib)))",
    "True\n",
  ],
  [
    "files",
    "import os, shutil, pathlib, glob, tempfile, zipfile\nwith tempfile.TemporaryDirectory() as t:\n p = pathlib.Path(t, 'a', 'b'); p.mkdir(parents=True); (p / 'é.txt').write_text('é')\n shutil.copytree(t + '/a', t + '/c'); shutil.make_archive(t + '/z', 'zip', t + '/a'); os.symlink('a', t + '/l')\n print([f[len(t):] for f in glob.glob(t + '/c/**', recursive=True)], zipfile.ZipFile(t + '/z.zip').namelist())\n print([(d[len(t):], sorted(s), f) for d, s, f in os.walk(t)][0])\nprint(os.path.exists(t))",
    "['/c/', '/c/b', '/c/b/é.txt'] ['b/', 'b/é.txt']\n('', ['a', 'c', 'l'], ['z.zip'])\nFalse\n",
  ],
  [
    "mapped files and locks",
    "import mmap, fcntl\nwith open('/tmp/m', 'w+b') as f:\n f.write(b'hello'); f.flush(); fcntl.flock(f, fcntl.LOCK_EX)\n with mmap.mmap(f.fileno(), 0) as m: m[0:1] = b'J'; m.flush()\n print(f.seek(0), f.read())",
    "0 b'Jello'\n",
  ],
  [
    "the source of a cell's function",
    "import inspect\ndef f():\n  return 1  # one\nprint(inspect.getsource(f))",
    "def f():\n  return 1  # one\n\n",
  ],
  [
    "pickling a class of a cell",
    "import pickle\nclass K: v = 1\nk = K(); k.v = 2; print(pickle.loads(pickle.dumps(k)).v)",
    "2\n",
  ],
  [
    "warnings",
    "import warnings; warnings.warn('careful')",
    "<cell N>:1: UserWarning: careful\n  import warnings; warnings.warn('careful')\n",
  ],
  [
    "years beyond those of JavaScript",
    "import time; print(time.gmtime(-1e15)[:3], time.gmtime(-62135596800)[:3])",
    "(-31686769, 6, 29) (1, 1, 1)\n",
  ],
];
for (const [what, code, expected] of library) {
  test(`the standard library works: ${what}`, async () => {
    assert.equal((await outputOf(code)).replace(/<cell \d+>/, "<cell N>"), expected);
  });
}

test("only a cell that is one expression prints its value, and the underscore keeps it", async () => {
  // A loop of an earlier cell may have bound the name itself, which hides the built-in one.
  await session.run("_ = None; del _");
  assert.deepEqual(said(await session.run("40 + 2")), { output: "42\n", result: "42" });
  assert.deepEqual(said(await session.run("_ + 1")), { output: "43\n", result: "43" });
  assert.deepEqual(said(await session.run("x = 1; x")), { result: "1" });
  assert.deepEqual(said(await session.run("None")), {});
});

test("input() writes its prompt, and reads on after exit() has closed standard input", async () => {
  await session.run("exit()");
  const { output } = await session.run("print(input('name? '))", { stdin: "Ada\n" });
  assert.equal(output, "name? Ada\n");
});

test("what a cell closes of the standard streams, or takes the buffer of, is there for the next", async () => {
  for (const end of ["close()", "detach()"]) {
    for (const name of ["stdin", "stdout", "stderr"]) {
      await session.run(`import sys; print("before"); sys.${name}.${end}`);
      assert.deepEqual(said(await session.run("6 * 7")), { output: "42\n", result: "42" }, `${name}.${end}`);
      const code = "print(input()); print('last', file=sys.stderr)";
      assert.deepEqual(said(await session.run(code, { stdin: "first\n" })), { output: "first\nlast\n" });
      // One of the code's own is left to it.
      await session.run(`import io; mine = sys.${name} = io.StringIO("own"); mine.close()`);
      const kept = await session.run(`text = str((sys.${name} is mine, mine.closed))`);
      assert.equal(kept.error, undefined);
      await session.run(`sys.${name} = sys.__${name}__`);
      assert.deepEqual(said(await session.run("text")), {
        output: "'(True, True)'\n",
        result: "'(True, True)'",
      });
    }
  }
});

test("select waits as long as it is told to, and says of each file whether it is ready", async () => {
  const code = `
import os, select, time
reader, writer = os.pipe()
began = time.monotonic()
print(select.select([], [], [], 0.1), time.monotonic() - began >= 0.1)
print(select.select([reader], [writer], [], 0)[1] == [writer])
os.write(writer, b"x")
print(select.select([reader], [], []) == ([reader], [], []))
for wrong in [([], [], [], "1"), ([], [], [], -1), ([],), (1, 2, 3)]:
    try: select.select(*wrong)
    except Exception as error: print(type(error).__name__)`;
  assert.equal(
    await outputOf(code),
    "([], [], []) True\nTrue\nTrue\nTypeError\nValueError\nTypeError\nTypeError\n",
  );
});

test("every module of the standard library can be imported", { timeout: 30_000 }, async () => {
  const code = `
import importlib, os, sys, warnings
warnings.simplefilter("ignore")
root = os.path.dirname(os.__file__)
found = {name.removesuffix(".py") for name in os.listdir(root)} & set(sys.stdlib_module_names)
failed = []
for name in sorted((found | set(sys.builtin_module_names)) - {"antigravity", "this", "idlelib", "test"}):
    try: importlib.import_module(name)
    except BaseException as error: failed.append((name, repr(error)))
print(len(found) > 150, failed)`;
  assert.equal(await outputOf(code), "True []\n");
});

test("of the standard library nothing is missing but what docs/python.md says", async () => {
  const code = `
import importlib.util, sys
print(*sorted(name for name in sys.stdlib_module_names if importlib.util.find_spec(name) is None))`;
  const missing = (await outputOf(code)).trim().split(" ");
  const page = readFileSync(new URL("../../../docs/python.md", import.meta.url), "utf8");
  const table = page.slice(
    page.indexOf("### Missing modules"),
    page.indexOf("## Options of the interpreter"),
  );
  const documented = [...table.matchAll(/^\| (`.*`) \|/gm)].flatMap(([, names = ""]) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string),
  );
  // Parts of packages are not among the names.
  assert.deepEqual(documented.filter((name) => !name.includes(".")).sort(), missing.sort());
});

test("shelves and databases of both kinds keep what is put into them, and refuse what they cannot do", async () => {
  const code = `
import dbm, dbm.dumb, os, shelve, sys
os.makedirs("/tmp/dbm"); os.chdir("/tmp/dbm")
with shelve.open("shelf") as shelf: shelf["a"] = [1, {"b": None}]; shelf["gone"] = 1; del shelf["gone"]
with shelve.open("shelf", "r") as shelf: print(dict(shelf), dbm.whichdb("shelf"))
def told(action):
    try: action()
    except (*dbm.error, KeyError, TypeError, ValueError) as error: print(type(error).__name__, end=" ")
for kind, path in ((dbm, "one"), (dbm.dumb, "two")):
    with kind.open(path, "c") as base:
        base["é"] = "1"; base[b"\\xff\\n'"] = b"\\0" * 1000; base["long"] = b"x" * 600; base["long"] = b"y" * 1100
        del base[b"\\xff\\n'"]; base["last"] = ""
    with dbm.open(path) as base:
        print(sorted(base.keys()), base["é"], len(base["long"]), "é" in base, len(base), base.get("none"))
        told(lambda: base["none"]); told(lambda: base.__setitem__("k", "v")); told(lambda: base.__delitem__("é"))
    told(lambda: base["é"]); base.close()
    with dbm.open(path, "w") as base: told(lambda: base.__delitem__("none")); base.clear()
    with kind.open(path, "n") as base: print(len(base), dbm.whichdb(path))
told(lambda: dbm.open("absent")); told(lambda: dbm.open("absent", "w")); told(lambda: dbm.dumb.open("absent", "r"))
told(lambda: dbm.dumb.open("x", "q")); told(lambda: dbm.open("x", "cq")); told(lambda: dbm.dumb.open("y", "c").__setitem__(1, 2))
with open("junk", "wb") as file: file.write(b"SQLite format 3\\0" + b"junk" * 100)
with open("other", "wb") as file: file.write(b"junk" * 100)
with dbm.open("junk") as base: told(lambda: base["a"])
print(dbm.whichdb("other"), dbm.whichdb("absent")); told(lambda: dbm.open("other"))
os.chdir("/home/user")`;
  const kept = "[b'last', b'long', b'\\xc3\\xa9'] b'1' 1100 True 3 None\n";
  assert.equal(
    await outputOf(code),
    "{'a': [1, {'b': None}]} dbm.sqlite3\n" +
      `${kept}KeyError error error error KeyError 0 dbm.sqlite3\n` +
      `${kept}KeyError OSError OSError OSError KeyError 0 dbm.dumb\n` +
      "error error FileNotFoundError ValueError ValueError TypeError error  None\nerror ",
  );
});

test("a sleep takes its time and no less", async () => {
  const code = "import time; began = time.monotonic(); time.sleep(0.15); print(time.monotonic() - began)";
  const elapsed = Number(await outputOf(code));
  assert.ok(elapsed >= 0.15, `${elapsed}`);
});

test("what the sandbox has no place for is an error that names it, and leaves the session as it is", async () => {
  assert.deepEqual(await failureOf("import os; os.system('true')"), {
    type: "NotImplementedError",
    message: "this sandbox has no _emscripten_system",
  });
});
