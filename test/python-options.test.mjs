// Python's own options under pyrunner, and `-m`: through pipes and on a terminal.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { finish, start } from "./commands.mjs";
import { command, runOnTerminal, startOnTerminal } from "./on-terminal.mjs";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "wasm-repl-python-options-")));
after(() => rmSync(folder, { recursive: true }));
const project = join(folder, "project");
const file = (path, content) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
  return join(folder, path);
};
const here = (args, { cwd = project } = {}) => finish(start("pyrunner", args, { cwd }));
const quiet = (stdout, code = 0) => ({ code, signal: null, stdout, stderr: "" });

const told = "import os, sys\nprint(__name__, sys.argv[1:], os.getcwd() == sys.path[0], __file__)\n";
file("project/helper.py", told);
file("project/package/__init__.py", "");
file("project/package/__main__.py", `from . import part\n${told}`);
file("project/package/part.py", told);
file("project/plain/tool.py", told);
file("secret.txt", "secret");

test("-m runs a module that lies in the working directory, with that directory around it", async () => {
  const from = (path, args = "[]", name = "__main__") => `${name} ${args} True ${join(project, path)}\n`;
  assert.deepEqual(await here(["-m", "helper", "a"]), quiet(from("helper.py", "['a']")));
  assert.deepEqual(await here(["-m", "package.part"]), quiet(from("package/part.py")));
  assert.deepEqual(await here(["-m", "plain.tool"]), quiet(from("plain/tool.py")));
  const both = from("package/part.py", "[]", "package.part") + from("package/__main__.py");
  assert.deepEqual(await here(["-m", "package"]), quiet(both));
  const screen = await runOnTerminal(command("pyrunner", "-m", "helper"), { cwd: project });
  assert.deepEqual(screen, { code: 0, signal: null, screen: from("helper.py") });
});

test("-m sees the working directory read-only and nothing around it; a module of the library sees none of it", async () => {
  file(
    "project/curious.py",
    `
import os
for attempt in (lambda: open("new", "w"), lambda: open("../secret.txt"), lambda: open("link"), lambda: os.listdir(os.path.dirname(os.getcwd()))):
    try: print(attempt())
    except OSError as error: print(type(error).__name__)
`,
  );
  symlinkSync(join(folder, "secret.txt"), join(project, "link"));
  const { stdout, stderr } = await here(["-m", "curious"]);
  assert.equal(stderr, "");
  const lines = stdout.trimEnd().split("\n");
  assert.deepEqual(lines.slice(1, 2), ["FileNotFoundError"]);
  for (const line of [lines[0], lines[2]])
    assert.match(line, /^(OSError|PermissionError|FileNotFoundError)$/);
  assert.equal(lines[3], "['project']");
  const listing = "import os; print(os.getcwd(), os.path.exists(%))".replace("%", JSON.stringify(project));
  const timed = await here(["-m", "timeit", "-n1", "-r1", "-s", listing, "pass"]);
  assert.match(timed.stdout, /^\/home\/user False\n/);
});

test("-m with -P or -I looks in the library alone, and what there is not is said in one line", async () => {
  file("project/shadow/this.py", "print('not the library')");
  const cwd = join(project, "shadow");
  assert.deepEqual(await here(["-m", "this"], { cwd }), quiet("not the library\n"));
  for (const option of ["-P", "-I"]) {
    assert.match((await here([option, "-m", "this"], { cwd })).stdout, /^The Zen of Python/);
    const missing = await here([option, "-m", "helper"]);
    assert.deepEqual(missing, { ...quiet("", 1), stderr: "pyrunner: No module named helper\n" });
  }
  for (const name of ["nothing", "package.nothing", "../secret", "helper.py", ""]) {
    assert.equal((await here(["-m", name])).code, 1, name);
  }
});

test("options stand together as they are typed for Python, and do what they do there", async () => {
  assert.deepEqual(await here(["-Oc", "assert False; print(__debug__)"]), quiet("False\n"));
  const flags =
    "import sys; f = sys.flags; print(f.isolated, f.optimize, f.dont_write_bytecode, f.no_site, sys.path[0])";
  assert.deepEqual(await here(["-IBSuOOc", flags]), quiet("1 2 1 1 /usr/local/lib/python3.14\n"));
  const warning = ["-c", "import warnings; warnings.warn('careful')"];
  assert.equal((await here(["-Wignore", ...warning])).stderr, "");
  assert.match((await here(["-W", "error", ...warning])).stderr, /\nUserWarning: careful\n$/);
  assert.match((await here(["-v", "-c", "import wave"])).stderr, /^import 'wave' # /m);
  assert.match((await here(["-Xdev", "-c", "open('/tmp/a', 'w')"])).stderr, /ResourceWarning: unclosed file/);
  const screen = await runOnTerminal(command("pyrunner", "-Oc", "assert False; print(__debug__)"));
  assert.deepEqual(screen, { code: 0, signal: null, screen: "False\n" });
});

test("-VV prints more of the version than -V", async () => {
  const [short, long] = [await here(["-V"]), await here(["-VV"])];
  assert.match(short.stdout, /^pyrunner \S+ \(CPython 3\.\d+\.\d+\)\n$/);
  assert.match(long.stdout, /^pyrunner \S+ \(CPython 3\.\d+\.\d+ \(.+\) \[Clang .+\)\n$/);
});

test("-B keeps bytecode out of a read-write mount", async () => {
  const code =
    "import sys, os; sys.path.insert(0, '/m'); import helper; print(os.path.exists('/m/__pycache__'))";
  const cases = [
    [["-B"], /False\n$/],
    [[], /True\n$/],
  ];
  for (const [options, expected] of cases) {
    const mount = mkdtempSync(join(folder, "mount-"));
    writeFileSync(join(mount, "helper.py"), "");
    const { stdout } = await here([...options, "--mount", `${mount}:/m:rw`, "-c", code]);
    assert.match(stdout, expected);
  }
});

test("-u writes at once what is no whole line, to standard output and error, and so does PYTHONUNBUFFERED", async () => {
  for (const options of [["-u"], ["--env", "PYTHONUNBUFFERED=1"]]) {
    // It waits for an answer to what it has written without a line's end.
    const code = `import sys
print("out", end=""); sys.stdin.readline()
print("err", end="", file=sys.stderr); sys.stdin.readline()
sys.stdout.buffer.write(b"bytes"); sys.stdin.readline()`;
    const child = start("pyrunner", [...options, "-c", code]);
    let seen = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        seen += text;
        if (["out", "outerr", "outerrbytes"].includes(seen)) child.stdin.write("\n");
      });
    }
    const [code_] = await new Promise((resolve) => child.on("close", (...ended) => resolve(ended)));
    assert.deepEqual([code_, seen], [0, "outerrbytes"]);
  }
});

test("other code that is named <string> shows no lines of the code on the command line", async () => {
  const code = "def f():\n    raise ValueError\nexec('''\\n\\ndef g():\\n    f()''')\ng()";
  const { stderr } = await here(["-c", code]);
  assert.equal(
    stderr,
    `Traceback (most recent call last):
  File "<string>", line 4, in <module>
    g()
    ~^^
  File "<string>", line 4, in g
  File "<string>", line 2, in f
    raise ValueError
ValueError
`,
  );
});

test("Ctrl-C cancels the main task of asyncio.run, which may return a value", async () => {
  const code = `
import asyncio
async def main():
    print("waiting", flush=True)
    try: await asyncio.sleep(3600)
    except asyncio.CancelledError: return "kept"
print(asyncio.run(main()))`;
  const terminal = startOnTerminal(command("pyrunner", "-c", code));
  await terminal.see(/waiting/);
  terminal.type("\x03");
  const { code: exitCode, screen } = await terminal.ended;
  assert.equal(exitCode, 0);
  assert.match(screen, /kept\r\n$/);
  const child = start("pyrunner", ["-c", code]);
  let seen = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    if (seen === "") child.kill("SIGINT");
    seen += text;
  });
  await new Promise((resolve) => child.on("close", resolve));
  assert.equal(seen, "waiting\nkept\n");
});

test("-q, -i and -c stand together: a prompt follows the code, without a banner", async () => {
  const terminal = startOnTerminal(command("pyrunner", "-qic", "kept = 6"));
  await terminal.see(/>>> /);
  terminal.type("kept * 7\r");
  await terminal.see(/42/);
  terminal.type("\x04");
  const { code, screen } = await terminal.ended;
  assert.equal(code, 0);
  assert.doesNotMatch(screen, /CPython/);
});
