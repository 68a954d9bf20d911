// What a person does at the prompts, on a pseudo-terminal.
//
// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what is looked for
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { run } from "./commands.mjs";
import { command, startOnTerminal } from "./on-terminal.mjs";
import { skipStock, unpackStockBuild } from "./stock-build.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-prompt-test-"));
after(() => rmSync(folder, { recursive: true }));

const ready = /> $/;

/** Starts a prompt, and waits for it. */
async function open(name, args = ["-q"], env = {}) {
  return openWith(command(name, ...args), env);
}

async function openWith(words, env = {}) {
  const { type, see, shown, ended } = startOnTerminal(words, {
    cwd: folder,
    env: { ...process.env, TERM: "xterm-256color", XDG_STATE_HOME: folder, ...env },
  });
  let from = 0;
  const terminal = {
    ended,
    /** Types, and waits until what is shown from then on matches. Patterns speak of lines without `\r`. */
    async press(keys, pattern) {
      from = shown().length;
      type(keys);
      await terminal.see(pattern);
    },
    enter: (line, pattern = ready) => terminal.press(`${line}\r`, pattern),
    see: (pattern) => see(onTerminal(pattern), from),
    type,
  };
  await terminal.see(ready);
  return terminal;
}

function onTerminal({ source }) {
  return new RegExp(source.replaceAll("\\n", "\\r*\\n\\r*").replace(/ ?\$$/, " *\\r*$"));
}

/** The process of ours that was started with these words. */
async function processOf(words) {
  const child = spawn("pgrep", ["-f", `^[^ ]*node [^ ]*${words}`]);
  child.stdout.setEncoding("utf8");
  let ids = "";
  for await (const chunk of child.stdout) ids += chunk;
  return Number(ids.trim());
}

/** The command in a shell with jobs: each time it is stopped, the shell says how the terminal is, and reads a line. */
function inShell(...words) {
  const asShell = `if [ -n "$(jobs -s)" ]; then
    echo "stopped: $(stty -a | grep -o '.icanon')"; read -r line; echo "shell got $line"; fg; fi`;
  // In a loop of bash's, a stop ends the loop.
  return ["bash", "-c", `set -m; "$@"\n${asShell}\n${asShell}\necho over`, "bash", ...words];
}

test("Ctrl-Z stops the prompt with the terminal as it was, and what was typed is still there afterwards", async () => {
  for (const [name, shown] of [
    ["pyrunner", /\n42\n/],
    ["jsrunner", /\n42\n/],
  ]) {
    const terminal = await openWith(inShell(...command(name, "-q")));
    await terminal.press("6 *", /> 6 \*$/);
    await terminal.press("\x1a", /stopped: +icanon/);
    await terminal.enter("a line", /shell got a line[\s\S]*> 6 \*$/);
    await terminal.enter(" 7", shown);
    terminal.type("\x04");
    const { screen } = await terminal.ended;
    // The mode for pastes is the prompt's, not the shell's.
    assert.match(screen, /\x1b\[\?2004l[^h]*stopped/);
    assert.match(screen, /over/);
  }
});

test("Ctrl-Z stops a running cell, which goes on afterwards, with its colours put back meanwhile", async () => {
  const terminal = await openWith(inShell(...command("pyrunner", "-q")));
  const code = "print('\\x1b[31mred\\x1b[?25l', end='', flush=True); name = input('? ')";
  await terminal.enter(code, /red\? $/);
  await terminal.press("ab", /red\? ab$/);
  await terminal.press("\x1a", /stopped: +icanon/);
  await terminal.enter("x", /shell got x[\s\S]*red\? ab$/);
  await terminal.enter("c", /abc\n>>> $/);
  await terminal.enter("import time; print('on'); time.sleep(0.5); print(name)", /\non\n/);
  await terminal.press("\x1a", /stopped: +icanon/);
  await terminal.enter("y", /shell got y[\s\S]*\nabc\n>>> $/);
  terminal.type("\x04");
  const { screen } = await terminal.ended;
  assert.match(screen, /red\x1b\[\?25l[\s\S]*\x1b\[0m\x1b\[\?25h[\s\S]*stopped/);
});

test("a stop that comes as a signal gives the terminal back too", async () => {
  const mark = `A=${folder}`;
  const terminal = await openWith(inShell(...command("pyrunner", "-q", "--env", mark)));
  process.kill(await processOf(`pyrunner.cjs -q --env ${mark}`), "SIGTSTP");
  await terminal.see(/stopped: +icanon/);
  await terminal.enter("z", /shell got z[\s\S]*>>> $/);
  await terminal.enter("6 * 7", /\n42\n/);
  terminal.type("\x04");
  await terminal.ended;
});

test("bare exit and quit leave Python, and are values where they are names of the session's", async () => {
  for (const word of ["exit", " quit "]) {
    const terminal = await open("pyrunner");
    await terminal.enter("import atexit; _ = atexit.register(print, 'bye')");
    terminal.type(`${word}\r`);
    const { code, screen } = await terminal.ended;
    assert.equal(code, 0);
    assert.match(screen, /bye/);
  }
  const terminal = await open("pyrunner");
  await terminal.enter("exit = 5");
  await terminal.enter("exit", /\n5\n/);
  await terminal.enter("del exit");
  await terminal.enter("exit.eof", /'Ctrl-D/);
  terminal.type("exit(3)\r");
  assert.equal((await terminal.ended).code, 3);
});

test("JavaScript's prompt takes braces for an object, keeps the last error, and gives up with .break", async () => {
  const terminal = await open("jsrunner");
  await terminal.enter("{a: 1}", /\{ a: 1 \}\n> $/);
  await terminal.enter("throw new TypeError('boom')", /Uncaught TypeError: boom[\s\S]*> $/);
  await terminal.enter("_error.message + '!'", /'boom!'\n> $/);
  await terminal.enter("let q = {", /\| +$/);
  await terminal.enter("a: 1,\r.break", /\.break\n> $/);
  await terminal.enter("function f() {", /\| {3}$/);
  await terminal.enter("return 7", /return 7\n\| {3}$/);
  await terminal.press("}", /\| }$/);
  await terminal.enter("");
  await terminal.enter("f() * 6", /\n42\n> $/);
  await terminal.enter(".break");
  terminal.type(".exit\r");
  assert.equal((await terminal.ended).code, 0);
});

test("Tab completes commands, attributes of literals and calls, and arguments by name", async () => {
  const python = await open("pyrunner");
  for (const [typed, completed] of [
    [".sa\t", /> \.save$/],
    [".t\t", /> \.time$/],
    ['"".jo\t', /> "".join$/],
    ["[].app\t", /> \[\]\.append$/],
    ["open('x').readlines().app\t", /readlines\(\)\.append$/],
    ["sorted([2, 1], ke\t", /> sorted\(\[2, 1\], key=$/],
    [".time sorted([2, 1], ke\t", /> \.time sorted\(\[2, 1\], key=$/],
  ]) {
    await python.press(typed, completed);
    await python.press("\x03", ready);
  }
  await python.press(".l\t\t", /\.limits +\.load/);
  python.type("\x03\x04");
  await python.ended;
  const script = await open("jsrunner");
  for (const [typed, completed] of [
    ['"".toUp\t', /> "".toUpperCase$/],
    ["[1].map(String).fla\t\t\t", /flat +flatMap/],
    ["new Map().cl\t", /\.clear$/],
  ]) {
    await script.press(typed, completed);
    await script.press("\x03", ready);
  }
  script.type("\x04");
  await script.ended;
});

test("Esc in a search gives back what was typed", async () => {
  const terminal = await open("pyrunner");
  await terminal.enter("'needle'", /'needle'\n>>> $/);
  await terminal.press("abc\x12", /\(search\)/);
  await terminal.press("nee", /> 'needle'[\s\S]*\(search\) nee/);
  await terminal.press("\x1b", />>> abc$/);
  terminal.type("\x03\x04");
  await terminal.ended;
});

test(".load is a step that .undo takes back", async () => {
  for (const name of ["pyrunner", "jsrunner"]) {
    const terminal = await open(name);
    await terminal.enter("v = 1");
    await terminal.enter(`.save ${name}.saved`, /saved \d+ KiB[\s\S]*> $/);
    await terminal.enter("v = 2");
    await terminal.enter(`.load ${name}.saved`, /loaded[\s\S]*> $/);
    await terminal.enter("v", /\n1\n[>]+ $/);
    await terminal.enter(".undo 2", /undid 2 cells[\s\S]*> $/);
    await terminal.enter("v", /\n2\n[>]+ $/);
    await terminal.enter(".undo 2", /undid 2 cells[\s\S]*> $/);
    await terminal.enter("v", /\n1\n[>]+ $/);
    terminal.type("\x04");
    assert.equal((await terminal.ended).code, 0);
  }
});

test("no frame of ours is in a traceback, be it a cause's, a group's or an interrupted loop's", async () => {
  const terminal = await open("pyrunner");
  await terminal.enter("import asyncio");
  await terminal.enter("async def bad(): 1/0\r", /\.\.\. \n>>> $/);
  await terminal.enter("t = asyncio.create_task(bad()); await asyncio.sleep(0)");
  await terminal.enter(
    "raise ValueError('x') from t.exception()",
    /ZeroDivisionError[\s\S]*ValueError: x\n>>> $/,
  );
  await terminal.enter("await asyncio.gather(bad(), bad())", /\nZeroDivisionError: [^\n]*\n>>> $/);
  await terminal.enter("async def wait(): print('on'); await asyncio.sleep(100)\r", /\.\.\. \n>>> $/);
  await terminal.enter("asyncio.run(wait())", /\non\n/);
  await terminal.press("\x03", /KeyboardInterrupt\n>>> $/);
  terminal.type("\x04");
  assert.doesNotMatch((await terminal.ended).screen, /driver/);
});

test("a paste without brackets, blank lines and all, is one entry", async () => {
  const terminal = await open("pyrunner");
  await terminal.enter("class A:\r    x = 1\r\r\r    y = 2\r\rA.x, A.y", /\n\(1, 2\)\n>>> $/);
  terminal.type("\x04");
  const { screen } = await terminal.ended;
  assert.doesNotMatch(screen, /Error/);
});

test("console.log colours values on a terminal, and not with NO_COLOR", async () => {
  for (const [env, shown] of [
    [{}, "{ a: \x1b[33m1\x1b[0m, b: \x1b[32m'x'\x1b[0m } plain"],
    [{ NO_COLOR: "1" }, "{ a: 1, b: 'x' } plain"],
  ]) {
    const terminal = await open("jsrunner", ["-q"], env);
    await terminal.enter("console.log({ a: 1, b: 'x' }, 'plain')", /\n[^\n]*} plain\n> $/);
    terminal.type("\x04");
    const { screen } = await terminal.ended;
    assert.ok(screen.includes(shown), JSON.stringify(screen));
  }
});

test(".more shows a long text page by page", async () => {
  const terminal = await open("pyrunner");
  const lines = "type('L', (), {'__repr__': lambda _: '\\n'.join(f'<{n}>' for n in range(100))})()";
  await terminal.enter(lines, /<58>[\s\S]*\.more shows all[\s\S]*>>> $/);
  await terminal.enter(".more", /<22>\n-- more: Space for a page, Enter for a line, q to end --$/);
  await terminal.enter("", /<23>\n-- more: [^<]*$/);
  await terminal.press(" ", /<24>[\s\S]*<46>\n-- more: [^<]*$/);
  await terminal.press("q", ready);
  await terminal.enter(".more", /<22>\n-- more: [^<]*$/);
  await terminal.press("    ", /<99>\n>>> $/);
  terminal.type("\x04");
  await terminal.ended;
});

test("--session keeps the prompt's session in its file, however the prompt ends", async () => {
  for (const [name, show] of [
    ["pyrunner", (file) => ["pyrunner", ["--session", file, "--read-only", "-c", "print(kept)"]]],
    ["jsrunner", (file) => ["jsrunner", ["--session", file, "--read-only", "-e", "console.log(kept)"]]],
  ]) {
    const file = join(folder, `${name}.session`);
    const kept = async () => (await run(...show(file))).stdout;
    const args = ["-q", "--session", file];

    const first = await open(name, args);
    await first.enter("kept = 1");
    first.type("\x04");
    assert.equal((await first.ended).code, 0);
    assert.equal(await kept(), "1\n");
    assert.equal(statSync(file).mode & 0o777, 0o600);

    const second = await open(name, args);
    await second.enter("kept + 1", /\n2\n[>]+ $/);
    const other = await run(name, [...args, ...show(file)[1].slice(-2)]);
    assert.equal(other.code, 2, "it is in use");
    await second.enter("kept = 5");
    // It is saved while the prompt waits.
    while ((await kept()) !== "5\n");
    process.kill(await processOf(`${name}.cjs -q --session ${file}`), "SIGKILL");
    await second.ended;
    assert.equal(await kept(), "5\n");

    const third = await open(name, args);
    await third.enter("kept = 6");
    await third.enter(".fork", /comes back\nfork[>]+ $/);
    await third.enter("kept = 7");
    await third.enter(".exit", /back in[^\n]*\n[>]+ $/);
    await third.enter(".undo", /undid 1 cell\n[>]+ $/);
    process.kill(await processOf(`${name}.cjs -q --session ${file}`), "SIGTERM");
    const { signal, screen } = await third.ended;
    assert.equal(signal, "SIGTERM");
    assert.match(screen, /\x1b\[\?2004l$/);
    assert.equal(await kept(), "5\n");

    // A terminal that goes is told by the shell and by the system.
    const fourth = await open(name, args);
    await fourth.enter("kept = 8");
    const id = await processOf(`${name}.cjs -q --session ${file}`);
    process.kill(id, "SIGHUP");
    try {
      process.kill(id, "SIGHUP");
    } catch (error) {
      // It has ended already.
      assert.equal(error.code, "ESRCH");
    }
    assert.equal((await fourth.ended).signal, "SIGHUP");
    assert.equal(existsSync(`${file}.lock`), false);
    assert.equal(await kept(), "8\n");

    const readOnly = await open(name, [...args, "--read-only"]);
    await readOnly.enter("kept = 9");
    readOnly.type("\x04");
    assert.equal((await readOnly.ended).code, 0);
    assert.equal(await kept(), "8\n");
  }
});

test("a cell that waits shows its calls, and .resume, .save, .load, .fork and .undo work with it", async () => {
  const functions = join(folder, "functions.json");
  writeFileSync(functions, '{"ask":{"style":"async"}}');
  const saved = join(folder, "waits.saved");
  const terminal = await open("pyrunner", ["-q", "--functions", functions]);
  await terminal.enter('open("a.txt", "w").write("abc") and None');
  await terminal.enter(".files", /\n3 {2}a\.txt\n>>> $/);
  await terminal.enter(".files /none", /\.files: .*no such file.*\n>>> $/);
  await terminal.enter(
    'x = await ask(5, why="\\x1b[2J")',
    /c1 waits for an answer: ask\(5, why="\\u001b\[2J"\)\n/,
  );
  await terminal.see(/\.resume CALL VALUE goes on[\s\S]*>>> $/);
  await terminal.enter("1 + 1", /a cell is suspended and waits for c1: .*\n>>> $/);
  await terminal.enter(".files", /\n3 {2}a\.txt\n>>> $/);
  await terminal.enter(`.save ${saved}`, /saved \d+ KiB[\s\S]*>>> $/);
  await terminal.enter(".resume", /c1 waits for an answer[\s\S]*>>> $/);
  await terminal.enter(".resume c2 1", /no call "c2" is pending; pending are c1\n>>> $/);
  await terminal.enter(".resume c1 {", /must be JSON[\s\S]*>>> $/);
  await terminal.enter(".resume c1 12345678901234567890", /would be rounded\n>>> $/);
  await terminal.enter(".fork", /fork>>> $/);
  await terminal.enter(".resume c1 !KeyError: no", /KeyError: 'no'\nfork>>> $/);
  await terminal.enter(".exit", /\n>>> $/);
  await terminal.enter('.resume c1 {"a": [1]}', /\n>>> $/);
  await terminal.enter("x", /\{'a': \[1\]\}\n>>> $/);
  await terminal.enter(".resume c1 1", /no suspended run.*\n>>> $/);
  await terminal.enter(`.load ${saved}`, /loaded[^\n]*\n.*waits for c1; \.resume tells more\n>>> $/);
  await terminal.enter(".undo", /undid 1 cell\n>>> $/);
  await terminal.enter("x", /\{'a': \[1\]\}\n>>> $/);
  await terminal.press(".re\t\t", /\.redo +\.reset +\.resume/);
  await terminal.press("\x03.help\r", /\.resume +tell what[\s\S]*\.files \[DIR\][\s\S]*>>> $/);
  await terminal.enter("await ask(6)", /c2 waits[\s\S]*>>> $/);
  terminal.type("\x04");
  const { code } = await terminal.ended;
  assert.equal(code, 0);
});

test("--session says in the banner where it is, and refuses what is no session", async () => {
  const file = join(folder, "new.session");
  const terminal = await open("pyrunner", ["--session", file, "-i", "-c", "from_program = 1"]);
  await terminal.enter("from_program + 1", /\n2\n/);
  terminal.type("\x04");
  await terminal.ended;
  assert.ok(existsSync(file));
  const banner = await open("pyrunner", ["--session", file]);
  await banner.see(/session\s[^·]*new\.session ·/);
  banner.type("\x04");
  await banner.ended;
  writeFileSync(file, "no session");
  const { code, screen } = await startOnTerminal(command("pyrunner", "--session", file)).ended;
  assert.equal(code, 1);
  assert.match(screen, /pyrunner: .*snapshot/);
  assert.equal(readFileSync(file, "utf8"), "no session");
});

test("the banner names the build that --runtime gives", { skip: skipStock }, async () => {
  const directory = join(folder, "stock");
  await unpackStockBuild(directory);
  const terminal = await open("pyrunner", ["--runtime", directory]);
  await terminal.enter("import sys; print('<' + sys.version.split()[0] + '>')", /<3\.\d+\.\d+>/);
  terminal.type("\x04");
  const { screen } = await terminal.ended;
  const [, version] = /<(3\.\d+\.\d+)>/.exec(screen);
  assert.match(screen.replace(/\s+/g, " "), new RegExp(`\\(CPython ${version.replaceAll(".", "\\.")}, `));
});
