// `--trace`: each call that a guest makes of the host, in a line on standard error.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { assemble } from "./attacks/assemble.mjs";
import { finish, run, start } from "./commands.mjs";
import { command, runOnTerminal } from "./on-terminal.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-trace-"));
after(() => rmSync(folder, { recursive: true }));

const callLine = /^(\[\d+\] )?\w+\([\x20-\x7e]*\) = [\x20-\x7e]+ <\d+\.\d{6}>$/;

/** The lines of a trace; each must be whole. */
function linesOf(stderr) {
  const lines = stderr.split("\n");
  assert.equal(lines.pop(), "");
  for (const line of lines) assert.match(line, callLine);
  return lines;
}

test("pyrunner tells the system calls of Python, and changes nothing else", async () => {
  const code =
    "import os; os.mkdir('/tmp/d'); open('/tmp/d/f', 'w').write('text')\nprint(os.path.exists('/nö'))";
  const { code: status, stdout, stderr } = await run("pyrunner", ["--trace", "-c", code]);
  assert.deepEqual([status, stdout], [0, "False\n"]);
  const lines = linesOf(stderr).join("\n");
  assert.match(lines, /^__syscall_mkdirat\(AT_FDCWD, "\/tmp\/d", 0777\) = 0 </m);
  assert.match(lines, /^__syscall_openat\(AT_FDCWD, "\/tmp\/d\/f", 0x[0-9a-f]+, 0x[0-9a-f]+\) = (\d+) </m);
  assert.match(lines, /^fd_write\(\d+, "text", \[4\]\) = 0 </m);
  assert.match(lines, /^__syscall_\w+\([^\n]*"\/n\\xc3\\xb6"[^\n]*\) = -44 ENOENT </m);
  assert.match(lines, /^fd_write\(1, "False\\n", \[6\]\) = 0 </m);
});

for (const [where, options] of [
  ["in the process's own thread", []],
  ["in a thread", ["--timeout", "1m"]],
]) {
  test(`jsrunner tells the host operations of JavaScript ${where}`, async () => {
    const code = "const fs = require('fs'); fs.writeFileSync('/tmp/a', 'text'); fs.readFileSync('/nope')";
    const { code: status, stderr } = await run("jsrunner", [...options, "--trace", "-e", code]);
    assert.equal(status, 1);
    assert.match(stderr, /^host_call\(writeText, "\{[^\n]*\\"\/tmp\/a\\"[^\n]*\}", "text"\) = "\{\}" </m);
    assert.match(stderr, /^host_call\(readBytes, "\/nope"\) = a value </m);
    assert.match(stderr, /^host_call\(lastErrno\) = "ENOENT" </m);
  });
}

/** Makes a directory by a name at 8 and of 3 bytes, then passes a pointer that leads nowhere, then exits with 5. */
const wasiModule = assemble(`(module
  (import "wasi_snapshot_preview1" "path_create_directory" (func $make (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "d\\1b]")
  (func (export "_start")
    (drop (call $make (i32.const 3) (i32.const 8) (i32.const 3)))
    (drop (call $make (i32.const 3) (i32.const -1) (i32.const -1)))
    (call $exit (i32.const 5))))`);

test("wasirun tells the calls of a WASI command, hostile ones and the last one too", async () => {
  const file = join(folder, "module.wasm");
  writeFileSync(file, wasiModule);
  const { code, stderr } = await run("wasirun", ["--trace", "--mount", `${folder}:/`, file]);
  assert.equal(code, 5);
  assert.deepEqual(
    linesOf(stderr).map((line) => line.replace(/ <.*$/, "")),
    [
      'path_create_directory(3, "d\\x1b]") = 69 EROFS',
      "path_create_directory(3, 0xffffffff) = 21 EFAULT",
      "proc_exit(5) = ?",
    ],
  );
});

test("the sessions of JSON lines tell by their threads, each line whole, and the answers are as ever", async () => {
  const work = "import os\nfor i in range(300): os.path.exists('/a/path/of/session/NAME')";
  const requests = ["one", "two"].map((session, id) =>
    JSON.stringify({ id, session, code: work.replace("NAME", session) }),
  );
  const child = start("pyrunner", ["--trace", "--jsonl"]);
  const { code, stdout, stderr } = await finish(child, { input: `${requests.join("\n")}\n` });
  assert.equal(code, 0);
  assert.deepEqual(stdout.trim().split("\n").sort(), ['{"id":0}', '{"id":1}']);
  const threads = ["one", "two"].map((session) => {
    const own = linesOf(stderr).filter((line) => line.includes(`("/a/path/of/session/${session}"`));
    assert.equal(own.length, 300);
    const numbers = new Set(own.map((line) => /^\[(\d+)\]/.exec(line)?.[1]));
    assert.equal(numbers.size, 1);
    return [...numbers][0];
  });
  assert.notEqual(threads[0], threads[1]);
});

test("a program on a terminal is told there without a sequence that would steer it", async () => {
  const code = "import os\ntry: os.stat('\\x1b]0;title\\x07\\x9b31m')\nexcept OSError: print('no')";
  const { code: status, screen } = await runOnTerminal(command("pyrunner", "--trace", "-c", code));
  assert.equal(status, 0);
  assert.match(screen, /^no$/m);
  assert.match(screen, /"\\x1b\]0;title\\x07\\xc2\\x9b31m"/);
  assert.ok(!["\x1b", "\x07", "\x9b"].some((control) => screen.includes(control)));
  const js = await runOnTerminal(command("jsrunner", "--trace", "-e", "console.log(1)"));
  assert.match(js.screen, /^(?:host_call\(colors\) = .*\n)?1\nhost_call\(write, 1, "1\\n"\) = a value /);
});

test("a trace that nobody reads holds the program up, takes no memory, and leaves the time limit in force", async () => {
  const code = "import os\nwhile True: os.path.exists('/' + 'x' * 50)";
  const child = start("pyrunner", ["--trace", "--timeout", "3s", "-c", code]);
  // Nothing is read until the process has ended.
  const [status] = await new Promise((resolve) => child.on("exit", (...ended) => resolve(ended)));
  assert.equal(status, 124);
  let bytes = 0;
  for await (const chunk of child.stderr) bytes += chunk.length;
  assert.ok(bytes > 10_000 && bytes < 1_000_000, `${bytes} bytes were written`);
});

test("a trace whose reader has gone is given up, and the program goes on", async () => {
  const child = start("pyrunner", [
    "--trace",
    "-c",
    "for i in range(100): open('/dev/null').close()\nprint('end')",
  ]);
  child.stderr.destroy();
  const { code, stdout } = await finish(child);
  assert.deepEqual([code, stdout], [0, "end\n"]);
});
