// The commands as a person starts them: standard input, output and error are all a terminal.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import wabt from "wabt";
import { pages, shellEnvironment, shellScript } from "./doc-examples.mjs";
import { command, runOnTerminal, startOnTerminal } from "./on-terminal.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-terminal-test-"));
after(() => rmSync(folder, { recursive: true }));
const file = (name, content) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const shown = (screen, code = 0) => ({ code, signal: null, screen });

// Programs that use the library do not look at what their streams are: readme.test.mjs runs them.
const onTerminal = ({ command: line }) => !line.startsWith("node examples/");
for (const { name, commands } of pages.filter((page) => page.commands.some(onTerminal))) {
  describe(`the examples of ${name} on a terminal`, () => {
    for (const { command: example, expected } of commands.filter(onTerminal)) {
      test(`prints what is shown for: ${example}`, async () => {
        const words = ["sh", "-c", shellScript(example)];
        const { screen } = await runOnTerminal(words, { cwd: folder, env: shellEnvironment });
        assert.equal(screen, expected);
      });
    }
  });
}

file("helper.py", "name = 'helper'\n");
const script = file(
  "script.py",
  "import helper, os, sys\nprint(helper.name, os.getcwd() == os.path.dirname(__file__), sys.argv[1:])\nkept = 5\n",
);
file("helper.js", "export const name = 'helper';\n");
const scriptJs = file("script.js", "import { name } from './helper.js';\nconsole.log(name);\n");
file("plain.js", "var kept = 5;\nconsole.log('plain');\n");
const program = file("program.txt", "print(6 * 7)\n");

test("code, modules and scripts run, and their output is on the screen", async () => {
  for (const [words, screen] of [
    [command("pyrunner", "-c", "print(6 * 7)"), "42\n"],
    [command("jsrunner", "-e", "console.log(6 * 7)"), "42\n"],
    [command("jsrunner", "-p", "[6 * 7]"), "[ 42 ]\n"],
    [command("pyrunner", "-m", "calendar", "2026", "13"), /usage|bad month/],
    [command("pyrunner", script, "a"), "helper True ['a']\n"],
    [command("jsrunner", scriptJs), "helper\n"],
    [["sh", "-c", '"$@" < "$0"', program, ...command("pyrunner")], "42\n"],
    [command("pyrunner", "--timeout", "1m", "-c", "print(6 * 7)"), "42\n"],
    [command("jsrunner", "--timeout", "1m", "-e", "console.log(6 * 7)"), "42\n"],
    [command("pyrunner", "--session", join(folder, "py"), "-c", "print(6 * 7)"), "42\n"],
    [command("jsrunner", "--session", join(folder, "js"), "-p", "'plain'"), "plain\n"],
    [
      command("pyrunner", "-c", "import sys; print([s.isatty() for s in (sys.stdin, sys.stdout)])"),
      "[True, True]\n",
    ],
  ]) {
    const result = await runOnTerminal(words);
    if (screen instanceof RegExp) assert.match(result.screen, screen);
    else assert.deepEqual(result, shown(screen), words.join(" "));
  }
});

test("an uncaught error and an exit code come out as they do elsewhere", async () => {
  const failed = await runOnTerminal(command("pyrunner", "-c", "1 / 0"));
  assert.match(failed.screen, /^Traceback [\s\S]*ZeroDivisionError: division by zero\n$/);
  assert.equal(failed.code, 1);
  assert.equal((await runOnTerminal(command("pyrunner", "-c", "raise SystemExit(3)"))).code, 3);
  assert.equal((await runOnTerminal(command("jsrunner", "-e", "process.exit(3)"))).code, 3);
  const refused = await runOnTerminal(command("jsrunner", "--nonsense"));
  assert.deepEqual(refused, shown("jsrunner: unknown option --nonsense (see jsrunner --help)\n", 2));
});

test("wasirun's command writes to the terminal and reads from it", async () => {
  const module = await moduleBytes(`(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\40\\00\\00\\00\\20\\00\\00\\00\\30\\00\\00\\00\\02\\00\\00\\00")
    (data (i32.const 48) "? ")
    (func (export "_start")
      (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 20)))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))))`);
  const terminal = startOnTerminal(command("wasirun", file("echo.wasm", module)));
  await terminal.see(/\? $/);
  terminal.type("0123456789012345678901234567890\r");
  const { code, screen } = await terminal.ended;
  assert.deepEqual([code, screen], [0, "? 0123456789012345678901234567890\r\n"]);
});

test("wasirun at its time limit puts back what the guest has changed of the terminal", async () => {
  const module = await moduleBytes(`(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\10\\00\\00\\00\\08\\00\\00\\00")
    (data (i32.const 16) "\\1b[31mred")
    (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12))) (loop br 0)))`);
  const words = command("wasirun", "--timeout", "2s", file("red.wasm", module));
  const { code, screen } = await startOnTerminal(words).ended;
  assert.deepEqual([code, screen], [124, "\x1b[31mred\x1b[0mwasirun: stopped at its time limit of 2 s\r\n"]);
});

test("input() reads a line that is typed, and Ctrl-D is the end of the input", async () => {
  for (const [words, answer] of [
    [command("pyrunner", "-c", "print(repr(input('? '))); print(repr(input('? ')))"), /EOFError/],
    [command("jsrunner", "-e", "console.log(prompt('?')); console.log(prompt('?'))"), /null/],
  ]) {
    const terminal = startOnTerminal(words);
    await terminal.see(/\? $/);
    terminal.type("Ada\r");
    await terminal.see(/Ada[\s\S]*\? $/);
    terminal.type("\x04");
    assert.match((await terminal.ended).screen, answer);
  }
});

test("a program can be typed after -, up to Ctrl-D", async () => {
  for (const [words, line] of [
    [command("pyrunner", "-"), "print(6 * 7)"],
    [command("jsrunner", "-"), "console.log(6 * 7)"],
  ]) {
    // Nothing is shown while it waits, so the shell tells that the terminal is ready.
    const terminal = startOnTerminal(["sh", "-c", 'echo ready; exec "$@"', "sh", ...words]);
    await terminal.see(/ready/);
    terminal.type(`${line}\r\x04`);
    const { code, screen } = await terminal.ended;
    assert.deepEqual([code, screen], [0, "ready\r\n42\r\n"]);
  }
});

test("a time limit ends a program with 124 and one line", async () => {
  for (const [words, name] of [
    [command("pyrunner", "--timeout", "200ms", "-c", "while True: pass"), "pyrunner"],
    [command("jsrunner", "--timeout", "200ms", "-e", "for (;;);"), "jsrunner"],
  ]) {
    const { code, screen } = await runOnTerminal(words);
    assert.equal(code, 124, screen);
    assert.ok(screen.endsWith(`${name}: stopped at its time limit of 0.2 s\n`), screen);
  }
});

test("Ctrl-C ends a command by SIGINT, in Python after a KeyboardInterrupt", async () => {
  const session = join(folder, "interrupted");
  for (const [words, shows] of [
    [command("pyrunner", "-c", "print('on')\nwhile True: pass"), /KeyboardInterrupt\r\n$/],
    [command("pyrunner", "-c", "print('on'); import time; time.sleep(100)"), /KeyboardInterrupt\r\n$/],
    [command("pyrunner", "-c", "print('on'); input()"), /KeyboardInterrupt\r\n$/],
    [
      command("pyrunner", "--session", session, "-c", "print('on')\nwhile True: pass"),
      /KeyboardInterrupt\r\n$/,
    ],
    [command("jsrunner", "-e", "console.log('on'); for (;;);"), /on/],
    [command("jsrunner", "--timeout", "1m", "-e", "console.log('on'); for (;;);"), /on/],
    [command("wasirun", file("loop.wasm", await moduleBytes(loop))), /on/],
    [command("wasirun", "--timeout", "1m", file("loop.wasm", await moduleBytes(loop))), /on/],
  ]) {
    const terminal = startOnTerminal(words);
    await terminal.see(/on/);
    terminal.type("\x03");
    const { code, signal, screen } = await terminal.ended;
    assert.deepEqual([code, signal], [null, "SIGINT"], words.join(" "));
    assert.match(screen, shows);
  }
});

test("a shell's loop stops at Ctrl-C, and a program that catches it goes on", async () => {
  const loop = 'for i in 1 2 3; do echo "turn $i"; "$@"; done';
  const words = command("pyrunner", "-c", "print('on'); input()");
  const terminal = startOnTerminal(["bash", "-c", loop, "bash", ...words]);
  await terminal.see(/on/);
  terminal.type("\x03");
  const { screen } = await terminal.ended;
  assert.match(screen, /^turn 1\r\non\r\n[\s\S]*KeyboardInterrupt\r\n$/);

  const code =
    "try:\n    print('on'); input()\nexcept KeyboardInterrupt:\n    print('caught')\nraise SystemExit(5)";
  const catching = startOnTerminal(command("pyrunner", "-c", code));
  await catching.see(/on/);
  catching.type("\x03");
  const ended = await catching.ended;
  assert.deepEqual([ended.code, ended.signal], [5, null]);
  assert.match(ended.screen, /caught\r\n$/);
});

test("-i runs a script as without it, and then gives the prompt with its names", async () => {
  const terminal = startOnTerminal(command("pyrunner", "-i", script, "a"));
  await terminal.see(/^.*helper True \['a'\]\r\n[\s\S]*>>>/);
  terminal.type("kept, __file__.rsplit('/')[-1]\r");
  await terminal.see(/\(5, 'script\.py'\)[\s\S]*>>>/);
  terminal.type("\x04");
  assert.equal((await terminal.ended).code, 0);

  const other = startOnTerminal(command("jsrunner", "-i", join(folder, "plain.js")));
  await other.see(/plain\r\n\r+> /);
  other.type("kept + 1\r");
  await other.see(/\n6\r\n\r+> /);
  other.type("(await import('./helper.js')).name\r");
  await other.see(/'helper'/);
  other.type("\x04");
  assert.equal((await other.ended).code, 0);
});

test("-i gives the prompt also after an error, an exit and Ctrl-C, and runs exit functions at its end", async () => {
  const code = "import atexit, sys\natexit.register(print, 'bye')\nprint('on')\n";
  for (const [rest, pattern, keys] of [
    ["1 / 0", /File "<string>", line 4, in <module>[\s\S]*ZeroDivisionError: division by zero\r\n/, ""],
    ["sys.exit(3)", /SystemExit: 3\r\n/, ""],
    ["while True: pass", /KeyboardInterrupt\r\n/, "\x03"],
  ]) {
    const terminal = startOnTerminal(command("pyrunner", "-i", "-c", code + rest));
    await terminal.see(/on\r\n/);
    terminal.type(keys);
    await terminal.see(pattern);
    await terminal.see(/>>>/);
    terminal.type("exit(4)\r");
    const ended = await terminal.ended;
    assert.equal(ended.code, 4);
    assert.match(ended.screen, />>>[\s\S]*bye\r\n/);
  }
});

test("a module gets a prompt with -i, and -p shows its value before it", async () => {
  const module = startOnTerminal(command("pyrunner", "-i", "-m", "this"));
  await module.see(/Namespaces are one honking great idea[\s\S]*>>>/);
  module.type("\x04");
  assert.equal((await module.ended).code, 0);
  const value = startOnTerminal(command("jsrunner", "-i", "-p", "'pla' + 'in'"));
  await value.see(/plain\r\n\r+> /);
  value.type("\x04");
  assert.equal((await value.ended).code, 0);
});

test("without a program there is a prompt", async () => {
  for (const [name, prompt] of [
    ["pyrunner", />>> /],
    ["jsrunner", /\r> /],
  ]) {
    const terminal = startOnTerminal(command(name));
    await terminal.see(prompt);
    terminal.type("6 * 7\r");
    await terminal.see(/42/);
    terminal.type("\x04");
    assert.equal((await terminal.ended).code, 0);
  }
});

test("JSON lines are answered on a terminal too", async () => {
  const terminal = startOnTerminal([
    "sh",
    "-c",
    'echo ready; exec "$@"',
    "sh",
    ...command("pyrunner", "--jsonl"),
  ]);
  await terminal.see(/ready/);
  terminal.type('{"id":1,"code":"6 * 7"}\r');
  await terminal.see(/\{"id":1,"output":"42\\n","result":"42"\}\r\n/);
  terminal.type("\x04");
  assert.equal((await terminal.ended).code, 0);
});

const loop = `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\08\\00\\00\\00\\03\\00\\00\\00on\\n")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))
    (loop $again (br $again))))`;

async function moduleBytes(text) {
  const parsed = (await wabt()).parseWat("test.wat", text);
  return parsed.toBinary({}).buffer;
}
