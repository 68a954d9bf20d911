// A guest may break its own interpreter, its driver and its streams as it likes: each run ends in time all the same, and
// a session that is begun anew knows nothing of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runHostile } from "./hostile.mjs";

const python = [
  "import builtins\nbuiltins.__dict__.clear()",
  "import builtins\nfor n in dir(builtins):\n  if not n.startswith('__'): setattr(builtins, n, None)",
  "import builtins\nclass S(str): pass\nbuiltins.str = builtins.repr = builtins.print = builtins.compile = lambda *a, **k: S('x')",
  "import sys\nsys.modules.clear()",
  "import sys\nsys.meta_path = None; sys.path = 5; sys.path_hooks = None",
  "import __main__\n__main__.__dict__.clear()",
  "import sys\nsys.stdout.close(); sys.stderr.close(); sys.stdin.close()",
  "import sys\nclass S:\n  def __getattr__(self, name): raise SystemExit(5)\nsys.stdout = sys.stderr = S()",
  "import sys\nclass S:\n  def __getattr__(self, name):\n    while True: pass\nsys.stdout = S()",
  "import os\nfor n in range(3): os.close(n)",
  "import os\nos.closerange(0, 2000)",
  "import os\nfor n in range(3, 1024):\n  try: os.dup2(1, n)\n  except OSError: pass",
  "import os\nfor n in range(3, 1024):\n  try: os.dup2(os.open('/dev/zero', os.O_RDWR), n)\n  except OSError: pass",
  "import ast\nast.Expr = None; ast.Expression = 3; ast.PyCF_ONLY_AST = None",
  "import linecache, traceback\nlinecache.cache = None; traceback.TracebackException = None\n1 / 0",
  "import sys\nsys.settrace(lambda *_: 1 / 0)",
  "import sys\nsys.setprofile(lambda *_: 1 / 0)",
  "import sys\ndef leave(*_): raise SystemExit(3)\nsys.setprofile(leave)",
  "import sys\nm = sys.monitoring\nm.use_tool_id(3, 'x')\nm.register_callback(3, m.events.PY_START, lambda *_: 1 / 0)\nm.set_events(3, m.events.PY_START)",
  "import sys\nsys.addaudithook(lambda *_: 1 / 0)",
  "import sys\ndef hang(*_):\n  while True: pass\nsys.addaudithook(hang)",
  "import sys\nsys.setrecursionlimit(10)",
  "import gc, types\nfor f in gc.get_objects():\n  if isinstance(f, types.FunctionType): f.__code__ = (lambda *a, **k: None).__code__ if f.__closure__ is None else f.__code__",
  "import gc\nfor d in gc.get_objects():\n  if type(d) is dict and d is not globals(): d.clear()",
  "import sys\nf = sys._getframe()\nwhile f:\n  f.f_globals.clear(); f = f.f_back",
  "import signal\nfor n in range(1, 65):\n  try: signal.signal(n, signal.SIG_IGN)\n  except (OSError, ValueError): pass\nsignal.set_wakeup_fd(1)",
  "import signal\nfor n in range(1, 65):\n  try: signal.raise_signal(n)\n  except BaseException: pass",
  "import os\nos.kill(os.getpid(), 9)",
  "import os\nos.abort()",
  "import faulthandler\nfaulthandler._sigsegv()",
  "exec((lambda: 1).__code__.replace(co_code=bytes([255] * 100)))",
  "exec((lambda: 1).__code__.replace(co_code=bytes([82, 255] * 20), co_consts=()))",
  "import ctypes\nfor at in range(4, 2 ** 22, 4096): (ctypes.c_char * 4096).from_address(at)[:] = b'x' * 4096",
  "import ctypes\nfor at in range(2 ** 22, 2 ** 24, 512): ctypes.c_uint32.from_address(at).value ^= 0x8000",
  "import atexit, os\natexit.register(os.abort)\nraise SystemExit",
];

const javaScript = [
  "for (const k of Reflect.ownKeys(globalThis)) try { delete globalThis[k] } catch {}",
  "for (const k of Reflect.ownKeys(globalThis)) try { globalThis[k] = null } catch {}",
  "for (const C of [Object, Array, Function, String, Promise, Map, Set, Symbol, Error, RegExp]) for (const k of Reflect.ownKeys(C.prototype)) try { delete C.prototype[k] } catch {}",
  "for (const o of [Object, Array, Function, String, Promise, Error]) for (const k of ['then', 'get', 'set', 'value', 'length', '0', 'toString', 'valueOf', 'toJSON', 'constructor', 'message', 'stack']) try { Object.defineProperty(o.prototype, k, { get() { throw 1 }, set() { throw 2 } }) } catch {}",
  "Object.defineProperty(Object.prototype, 'then', { get() { for (;;); } })",
  "Object.defineProperty(Object.prototype, 'get', { get() { for (;;); } })",
  "Array.prototype[Symbol.iterator] = function* () { for (;;) yield 1 }",
  "Object.freeze(globalThis); for (const C of [Object, Array, Function, Promise]) Object.freeze(C.prototype)",
  "Promise.prototype.then = () => { for (;;); }; Promise.resolve = () => { throw 1 }",
  "Error.prepareStackTrace = () => { for (;;); }; Error.stackTraceLimit = Infinity; throw new Error('x')",
  "Object.setPrototypeOf(globalThis, new Proxy({}, { get() { for (;;); }, has() { throw 1 } }))",
  "Object.setPrototypeOf(Array.prototype, new Proxy({}, { get() { for (;;); }, set() { for (;;); } }))",
  "Function.prototype.call = Function.prototype.apply = Reflect.apply = () => { throw 1 }",
  "globalThis.console = { log() { for (;;); }, error() { throw 1 } }; console.log(1)",
  "let Object = 1, Array = 2, Promise = 3, Error = 4, JSON = 5, console = 6, print = 7",
  "process.exit(3)",
  "process.exitCode = { valueOf() { for (;;); } }",
  "Object.defineProperty(process, 'exitCode', { get() { for (;;); } })",
];

for (const [language, programs] of [
  ["python", python],
  ["javascript", javaScript],
]) {
  test(`${language}: an interpreter that its own code has broken ends each run in time, and one begun anew is whole`, () =>
    runHostile(language, programs, {
      limits: { timeoutMs: 500 },
      lanes: 4,
      async after(session, code) {
        for (const next of ["1 + 1", "null", "1 + 1"]) {
          const began = performance.now();
          const answer = await session.run(next);
          assert.equal(typeof answer, "object", code);
          assert.ok(performance.now() - began < 15_000, code);
        }
        await session.reset();
        assert.equal((await session.run("1 + 1")).result, "2", code);
      },
    }));
}
