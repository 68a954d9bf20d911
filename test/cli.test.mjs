// The command line of pyrunner and jsrunner, each test a process as a shell starts it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { finish, run, start } from "./commands.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-cli-"));
after(() => rmSync(folder, { recursive: true }));
const script = (name, text) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const quiet = (stdout, code = 0) => ({ code, signal: null, stdout, stderr: "" });

test("code on the command line runs, with the arguments behind it", async () => {
  const python = "import sys; print(sys.argv, 6 * 7)";
  assert.deepEqual(await run("pyrunner", ["-c", python, "-x", "é"]), quiet("['-c', '-x', 'é'] 42\n"));
  assert.deepEqual(await run("jsrunner", ["-e", "console.log(6 * 7)"]), quiet("42\n"));
  assert.deepEqual(await run("jsrunner", ["-p", "[1, 'two']"]), quiet("[ 1, 'two' ]\n"));
  assert.deepEqual(await run("pyrunner", ["-c", "1 + 1"]), quiet(""));
});

test("a script runs under its own name, with its arguments", async () => {
  const path = script("a b.py", "import sys\nprint(sys.argv[1:], __name__, __file__.endswith('a b.py'))\n");
  assert.deepEqual(await run("pyrunner", [path, "--env", "-c"]), quiet("['--env', '-c'] __main__ True\n"));
  const failing = script("bad.py", "def f():\n    raise KeyError('k')\nf()\n");
  const { code, stdout, stderr } = await run("pyrunner", [failing]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(
    stderr,
    /^Traceback \(most recent call last\):\n {2}File ".*bad\.py", line 3, in <module>\n {4}f\(\)\n/,
  );
  assert.match(stderr, /\nKeyError: 'k'\n$/);
  assert.deepEqual(await run("jsrunner", [script("a.js", "console.log('script')")]), quiet("script\n"));
});

test("a module of the standard library runs as a program", async () => {
  const json = await run("pyrunner", ["-m", "json.tool", "--compact"], { input: '{"a": [1, 2]}' });
  assert.deepEqual(json, quiet('{"a":[1,2]}\n'));
  assert.match((await run("pyrunner", ["-m", "this"])).stdout, /^The Zen of Python/);
  const { code, stderr } = await run("pyrunner", ["-m", "no.such.module"]);
  assert.equal(code, 1);
  assert.match(stderr, /No module named/);
});

test("a program comes from standard input, with or without a dash", async () => {
  const input = "import sys; print('from stdin', sys.argv)";
  assert.deepEqual(await run("pyrunner", [], { input }), quiet("from stdin ['']\n"));
  assert.deepEqual(await run("pyrunner", ["-", "a"], { input }), quiet("from stdin ['-', 'a']\n"));
  assert.deepEqual(await run("jsrunner", [], { input: "console.log('js')" }), quiet("js\n"));
  assert.deepEqual(await run("jsrunner", ["-"], { input: "" }), quiet(""));
});

test("a program whose code comes from elsewhere reads standard input", async () => {
  const python = "import sys; print(input('? ')); print(repr(sys.stdin.read()))";
  assert.deepEqual(await run("pyrunner", ["-c", python], { input: "ä\nrest\n" }), quiet("? ä\n'rest\\n'\n"));
  assert.deepEqual(
    await run("jsrunner", ["-e", "console.log(prompt())"], { input: "ä\nrest" }),
    quiet("ä\n"),
  );
});

test("only the environment that was given is there", async () => {
  const python = "import os; print(sorted(os.environ.items()))";
  const { stdout } = await run("pyrunner", ["--env", "A=b=c", "--env=D=", "-c", python]);
  assert.equal(stdout, "[('A', 'b=c'), ('D', ''), ('HOME', '/home/user')]\n");
  assert.equal(
    (await run("jsrunner", ["--env", "A=é", "-p", "[process.env.A, process.env.PATH]"])).stdout,
    "[ 'é', undefined ]\n",
  );
});

test("the version is ours and the interpreter's, and the help tells the usage", async () => {
  assert.match(
    (await run("pyrunner", ["--version"])).stdout,
    /^pyrunner \d+\.\d+\.\d+ \(CPython 3\.14\.\d+\)\n$/,
  );
  assert.match((await run("jsrunner", ["-V"])).stdout, /^jsrunner \d+\.\d+\.\d+ \(QuickJS-ng.*\)\n$/);
  for (const name of ["pyrunner", "jsrunner"]) {
    const { code, stdout } = await run(name, ["--help"]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^Usage: ${name} `));
    assert.match(stdout, /--jsonl/);
  }
});

const mistakes = [
  ["pyrunner", ["--nonsense"], /--nonsense/],
  ["pyrunner", ["-c"], /-c/],
  ["pyrunner", ["-m"], /-m/],
  ["pyrunner", ["--env", "novalue", "-c", ""], /NAME=VALUE/],
  ["pyrunner", ["--env"], /--env/],
  ["pyrunner", ["--jsonl", "-c", "1"], /--jsonl/],
  ["pyrunner", ["/no/such/script.py"], /no such file/],
  ["pyrunner", [folder], /directory/],
  ["jsrunner", ["-c", "1"], /-c/],
  ["jsrunner", ["-m", "x"], /-m/],
];
for (const [name, args, naming] of mistakes) {
  test(`${name} ${args.join(" ").replace(folder, "(a folder)")} is a usage error of one line`, async () => {
    const { code, stdout, stderr } = await run(name, args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, naming);
    assert.match(stderr, new RegExp(`^${name}: [^\n]*\\(see ${name} --help\\)\n$`));
  });
}

test("a script that is no UTF-8 text is a usage error", async () => {
  const { code, stderr } = await run("pyrunner", [script("latin1.py", Buffer.from([0x22, 0xe9, 0x22]))]);
  assert.equal(code, 2);
  assert.match(stderr, /UTF-8/);
});

const endings = [
  ["raise ValueError('x')", 1, /ValueError: x\n$/],
  ["import sys; sys.exit(7)", 7, /^$/],
  ["import sys; sys.exit()", 0, /^$/],
  ["import sys; sys.exit(-1)", 255, /^$/],
  ["import sys; sys.exit('message')", 1, /^message\n$/],
  ["import os; os._exit(5)", 5, /^$/],
  ["x = = 1", 1, /SyntaxError/],
  ["raise KeyboardInterrupt", "SIGINT", /KeyboardInterrupt/],
  ["import atexit; atexit.register(lambda: print('bye', file=__import__('sys').stderr)); 1/0", 1, /bye\n/],
  [
    "import sys; sys.excepthook = lambda *a: print('hooked', a[0].__name__, file=sys.stderr); 1/0",
    1,
    /^hooked ZeroDivisionError\n$/,
  ],
];
for (const [code, expected, stderrPattern] of endings) {
  test(`pyrunner -c ${JSON.stringify(code)} ends with ${expected}`, async () => {
    const { code: exitCode, signal, stdout, stderr } = await run("pyrunner", ["-c", code]);
    assert.equal(signal ?? exitCode, expected);
    assert.equal(stdout, "");
    assert.match(stderr, stderrPattern);
  });
}

test("jsrunner exits with 1 after an uncaught error and with the code that process.exit gives", async () => {
  const { code, stdout, stderr } = await run("jsrunner", [
    "-e",
    "console.log(1); console.error(2); throw new Error('x')",
  ]);
  assert.deepEqual([code, stdout], [1, "1\n"]);
  assert.match(stderr, /^2\n[\s\S]*Error: x/);
  assert.equal((await run("jsrunner", ["-e", "process.exit(7)"])).code, 7);
  assert.equal((await run("jsrunner", ["-e", "Promise.reject(new Error('late'))"])).code, 1);
});

test("output appears as it is written, while the program sleeps and runs on", async () => {
  const child = start("pyrunner", [
    "-c",
    "import time\nfor i in range(3):\n    print(i)\n    time.sleep(0.3)\ninput()\nprint('end')",
  ]);
  const seen = [];
  let ended = false;
  child.on("exit", () => {
    ended = true;
  });
  const all = new Promise((resolve) =>
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      assert.equal(ended, false);
      seen.push(chunk);
      if (seen.join("") === "0\n1\n2\n") child.stdin.end("\n");
      if (seen.join("").endsWith("end\n")) resolve();
    }),
  );
  await all;
  assert.deepEqual(seen, ["0\n", "1\n", "2\n", "end\n"]);
});

test("an interrupt ends a running program as Ctrl-C does", async () => {
  const child = start("pyrunner", ["-c", "print('ready')\nwhile True: pass"]);
  child.stdout.once("data", () => child.kill("SIGINT"));
  assert.equal((await finish(child)).signal, "SIGINT");
});

for (const [name, option, code] of [
  ["pyrunner", "-c", "while True: print('y' * 70)"],
  ["jsrunner", "-e", "for (;;) console.log('y'.repeat(70))"],
]) {
  test(`${name} ends quietly when nobody reads its output any more`, async () => {
    const child = start(name, [option, code]);
    child.stdout.once("data", () => child.stdout.destroy());
    const { stderr } = await finish(child);
    assert.equal(stderr, "");
  });
}

test("fifty megabytes of output arrive whole", async () => {
  const code = "import sys\nfor i in range(500): sys.stdout.write(chr(97 + i % 26) * 100_000)";
  const { stdout, code: exitCode } = await run("pyrunner", ["-c", code], { binary: true });
  assert.equal(exitCode, 0);
  assert.equal(stdout.length, 50_000_000);
  for (let part = 0; part < 500; part++) assert.equal(stdout[part * 100_000 + 99_999], 97 + (part % 26));
  const js = await run("jsrunner", ["-e", "for (let i = 0; i < 100; i++) console.log('é'.repeat(250_000))"], {
    binary: true,
  });
  assert.equal(js.stdout.length, 100 * 500_001);
});

test("bytes that are no text arrive as they are", async () => {
  const code = "import sys; sys.stdout.buffer.write(bytes(range(256)))";
  const { stdout } = await run("pyrunner", ["-c", code], { binary: true });
  assert.deepEqual([...stdout], [...Array(256).keys()]);
});
