// Each way of giving a program, with its standard streams as programs and services have them: pipes, files, the null
// device, and none. `terminal.test.mjs` has them on a terminal.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import wabt from "wabt";
import { command } from "./on-terminal.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-streams-"));
after(() => rmSync(folder, { recursive: true }));
const file = (name, content) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

const python = "print(6 * 7); import sys; sys.exit(3)";
const script = file("script.py", python);
const scriptJs = file("script.js", "console.log(6 * 7); process.exit(3)");
const module = (await wabt()).parseWat(
  "test.wat",
  `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\08\\00\\00\\00\\03\\00\\00\\0042\\n")
    (func (export "_start")
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))
      (call $exit (i32.const 3))))`,
);

/** Each prints 42 and exits with 3. */
const ways = {
  "-c": command("pyrunner", "-c", python),
  "-c --timeout": command("pyrunner", "--timeout", "1m", "-c", python),
  "-c --session": command("pyrunner", "--session", join(folder, "session"), "-c", python),
  "-i -c": command("pyrunner", "-i", "-c", python),
  "a Python script": command("pyrunner", script),
  "-i with a script": command("pyrunner", "-i", script),
  "-e": command("jsrunner", "-e", "console.log(6 * 7); process.exit(3)"),
  "-e --timeout": command("jsrunner", "--timeout", "1m", "-e", "console.log(6 * 7); process.exit(3)"),
  "-p": command("jsrunner", "-p", "process.exitCode = 3; console.log(42); 0"),
  "a JavaScript script": command("jsrunner", scriptJs),
  wasirun: command("wasirun", file("exit.wasm", module.toBinary({}).buffer)),
};

function shell(redirections, words) {
  const { status, signal, stdout, stderr } = spawnSync("sh", ["-c", `"$@" ${redirections}`, "sh", ...words], {
    cwd: folder,
    encoding: "utf8",
    input: "",
    timeout: 30_000,
  });
  return { status, signal, stdout, stderr };
}

for (const [way, words] of Object.entries(ways)) {
  test(`${way} works through pipes, with files, the null device and closed streams`, () => {
    assert.deepEqual(shell("", words), { status: 3, signal: null, stdout: "42\n", stderr: "" });

    assert.equal(shell("< /dev/null > out 2> err", words).status, 3);
    assert.equal(readFileSync(join(folder, "out"), "utf8"), "42\n");
    assert.equal(readFileSync(join(folder, "err"), "utf8"), "");

    for (const silent of ["< /dev/null > /dev/null 2> /dev/null", "<&- > /dev/null 2>&1"]) {
      assert.deepEqual(shell(silent, words), { status: 3, signal: null, stdout: "", stderr: "" }, silent);
    }
    // Output that goes nowhere may fail, as it does elsewhere; nothing hangs, and no signal ends it.
    for (const closed of [">&-", "2>&-", "<&- >&- 2>&-"]) {
      const { status, stderr } = shell(closed, words);
      assert.ok([1, 3, 120].includes(status), `${closed}: ${status}`);
      assert.doesNotMatch(stderr, /^\s+at .*\.cjs/m, closed);
    }
  });
}

test("a program on standard input comes from a pipe, a file, the null device, or is none", () => {
  const program = file("program.py", "print(6 * 7)\n");
  for (const words of [command("pyrunner"), command("pyrunner", "-")]) {
    assert.equal(shell(`< ${program}`, words).stdout, "42\n");
    assert.equal(spawnSync(words[0], words.slice(1), { input: "print(6 * 7)\n" }).stdout.toString(), "42\n");
    for (const empty of ["< /dev/null", "<&-"]) {
      assert.deepEqual(shell(empty, words), { status: 0, signal: null, stdout: "", stderr: "" }, empty);
    }
  }
});

test("input() reads from a pipe and a file, and meets the end of the null device and of no input", () => {
  const words = command("pyrunner", "-c", "print(input())");
  assert.equal(shell(`< ${file("line", "Ada\n")}`, words).stdout, "Ada\n");
  assert.equal(spawnSync(words[0], words.slice(1), { input: "Ada\n" }).stdout.toString(), "Ada\n");
  for (const empty of ["< /dev/null", "<&-"]) {
    const { status, stderr } = shell(empty, words);
    assert.equal(status, 1);
    assert.match(stderr, /EOFError: EOF when reading a line\n$/);
  }
});

test("JSON lines are answered into a file, and with nothing to read there is nothing to answer", () => {
  const requests = file("requests", '{"id":1,"code":"6 * 7"}\n');
  for (const name of ["pyrunner", "jsrunner"]) {
    assert.equal(shell(`< ${requests} > answers`, command(name, "--jsonl")).status, 0);
    assert.match(readFileSync(join(folder, "answers"), "utf8"), /^\{"id":1,.*"result":"42"\}\n$/);
    for (const empty of ["< /dev/null", "<&-"]) {
      const ended = shell(empty, command(name, "--jsonl"));
      assert.deepEqual(ended, { status: 0, signal: null, stdout: "", stderr: "" }, empty);
    }
  }
});
