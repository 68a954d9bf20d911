import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { packageRoot } from "../../node/package-root.js";

// A terminal of tmux shows what a user sees. Without tmux there is nothing to test with.
const tmuxMissing = spawnSync("tmux", ["-V"]).error !== undefined;
const skip = tmuxMissing ? "tmux is not installed" : false;
const socket = `wasm-repl-test-${process.pid}`;
const longestWaitMs = 8000;
let folder = "";

interface Terminal {
  /** Sends texts as typed, and keys by tmux's names with a `^` before them. */
  type(...keys: string[]): void;
  paste(text: string): void;
  /** Waits until the screen, without trailing blanks, matches, and gives it. */
  see(pattern: RegExp): Promise<string>;
  screen(options?: string[]): string;
  resize(columns: number): void;
}

function tmux(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("tmux", ["-L", socket, "-f", "/dev/null", ...args], {
    encoding: "utf8",
    timeout: 5000,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

let terminals = 0;

async function open(
  command: "pyrunner" | "jsrunner",
  { args = "", columns = 80, env = "" }: { args?: string; columns?: number; env?: string } = {},
): Promise<Terminal> {
  const name = `t${++terminals}`;
  const program = `${process.execPath} ${join(packageRoot(), "dist", `${command}.cjs`)}`;
  const settings = `XDG_STATE_HOME=${folder} TERM=screen-256color ${env}`;
  tmux(
    "new-session",
    "-d",
    "-s",
    name,
    "-x",
    String(columns),
    "-y",
    "30",
    `cd ${folder}; env ${settings} ${program} ${args}; echo "[exit $?]"; exec sleep 60`,
  );
  const screen = (options: string[] = []) =>
    tmux("capture-pane", "-p", "-t", name, ...options).replace(/[ \n]+$/, "");
  const terminal: Terminal = {
    type(...keys) {
      for (const key of keys) {
        if (key.startsWith("^")) tmux("send-keys", "-t", name, key.slice(1));
        else tmux("send-keys", "-t", name, "-l", key);
      }
    },
    paste(text) {
      const file = join(folder, "paste");
      writeFileSync(file, text);
      tmux("load-buffer", file);
      tmux("paste-buffer", "-p", "-t", name);
    },
    async see(pattern) {
      const end = performance.now() + longestWaitMs;
      for (;;) {
        const text = screen();
        if (pattern.test(text)) return text;
        if (performance.now() > end) assert.fail(`no ${pattern} on the screen:\n${text}`);
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    },
    screen,
    resize(width) {
      tmux("resize-window", "-t", name, "-x", String(width));
    },
  };
  // What is typed before that goes to the terminal's own line.
  await terminal.see(/(?:^|\n)>+$/);
  return terminal;
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm-repl-test-"));
});

after(() => {
  if (!tmuxMissing) spawnSync("tmux", ["-L", socket, "kill-server"]);
  rmSync(folder, { recursive: true, force: true });
});

test("Python's prompt edits blocks, shows values and keeps _", { skip }, async () => {
  const terminal = await open("pyrunner");
  await terminal.see(/^pyrunner .*CPython 3\.14.*no mounts.*1024 MiB.*\n>>>$/);
  terminal.type("def f(x):", "^Enter", "return x * 2", "^Enter", "^Enter");
  await terminal.see(/>>> def f\(x\):\n\.\.\. {5}return x \* 2\n\.\.\.\n>>>$/);
  terminal.type("f(21)", "^Enter");
  await terminal.see(/42\n>>>$/);
  terminal.type("_ + 1", "^Enter");
  await terminal.see(/43\n>>>$/);
  terminal.type("1/0", "^Enter");
  await terminal.see(
    /Traceback.*\n {2}File "<input 4>", line 1, in <module>\n {4}1\/0\n {4}~\^~\nZeroDivisionError: division by zero\n>>>$/,
  );
  assert.ok(
    terminal.screen(["-e"]).includes("[1m\x1b[35mZeroDivisionError") ||
      terminal.screen(["-e"]).includes("35mZeroDivisionError"),
  );
  terminal.type("^C-d");
  await terminal.see(/\[exit 0\]$/);
});

test("JavaScript's prompt goes on until a statement is complete, and colours values as Node.js does", {
  skip,
}, async () => {
  const terminal = await open("jsrunner");
  await terminal.see(/^jsrunner .*QuickJS.*\n>$/);
  terminal.type("function f(x) {", "^Enter", "return [x, 'a']", "^Enter", "}", "^Enter");
  await terminal.see(/> function f\(x\) \{\n\| {3}return \[x, 'a'\]\n\|.*\}\n>$/);
  terminal.type("f(1)", "^Enter");
  await terminal.see(/\[ 1, 'a' \]\n>$/);
  assert.match(terminal.screen(["-e"]), /\[ .*33m1.*, .*32m'a'/);
  terminal.type("_.length", "^Enter");
  await terminal.see(/\n2\n>$/);
  terminal.type("await new Promise(go => setTimeout(() => go('later'), 20))", "^Enter");
  await terminal.see(/\n'later'\n>$/);
  terminal.type("nope", "^Enter");
  await terminal.see(/Uncaught ReferenceError: nope is not defined[\s\S]*>$/);
  terminal.type("let x = )", "^Enter");
  await terminal.see(/Uncaught SyntaxError[\s\S]*>$/);
  terminal.type(".exit", "^Enter");
  await terminal.see(/\[exit 0\]$/);
});

test("Ctrl-C clears the line, and stops a cell that keeps its state, in both languages", {
  skip,
}, async () => {
  for (const [command, set, loop] of [
    ["pyrunner", "kept = 5", "while True: pass"],
    ["jsrunner", "let kept = 5", "while (true) {}"],
  ] as const) {
    const terminal = await open(command, { args: "-q" });
    terminal.type("half a line", "^C-c");
    await terminal.see(/half a line\n>+$/);
    terminal.type(set, "^Enter", loop, "^Enter");
    if (command === "pyrunner") terminal.type("^Enter");
    await terminal.see(/(?:pass\n\.\.\.|\(true\) \{\})$/);
    terminal.type("^C-c");
    await terminal.see(/Interrupt[\s\S]*\n>+$/);
    terminal.type("kept", "^Enter");
    await terminal.see(/\n5\n>+$/);
  }
});

test("input and prompt read from the terminal, and Ctrl-C stops them too", { skip }, async () => {
  for (const [command, ask] of [
    ["pyrunner", "name = input('Who? ')"],
    ["jsrunner", "var name = prompt('Who? ')"],
  ] as const) {
    const terminal = await open(command, { args: "-q" });
    terminal.type(ask, "^Enter");
    await terminal.see(/\nWho\?$/);
    terminal.type("Annx", "^BSpace", "a", "^Enter");
    await terminal.see(/\nWho\? +Anna\n>+$/);
    terminal.type("name", "^Enter");
    await terminal.see(/\n'Anna'\n>+$/);
    terminal.type(ask, "^Enter");
    await terminal.see(/\nWho\?$/);
    terminal.type("^C-c");
    await terminal.see(/Interrupt[\s\S]*\n>+$/);
    terminal.type("name", "^Enter");
    await terminal.see(/'Anna'\n>+$/);
  }
});

test("the history keeps entries of many lines whole, is private, and is searched with Ctrl-R", {
  skip,
}, async () => {
  const first = await open("pyrunner", { args: "-q" });
  first.type("for n in [1, 2]:", "^Enter", "print(n * 100)", "^Enter", "^Enter");
  await first.see(/100\n200\n>>>$/);
  first.type("'other'", "^Enter", "^C-d");
  await first.see(/\[exit 0\]$/);
  const path = join(folder, "wasm-repl", "python-history.jsonl");
  assert.ok(readFileSync(path, "utf8").includes(JSON.stringify("for n in [1, 2]:\n    print(n * 100)")));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const second = await open("pyrunner", { args: "-q" });
  await second.see(/^>>>$/);
  second.type("^Up");
  await second.see(/^>>> 'other'$/);
  second.type("^C-u", "^C-r", "n * 1");
  await second.see(/^>>> for n in \[1, 2\]:\n\.\.\. {5}print\(n \* 100\)\n\(search\) n \* 1$/);
  second.type("^End", "^Enter", "^Enter");
  await second.see(/100\n200\n>>>$/);
});

test("undo gives back a list, a module's state and a file in memory; redo takes that back", {
  skip,
}, async () => {
  const terminal = await open("pyrunner", { args: "-q" });
  terminal.paste("import json\nitems = [1]\njson.mine = 'old'\n_ = open('f', 'w').write('one')\n");
  terminal.type("^Enter");
  await terminal.see(/\n>>>$/);
  terminal.type("items.append(2); json.mine = 'new'; print(open('f', 'w').write('two'))", "^Enter");
  await terminal.see(/\n3\n>>>$/);
  terminal.type(".undo", "^Enter");
  await terminal.see(/undid 1 cell\n>>>$/);
  terminal.type("items, json.mine, open('f').read()", "^Enter");
  await terminal.see(/\(\[1\], 'old', 'one'\)\n>>>$/);
  terminal.type(".undo", "^Enter", ".redo 2", "^Enter");
  await terminal.see(/redid 1 cell\n>>>$/);
  terminal.type(".undo 9", "^Enter");
  await terminal.see(/undid 2 cells\n>>>$/);
  terminal.type("items", "^Enter");
  await terminal.see(/NameError[\s\S]*>>>$/);
});

test("Tab completes from the live session without running properties", { skip }, async () => {
  const python = await open("pyrunner", { args: "-q" });
  python.paste("class K:\n    @property\n    def prop(self): print('RAN')\nd = {'alpha': K()}\n");
  python.type("^Enter");
  await python.see(/\n>>>$/);
  python.type("d['al", "^Tab");
  await python.see(/>>> d\['alpha'\]$/);
  python.type("^C-c", "K().prop = 1", "^C-c", "k = K()", "^Enter", "k.pr", "^Tab");
  await python.see(/>>> k\.prop$/);
  python.type("^C-c", "import jso", "^Tab");
  await python.see(/>>> import json$/);
  assert.doesNotMatch(python.screen(), /\nRAN/);
  const script = await open("jsrunner", { args: "-q" });
  script.type("let o = { get bad() { print('RAN') }, alpha: 1 }; 0", "^Enter");
  await script.see(/\n0\n>$/);
  script.type("o.", "^Tab", "^Tab");
  await script.see(/> o\.\nalpha {2}bad$/);
  script.type("al", "^Tab");
  await script.see(/> o\.alpha$/);
  assert.doesNotMatch(script.screen(), /\nRAN/);
});

test("await, tasks and asyncio.run work at Python's prompt", { skip }, async () => {
  const terminal = await open("pyrunner", { args: "-q" });
  terminal.paste("import asyncio\nasync def f(n):\n    await asyncio.sleep(0.01)\n    return n\n");
  terminal.type("^Enter");
  await terminal.see(/\n>>>$/);
  terminal.type("await asyncio.gather(f(1), f(2))", "^Enter");
  await terminal.see(/\n\[1, 2\]\n>>>$/);
  terminal.type("asyncio.run(f(4))", "^Enter");
  await terminal.see(/\n4\n>>>$/);
});

test("a paste of 1,000 lines is one statement and comes up at once", { skip }, async () => {
  const terminal = await open("pyrunner", { args: "-q" });
  await terminal.see(/^>>>$/);
  terminal.paste(Array.from({ length: 1000 }, (_, index) => `v${index} = ${index}`).join("\n"));
  const start = performance.now();
  await terminal.see(/\.\.\. v999 = 999$/);
  assert.ok(performance.now() - start < 2000, `${performance.now() - start} ms`);
  terminal.type("^Enter", "v999 + v1", "^Enter");
  await terminal.see(/\n1000\n>>>$/);
});

test("wide characters, long lines and a changing width leave the line whole", { skip }, async () => {
  const terminal = await open("pyrunner", { args: "-q", columns: 40 });
  await terminal.see(/^>>>$/);
  terminal.type("'日本語 é'", "^Left", "^Left", "^BSpace", "x");
  await terminal.see(/^>>> '日本語xé'$/);
  terminal.type("^C-c", `'${"0123456789".repeat(6)}'`);
  await terminal.see(/>>> '01234567890123456789012345678901234\n5678901234567890123456789'$/);
  terminal.resize(60);
  await terminal.see(/>>> '0123456789012345678901234567890123456789012345678901234\n56789'$/);
  terminal.type("^Enter");
  await terminal.see(/56789'\n'(?:0123456789){5}\n?01234\n?5678\n?9'\n>>>$/);
});

test("fork goes on in a copy, save and load keep a session, and reset forgets all", { skip }, async () => {
  const terminal = await open("jsrunner", { args: "-q" });
  terminal.type("var a = 1; a", "^Enter", ".fork", "^Enter");
  await terminal.see(/comes back\nfork>$/);
  terminal.type("a = 2", "^Enter", ".exit", "^Enter");
  await terminal.see(/forked\n>$/);
  terminal.type("a", "^Enter");
  await terminal.see(/> a\n1\n>$/);
  terminal.type(".save s1", "^Enter");
  await terminal.see(/saved \d+ KiB to s1\n>$/);
  terminal.type(".reset", "^Enter", "typeof a", "^Enter");
  await terminal.see(/'undefined'\n>$/);
  terminal.type(".load s1", "^Enter", "a + 10", "^Enter");
  await terminal.see(/loaded s1\n> a \+ 10\n11\n>$/);
  terminal.type(".load nowhere", "^Enter");
  await terminal.see(/\.load: cannot read nowhere: there is no such file\n>$/);
  terminal.type(".nope", "^Enter");
  await terminal.see(/there is no command \.nope; \.help lists them\n>$/);
});

test("long results are shortened, and .more shows them page by page", { skip }, async () => {
  const terminal = await open("pyrunner", { args: "-q" });
  terminal.type("list(range(30000))", "^Enter");
  await terminal.see(/more characters; \.more shows all\n>>>$/);
  terminal.type(".more", "^Enter");
  const asks = /\n-- more: Space for a page, Enter for a line, q to end --$/;
  const page = await terminal.see(asks);
  assert.match(page, /^\[0, 1, 2, 3/);
  assert.equal(page.split("\n").length, 30);
  terminal.type("^Enter");
  await terminal.see(/^(?!\[)[\s\S]*-- more: Space/);
  assert.equal((await terminal.see(asks)).split("\n")[0], page.split("\n")[1]);
  terminal.type(" ");
  const next = await terminal.see(new RegExp(`^(?!${page.split("\n")[1]})[\\s\\S]*-- more`));
  assert.equal(next.split("\n").length, 30);
  terminal.type("q");
  await terminal.see(/\n>>>$/);
});

test("edit takes the next cell from $EDITOR", { skip }, async () => {
  const editor = join(folder, "editor");
  writeFileSync(editor, "#!/bin/sh\necho '6 * 7' > \"$1\"\n", { mode: 0o755 });
  const terminal = await open("pyrunner", { args: "-q", env: `EDITOR=${editor}` });
  terminal.type(".edit", "^Enter");
  await terminal.see(/>>> 6 \* 7$/);
  terminal.type("^Enter");
  await terminal.see(/\n42\n>>>$/);
});

test("-i goes on after a program, and exit codes are passed on", { skip }, async () => {
  const terminal = await open("pyrunner", { args: `-i -c "x = 40"` });
  await terminal.see(/^>>>$/);
  terminal.type("x + 2", "^Enter");
  await terminal.see(/\n42\n>>>$/);
  terminal.type("import sys; sys.exit(3)", "^Enter");
  await terminal.see(/\[exit 3\]$/);
});

test("a limit that strikes says what became of the state, and .limits lists what is in force", {
  skip,
}, async () => {
  const terminal = await open("pyrunner", { args: "-q --timeout 300ms --mount /usr:/mnt" });
  terminal.type("kept = 1", "^Enter", "while True: pass", "^Enter", "^Enter");
  await terminal.see(/its time limit of 0\.3 s is over\.\nThe session's state is kept\.\n>>>$/);
  terminal.type("kept", "^Enter", ".limits", "^Enter");
  await terminal.see(/\n1\n>>> \.limits\ntime of a cell +0\.3 s\nmemory +1024 MiB\n[\s\S]*>>>$/);
  terminal.type(".mounts", "^Enter");
  await terminal.see(/\/mnt {2}\/usr {2}ro\n>>>$/);
  terminal.type(".time 6 * 7", "^Enter");
  await terminal.see(/42\n[\d.]+ ms\n>>>$/);
});

test("a terminal without colours gets none, and a dumb one gets plain lines", { skip }, async () => {
  const plain = await open("jsrunner", { args: "-q", env: "NO_COLOR=1" });
  plain.type("[1, 'a']", "^Enter");
  await plain.see(/\[ 1, 'a' \]\n>$/);
  assert.ok(!plain.screen(["-e"]).includes("\x1b["));
  const dumb = await open("pyrunner", { args: "-q", env: "TERM=dumb" });
  await dumb.see(/^>>>$/);
  dumb.type("for n in [1]:", "^Enter");
  await dumb.see(/\n\.\.\.$/);
  dumb.type("  print(n + 1)", "^Enter");
  await dumb.see(/\+ 1\)\n\.\.\.$/);
  dumb.type("^Enter");
  await dumb.see(/\n\.\.\.\n2\n>>>$/);
  // The terminal itself forgets what is unread when Ctrl-C is pressed, so the cell must be running by then.
  dumb.type("import time; print('on'); time.sleep(60)", "^Enter");
  await dumb.see(/\non$/);
  dumb.type("^C-c");
  await dumb.see(/KeyboardInterrupt\n>>>$/);
});

test("what is no terminal gets no prompt", () => {
  const path = join(packageRoot(), "dist", "pyrunner.cjs");
  const { stdout, status } = spawnSync(process.execPath, [path, "-i"], {
    input: "print(1)",
    encoding: "utf8",
  });
  assert.deepEqual([stdout, status], ["1\n", 0]);
});
