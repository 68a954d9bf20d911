/** What Python's sessions promise beside the contract of all interpreters, held against the bundled and a stock build. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createSession } from "../../node/sessions.js";
import type { SessionOptions } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import { type StockBuild, stockBuildSkip, unpackStockBuild } from "../../session/test-stock-build.js";

const builds = [
  { name: "the bundled build", skip: false, unpack: undefined },
  { name: "a stock build", skip: stockBuildSkip, unpack: unpackStockBuild },
] as const;

for (const { name, skip, unpack } of builds) {
  describe(`Python with ${name}`, { skip }, () => {
    let build: StockBuild | undefined;
    let session: Session;
    const create = (options: SessionOptions = {}) =>
      createSession("python", {
        ...options,
        ...(build === undefined ? {} : { runtimeDirectory: build.directory }),
      });
    before(async () => {
      build = await unpack?.();
      session = await create();
    });
    after(async () => {
      await session.close();
      build?.remove();
    });

    async function outputOf(code: string, options?: SessionOptions): Promise<string> {
      const own = options === undefined ? session : await create(options);
      try {
        const { output = "", error } = await own.run(code);
        assert.equal(error, undefined);
        return output;
      } finally {
        if (own !== session) await own.close();
      }
    }

    test("an event loop is asyncio's own, however it is made, and tasks, timers and waits work in it", async () => {
      const code = `
import asyncio, selectors
async def main():
    results = await asyncio.gather(*(asyncio.sleep(0.02 - n / 100, n) for n in range(3)))
    try:
        async with asyncio.timeout(0.01): await asyncio.sleep(60)
    except TimeoutError: results.append("late")
    return type(asyncio.get_running_loop()) is asyncio.SelectorEventLoop, results
for factory in (None, asyncio.EventLoop, asyncio.SelectorEventLoop, asyncio.new_event_loop,
                lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())):
    print(asyncio.run(main(), loop_factory=factory))
class Own(asyncio.SelectorEventLoop): pass
loop = Own()
print(loop.run_until_complete(asyncio.sleep(0, "own")), loop.call_soon_threadsafe(print) is not None)
loop.close(); loop.close()`;
      assert.equal(await outputOf(code), `${"(True, [0, 1, 2, 'late'])\n".repeat(5)}own True\n`);
    });

    test("an interrupt cancels the main task of asyncio.run, which may catch that and keep its value", async () => {
      const code = `
import asyncio, signal
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
async def caught():
    try: await asyncio.sleep(60)
    except asyncio.CancelledError: return "kept"
async def cancelled():
    try: await asyncio.sleep(60)
    finally: print("tidied up")
def interrupted(main):
    async def run():
        asyncio.get_running_loop().call_later(0.01, signal.raise_signal, signal.SIGINT)
        return await main()
    return run()
print(asyncio.run(interrupted(caught)))
try: asyncio.run(interrupted(cancelled))
except KeyboardInterrupt: print("interrupted")
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
try: signal.default_int_handler(signal.SIGINT, None)
except KeyboardInterrupt: print("as always")`;
      assert.equal(await outputOf(code), "True\nkept\ntidied up\ninterrupted\nTrue\nas always\n");
    });

    test("the handler of an interrupt is no method of a class, as a built-in function is none", async () => {
      const code = `
import signal
class Attributes: handle = signal.default_int_handler
try: Attributes().handle(signal.SIGINT, None)
except KeyboardInterrupt: print("heard")`;
      assert.equal(await outputOf(code), "heard\n");
    });

    test("neither a stack that is printed nor a debugger shows a frame of ours, or stops in one", async () => {
      const code = `
import pdb, sys, traceback
traceback.print_stack()
print(len(traceback.extract_stack()), len(list(traceback.walk_stack(None))))
class Commands:
    lines = iter(["w\\n"])
    def readline(self): return next(self.lines, "next\\n")
debugger = pdb.Pdb(stdin=Commands(), stdout=sys.stdout, nosigint=True)
def debugged():
    debugger.set_trace()
    return 1
debugged()
print("end")`;
      // What a debugger is told last holds for what runs later.
      const fork = await session.fork();
      const { output = "", error } = await fork.run(code);
      await fork.close();
      assert.equal(error, undefined);
      assert.match(
        output,
        /^ {2}File "[^"]+", line 3, in <module>\n[\s\S]*\n1 1\n[\s\S]*debugged\(\)[\s\S]*end/,
      );
      assert.doesNotMatch(output, /driver/);
    });

    test("a loop that was stopped for good, and could not say so, keeps no later cell from running one", async () => {
      await session.run("import asyncio; asyncio._set_running_loop(object())");
      assert.equal(await outputOf("print(asyncio.run(asyncio.sleep(0, 'free')))"), "free\n");
    });

    // Wherever the interrupt comes between what the task prints and what the loop waits for.
    test("an interrupt from outside cancels a task that waits, whose value stays (tried 60 times)", async () => {
      await session.run("import asyncio");
      for (let steps = 0; steps < 60; steps++) {
        const code = `
async def main():
    print("waiting", flush=True)
    for _ in range(${steps}): pass
    try: await asyncio.sleep(3600)
    except asyncio.CancelledError: return ${steps}
value = asyncio.run(main())`;
        const stop = new AbortController();
        const { error } = await session.run(code, {
          signal: stop.signal,
          onOutput: () => stop.abort(),
        });
        assert.equal(error, undefined);
        assert.equal((await session.run("value")).result, `${steps}`);
      }
    });

    test("a handler of the loop's own hears an interrupt", async () => {
      const code = `
import asyncio, signal
async def main():
    loop, heard = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, heard.set)
    loop.call_later(0.01, signal.raise_signal, signal.SIGINT)
    await heard.wait()
    print(loop.remove_signal_handler(signal.SIGINT), loop.remove_signal_handler(signal.SIGINT))
    try: loop.add_signal_handler(signal.SIGINT, main)
    except TypeError as error: print(error)
asyncio.run(main())
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)`;
      assert.equal(
        await outputOf(code),
        "True False\ncoroutines cannot be used with add_signal_handler()\nTrue\n",
      );
    });

    test("a loop that a session keeps goes on in a fork", async () => {
      await session.run("import asyncio; loop = asyncio.new_event_loop()");
      const fork = await session.fork();
      const { output } = await fork.run("print(loop.run_until_complete(asyncio.sleep(0.01, 'on')))");
      await fork.close();
      assert.equal(output, "on\n");
    });

    test("the standard streams have the names that Python gives them", async () => {
      const code = "import sys; print([stream.name for stream in (sys.stdin, sys.stdout, sys.stderr)])";
      assert.equal(await outputOf(code), "['<stdin>', '<stdout>', '<stderr>']\n");
    });

    test("sleep and select take what Python's take, say what they say, and are no methods of a class", async () => {
      const code = `
import select, time
class Attributes: sleep, select = time.sleep, select.select
Attributes().sleep(0); print(Attributes().select([], [], [], 0))
for wrong in ([], "1", None, -1):
    try: time.sleep(wrong)
    except Exception as error: print(type(error).__name__, error)
class Index:
    def __index__(self): return 0
time.sleep(Index())`;
      const lines = (await outputOf(code)).split("\n");
      assert.deepEqual(lines.slice(0, 2), [
        "([], [], [])",
        "TypeError 'list' object cannot be interpreted as an integer or float",
      ]);
      assert.equal(lines[4], "ValueError sleep length must be non-negative");
    });

    test("a native module on the path is an ImportError that names it", async () => {
      const code = `
with open("/tmp/native.so", "wb") as file: file.write(b"\\0asm")
import sys; sys.path.insert(0, "/tmp")
try: import native
except ImportError as error: print(type(error).__name__, error.name, error.path, error)
sys.path.remove("/tmp")`;
      const told = "/tmp/native.so is a native module, which this sandbox cannot load";
      const expected = build === undefined ? `ImportError native /tmp/native.so ${told}\n` : undefined;
      const output = await outputOf(code);
      // A build without native modules does not look for any.
      if (expected === undefined) assert.match(output, /^(ImportError|ModuleNotFoundError) native /);
      else assert.equal(output, expected);
    });

    test("PYTHONPATH leads to modules, before the library's, and is left alone where the options say so", async () => {
      const environment = { env: { PYTHONPATH: "/tmp/one:/tmp/two" } };
      const code = `
import os, sys
os.makedirs("/tmp/two", exist_ok=True)
with open("/tmp/two/this.py", "w") as file: file.write("print('found')")
print(sys.path[:3]); import this`;
      assert.equal(await outputOf(code, environment), "['', '/tmp/one', '/tmp/two']\nfound\n");
      const path = "import sys; print('/tmp/one' in sys.path, sys.path[0] == '')";
      const with_ = (word: string) => ({ ...environment, interpreterOptions: [word] });
      assert.equal(await outputOf(path, with_("-E")), "False True\n");
      assert.equal(await outputOf(path, with_("-I")), "False False\n");
      assert.equal(await outputOf(path, with_("-P")), "True False\n");
    });

    test("the interpreter's options do what they do, for cells and for what these import", async () => {
      const optimized = { interpreterOptions: ["-O", "-O", "-B"] };
      const code = `
import sys
with open("/tmp/other.py", "w") as file: file.write("'text'\\nassert False\\nlevel = __debug__")
sys.path.append("/tmp"); import other; assert False
def documented(): "text"
import os
print(__debug__, other.level, other.__doc__, documented.__doc__, sys.flags.optimize, os.path.exists("/tmp/__pycache__"))`;
      assert.equal(await outputOf(code, optimized), "False False None None 2 False\n");
      const flags = { interpreterOptions: ["-Werror", "-Xdev", "-Xa=1", "-Xint_max_str_digits=0"] };
      const told = `
import sys, warnings
try: warnings.warn("raised")
except UserWarning as error: print(error)
print(sys._xoptions, sys.warnoptions, sys.flags.dev_mode, sys.get_int_max_str_digits())`;
      assert.equal(
        await outputOf(told, flags),
        "raised\n{'dev': True, 'a': '1', 'int_max_str_digits': '0'} ['default', 'error'] True 0\n",
      );
    });

    test("the variables that stand for options count, and -E leaves them out", async () => {
      const env = { PYTHONOPTIMIZE: "1", PYTHONWARNINGS: "ignore,error::UserWarning", PYTHONSAFEPATH: "1" };
      const code = "import sys; print(sys.flags.optimize, sys.warnoptions, '' in sys.path, __debug__)";
      assert.equal(await outputOf(code, { env }), "1 ['ignore', 'error::UserWarning'] False False\n");
      assert.equal(await outputOf(code, { env, interpreterOptions: ["-E"] }), "0 [] True True\n");
    });

    test("a session that goes on from a state has its own options, not that state's", async () => {
      const first = await create({
        env: { PYTHONPATH: "/tmp/a" },
        interpreterOptions: ["-O", "-P", "-Werror"],
      });
      await first.run("import sys; sys.path.append('/tmp/mine'); kept = __debug__");
      const snapshot = await first.snapshot();
      await first.close();
      const code = "print(kept, __debug__, sys.path[0], '/tmp/a' in sys.path, sys.path[-1], sys.warnoptions)";
      const go = async (options: SessionOptions): Promise<string | undefined> => {
        const other = await createSession("python", {
          ...options,
          ...(build === undefined ? {} : { runtimeDirectory: build.directory }),
          snapshot,
        });
        const { output } = await other.run(code);
        await other.close();
        return output;
      };
      assert.equal(await go({}), "False True  False /tmp/mine []\n");
      const same = { env: { PYTHONPATH: "/tmp/a" }, interpreterOptions: ["-O", "-P"] };
      assert.equal(await go(same), "False False /tmp/a True /tmp/mine []\n");
    });

    test("a crash is told as one, and the session is as it was before", async () => {
      await session.run("kept = 'before'", { id: "before" });
      // Bytecode that reads a variable far beyond the frame.
      const code = `
kept = "gone"
import dis
def f(): pass
load = dis.opmap.get("LOAD_FAST_BORROW", dis.opmap["LOAD_FAST"])
wide = [dis.opmap["EXTENDED_ARG"], 255] * 2
f.__code__ = f.__code__.replace(co_code=bytes([dis.opmap["RESUME"], 0, *wide, load, 0, dis.opmap["RETURN_VALUE"], 0]))
f()`;
      const { error = "", exception, state, lostRuns = [] } = await session.run(code, { id: "crash" });
      assert.match(error, /^Crash: the interpreter crashed: /);
      assert.deepEqual([exception?.type, state], ["Crash", "rolled_back"]);
      assert.equal(lostRuns.at(-1), "crash");
      const { result } = await session.run("globals().get('kept', 'never set')");
      assert.equal(result, lostRuns.includes("before") ? "'never set'" : "'before'");
    });
  });
}

for (const words of [
  ["-Z"],
  ["O"],
  ["-"],
  [""],
  ["-OO"],
  ["-W"],
  ["-Xint_max_str_digits=10"],
  ["-Xtracemalloc=a"],
]) {
  test(`interpreterOptions refuses ${JSON.stringify(words)} before anything starts`, async () => {
    await assert.rejects(createSession("python", { interpreterOptions: words }), {
      code: "INVALID_OPTION",
      message: /^interpreterOptions takes /,
    });
  });
}

test("interpreterOptions is for Python only", async () => {
  await assert.rejects(createSession("javascript", { interpreterOptions: ["-O"] }), {
    code: "INVALID_OPTION",
  });
});
