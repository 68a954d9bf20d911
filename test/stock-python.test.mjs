// Stock CPython builds for WASI under pyrunner --runtime.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { finish, start } from "./commands.mjs";
import { skipStock as skip, unpackStockBuild } from "./stock-build.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-stock-"));
after(() => rmSync(folder, { recursive: true }));
const build = join(folder, "build");
const cache = join(folder, "cache");
const env = { ...process.env, XDG_CACHE_HOME: cache, HOME: folder, LOCALAPPDATA: cache };
const pyrunner = (args, input) => finish(start("pyrunner", args, { env }), { input });
const stock = (...args) => pyrunner(["--runtime", build, ...args]);
const quiet = (stdout, code = 0) => ({ code, signal: null, stdout, stderr: "" });
/** The one file of the cache, wherever this system has it. */
const cacheFiles = () => readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".runtime"));

before(() => unpackStockBuild(build));

test("processes that make the first run at once agree, and leave one file in the cache", {
  skip,
}, async () => {
  const code = "import sys; print(sys.platform, sys.path[0] == '', 6 * 7)";
  const both = await Promise.all([stock("-c", code), stock("-c", code)]);
  assert.deepEqual(both, [quiet("wasi True 42\n"), quiet("wasi True 42\n")]);
  assert.equal(cacheFiles().length, 1);
});

test("what is in the cache and damaged is made again", { skip }, async () => {
  const [name] = cacheFiles();
  const path = join(folder, name);
  const whole = readFileSync(path);
  const inHead = Buffer.from(whole);
  // Another version, which its checksums do not tell.
  inHead[whole.indexOf('"version":"3') + 11] ^= 1;
  for (const damaged of [whole.subarray(0, whole.length / 2), Buffer.alloc(10), flipped(whole), inHead]) {
    writeFileSync(path, damaged);
    assert.deepEqual(await stock("-c", "print(1)"), quiet("1\n"));
    const remade = readFileSync(path);
    assert.ok(!remade.equals(damaged), "it was left damaged");
    // What is sound is used as it is; two images of one build may differ by a page.
    assert.deepEqual(await stock("-c", "print(1)"), quiet("1\n"));
    assert.ok(readFileSync(path).equals(remade), "it was made once more");
  }
});

function flipped(bytes) {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1000] ^= 1;
  return copy;
}

test("every way to run a program works with a stock build", { skip }, async () => {
  writeFileSync(join(folder, "helper.py"), "NAME = 'helper'\n");
  writeFileSync(
    join(folder, "main.py"),
    "import helper, sys\nprint(helper.NAME, sys.argv[1:], __file__)\nsys.exit(5)\n",
  );
  const path = join(folder, "main.py");
  assert.deepEqual(await stock(path, "a"), quiet(`helper ['a'] ${path}\n`, 5));
  assert.deepEqual(
    await pyrunner(["-runtime", build, "-m", "calendar", "2024", "2"]).then(({ code }) => code),
    0,
  );
  assert.deepEqual(await pyrunner([`--runtime=${build}`, "-"], "print(input if 0 else 'in')"), quiet("in\n"));
  assert.equal((await stock("-c", "import os; os._exit(7)")).code, 7);
  const { code, stderr } = await stock("-c", "def f():\n    1 / 0\nf()");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Traceback.*\n {2}File "<string>", line 3, in <module>\n(?:.*\n)*ZeroDivisionError: division by zero\n$/,
  );
  const lines = [
    '{"id":1,"code":"x = 5"}',
    '{"id":2,"code":"print(x * 2)"}',
    '{"id":3,"code":"1/0"}',
    '{"id":4,"code":"x"}',
  ];
  const served = await pyrunner(["--runtime", build, "--jsonl"], lines.join("\n"));
  const answers = served.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual([answers[0], answers[1]], [{ id: 1 }, { id: 2, output: "10\n" }]);
  assert.equal(answers[2].exception.type, "ZeroDivisionError");
  assert.deepEqual(answers[3], { id: 4, output: "5\n", result: "5" });
});

test("each start has its own random numbers, environment and directory", { skip }, async () => {
  const code = "import os, random, uuid; print(random.random(), uuid.uuid4(), dict(os.environ), os.getcwd())";
  const [one, two] = [await stock("--env", "A=1", "-c", code), await stock("-c", code)];
  assert.match(one.stdout, /\{'HOME': '\/home\/user', 'A': '1'\} \/home\/user\n$/);
  assert.match(two.stdout, /\{'HOME': '\/home\/user'\} \/home\/user\n$/);
  assert.notEqual(one.stdout.slice(0, 18), two.stdout.slice(0, 18));
});

test("sessions on a stock build are rolled back, snapshotted and forked", { skip }, async (context) => {
  process.env.XDG_CACHE_HOME = cache;
  const { createSession } = await import("../dist/index.js");
  const options = { runtimeDirectory: build };
  const closing = (session) => {
    context.after(() => session.close());
    return session;
  };
  const session = closing(await createSession("python", options));
  await session.run("x = 1; import time");
  const endless = await session.run("x = 2\nwhile True: pass", { timeoutMs: 200 });
  assert.deepEqual([endless.state, endless.stopped], ["rolled_back", "timeout"]);
  assert.equal((await session.run("x")).result, "1");
  const asleep = await session.run("x = 3; time.sleep(60)", { timeoutMs: 200 });
  assert.deepEqual([asleep.state, asleep.exception.type], ["kept", "KeyboardInterrupt"]);
  assert.equal((await session.run("bytearray(2 ** 31 - 9)")).exception.type, "MemoryError");
  const copy = closing(await createSession("python", { ...options, snapshot: await session.snapshot() }));
  const fork = closing(await copy.fork());
  assert.deepEqual([(await copy.run("x + 1")).result, (await fork.run("x + 2")).result], ["4", "5"]);
  await assert.rejects(createSession("python", { snapshot: await session.snapshot() }), {
    code: "RUNTIME_MISMATCH",
    message: /it is of the interpreter [0-9a-f]{12} \(wasm-repl .*\), and this session runs [0-9a-f]{12} /,
  });
});

test("a library right in lib/ serves as well as one in lib/python3.X/", { skip }, async () => {
  const flat = join(folder, "flat");
  cpSync(join(build, "python.wasm"), join(flat, "python.wasm"));
  const [name] = readdirSync(join(build, "lib"));
  cpSync(join(build, "lib", name), join(flat, "lib"), { recursive: true });
  const answer = await pyrunner(["--runtime", flat, "-c", "import wave; print(wave.__file__)"]);
  assert.deepEqual(answer, quiet(`/usr/local/lib/${name}/wave.py\n`));
});

test("a directory that holds no build is told by what is missing and where it was looked for", {
  skip,
}, async () => {
  const empty = join(folder, "empty");
  mkdirSync(empty);
  const refused = async (directory, reason) => {
    const { code, stdout, stderr } = await pyrunner(["--runtime", directory, "-c", "print(1)"]);
    assert.deepEqual([code, stdout, stderr.split("\n").length], [2, "", 2]);
    assert.match(stderr, reason);
  };
  await refused(join(folder, "absent"), /there is no directory .*absent/);
  await refused(empty, /no python\.wasm in .*looked for .*empty.python\.wasm/);
  cpSync(join(build, "python.wasm"), join(empty, "python.wasm"));
  await refused(empty, /no standard library.*looked for .*lib.python3\.\*.os\.py and .*lib.os\.py/);
});

test("the version is the build's own", { skip }, async () => {
  for (const [option, said] of [
    ["-V", /^pyrunner \S+ \(CPython 3\.\d+\.\d+, [^\n]+\)\n$/],
    ["-VV", /^pyrunner \S+ \(CPython 3\.\d+\.\d+ \([^\n]+, [^\n]+\)\n$/],
  ]) {
    const { stdout } = await stock(option);
    assert.match(stdout, said);
    assert.ok(stdout.includes(build), stdout);
  }
});

test("every module of the library can be imported whose C parts the build has", { skip }, async () => {
  const code = `
import importlib, json, os, sys
def is_there(name):
    path = os.path.join(os.path.dirname(os.__file__), *name.split("."))
    return name in sys.builtin_module_names or os.path.exists(path) or os.path.exists(path + ".py")
failures, imported = {}, 0
for name in sorted(sys.stdlib_module_names):
    # These act when they are imported.
    if name in ("antigravity", "this", "idlelib"): continue
    try:
        importlib.import_module(name)
        imported += 1
    except ModuleNotFoundError as error:
        # Left out of the build, or in need of what is.
        if is_there(error.name): failures[name] = str(error)
    except BaseException as error: failures[name] = type(error).__name__ + ": " + str(error)
print(json.dumps([failures, imported > 200]))
`;
  const { stdout, stderr, code: exit } = await stock("-c", code);
  assert.equal(exit, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), [{}, true]);
});

test("code that has to be stopped is rolled back, or kept where the host does the waiting, and says so", {
  skip,
}, async () => {
  const cases = [
    ["while True: pass", "rolled_back"],
    ["import re; re.match(r'(a*)*b', 'a' * 40)", "rolled_back"],
    ["while True:\n  try:\n    while True: pass\n  except BaseException: pass", "rolled_back"],
    ["sum(range(10 ** 11))", "rolled_back"],
    ["import time; time.sleep(1000)", "kept"],
  ];
  // They mostly wait.
  const check = async ([code, state]) => {
    const requests = [
      { id: "set", code: "kept = [1, 2]" },
      { id: "stopped", code, timeout_ms: 300 },
      { id: "read", code: "len(kept)" },
    ];
    const input = requests.map((request) => `${JSON.stringify(request)}\n`).join("");
    const { stdout } = await pyrunner(["--runtime", build, "--jsonl"], input);
    const [, stopped, read] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(stopped.stopped, "timeout", code);
    assert.equal(stopped.state, state, code);
    assert.deepEqual(stopped.lost_runs, state === "kept" ? undefined : ["stopped"], code);
    assert.equal(read.result, "2", code);
  };
  await Promise.all(cases.map(check));
});
