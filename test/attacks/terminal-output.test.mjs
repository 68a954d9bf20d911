// On a terminal a guest's output is text, colours, cursor movement and erasing. It sets no clipboard and no title, and
// asks the terminal nothing: answers would be typed into the user's shell.
//
// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what is looked for
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import wabt from "wabt";
import { finish, run, start } from "../commands.mjs";
import { command, runOnTerminal, startOnTerminal } from "../on-terminal.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-terminal-output-"));
after(() => rmSync(folder, { recursive: true }));

/** Each between two letters, which stay. */
const attacks = [
  "\x1b]52;c;aGVsbG8=\x07",
  "\x1b]0;title\x1b\\",
  "\x1b]2;title\x07",
  "\x1b[6n",
  "\x1b[5n",
  "\x1b[?15n",
  "\x1b[c",
  "\x1b[>0c",
  "\x1b[21t",
  "\x1b[>q",
  "\x1b]11;?\x07",
  "\x1b]4;1;?\x1b\\",
  "\x1bP$qm\x1b\\",
  "\x1bP+q544e\x1b\\",
  "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
  "\x1b^private\x1b\\",
  "\x1bXstart\x1b\\",
  "\x1bktitle\x1b\\",
  "\x05",
  "\x07",
  "\x0e",
  "\x1b(0",
  "\x1bc",
  "\x1b[!p",
  "\x1b[?1049h",
  "\x1b[?1003h",
  "\x1b[>4;2m",
  "\x1b[3J",
  "\x1b[9b",
  "\u009b6n",
  "\u009d0;title\u009c",
  "\u0090$qm\u009c",
];
const names = attacks.map((_, index) => `<${index}>`);
const payload = `${attacks.map((attack, index) => `${names[index]}${attack}`).join("")}<end>`;
/** An operating system command that does not end. */
const unfinished = "\x1b]0;title";
const colored = "\x1b[1;32mgreen\x1b[0m \x1b[38;5;208morange\x1b[39m";
const moved = "\x1b[2Cright\x1b[1D\x1b[K\r\b\t";

const literal = (text) => JSON.stringify(text);

/** @param ours Sequences that the command itself sends. */
function assertHarmless(screen, ours = /(?!)/g) {
  const rest = screen
    .replace(ours, "")
    .replace(
      /\x1b(?:\[(?:[0-9;:]*m|[0-9]{0,4}[A-G@LMPSTX`ade]|[0-9]*;?[0-9]*[Hf]|[0-2]?[JK]|\?25[hl])|[78])/g,
      "",
    );
  const found = /[\s\S]{0,20}[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f][\s\S]{0,20}/.exec(rest);
  assert.equal(found, null, `the terminal was sent ${literal(found?.[0])}`);
}

function assertText(screen) {
  assert.ok(screen.includes(`${names.join("")}<end>`), literal(screen));
}

/** A module that writes texts, each to standard output or error, and then traps if it is to. */
async function moduleThatWrites(name, pieces, { traps = false } = {}) {
  const { parseWat } = await wabt();
  const quoted = (bytes) => Array.from(bytes, (byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
  let address = 64;
  let data = "";
  let calls = "";
  for (const { descriptor = 1, bytes } of pieces) {
    data += `(data (i32.const ${address}) "${quoted(bytes)}")`;
    calls += `(i32.store (i32.const 0) (i32.const ${address}))
      (i32.store (i32.const 4) (i32.const ${bytes.length}))
      (drop (call $write (i32.const ${descriptor}) (i32.const 0) (i32.const 1) (i32.const 8)))`;
    address += bytes.length;
  }
  const text = `(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1) ${data}
    (func (export "_start") ${calls} ${traps ? "(unreachable)" : ""}))`;
  const module = parseWat(name, text);
  writeFileSync(join(folder, name), module.toBinary({}).buffer);
  return join(folder, name);
}

/** All bytes that the terminal is sent; `runOnTerminal` gives what can be read of them. */
async function bytesOnTerminal(words) {
  const line = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const child = spawn("script", ["--quiet", "--flush", "--command", line, "/dev/null"]);
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  return Buffer.concat(chunks);
}

const python = (text) => `import sys; sys.stdout.write(${literal(text)})`;
const script = (text) => `process.stdout.write(${literal(text)})`;

test("what a program prints on a terminal steers it in no way but by colours, movements and erasing", async () => {
  const text = `${payload}\n${colored}\n${moved}\n`;
  const session = (name) => ["--session", join(folder, name)];
  for (const words of [
    command("pyrunner", "-c", python(text)),
    command("pyrunner", "-c", python(text).replaceAll("stdout", "stderr")),
    command("pyrunner", ...session("py"), "-c", python(text)),
    command("jsrunner", "-e", script(text)),
    command("jsrunner", "-e", script(text).replaceAll("stdout", "stderr")),
    command("jsrunner", "--timeout", "1m", "-e", script(text)),
    command("jsrunner", ...session("js"), "-e", script(text)),
    command("jsrunner", "-p", literal(text)),
    command("jsrunner", ...session("js2"), "-p", `Symbol(${literal(text)})`),
    command("wasirun", await moduleThatWrites("output.wasm", [{ bytes: Buffer.from(text) }])),
    command("wasirun", await moduleThatWrites("error.wasm", [{ descriptor: 2, bytes: Buffer.from(text) }])),
  ]) {
    const { screen, code } = await runOnTerminal(words);
    assert.equal(code, 0);
    assertHarmless(screen);
    assertText(screen);
    assert.ok(screen.includes(`\n${colored}\n${moved}`), literal(screen));
  }
});

test("a sequence that is written in pieces, to both streams in turn, or not to its end does not get through", async () => {
  const pieces = Array.from("<a>\x1b[6n<b>\x1b]0;title\x07<c>\u009b5n<d>\x1b[32mx", (piece) =>
    Buffer.from(piece),
  );
  const turns = pieces.flatMap((bytes) => [{ bytes }, { descriptor: 2, bytes }]);
  const wasm = await moduleThatWrites("pieces.wasm", [
    ...turns,
    { bytes: Buffer.from(`\x1b[0m${unfinished}`) },
  ]);
  const { screen } = await runOnTerminal(command("wasirun", wasm));
  assertHarmless(screen);
  assert.equal(screen, "<<aa>><<bb>><<cc>><<dd>>\x1b[32m\x1b[32mxx\x1b[0m\x1b[0m");
  const code = `import os\nfor b in ${literal("a\x1b[6nb\x1b]0;title")}.encode(): os.write(1, bytes([b]))\nos.write(2, b"n")`;
  assert.equal((await runOnTerminal(command("pyrunner", "-c", code))).screen, "abn");
});

test("bytes that are no UTF-8 reach a terminal as U+FFFD, also those that are C1 controls", async () => {
  const bytes = Buffer.from("<\x9b6n\x9d0;x\x9c\xc0\x9b\xff>", "latin1");
  const expected = new TextDecoder().decode(bytes);
  const code = `import os; os.write(1, bytes.fromhex(${literal(bytes.toString("hex"))}))`;
  assert.equal(
    (await bytesOnTerminal(command("pyrunner", "-c", code))).toString("latin1"),
    Buffer.from(expected).toString("latin1"),
  );
  const wasm = await moduleThatWrites("bytes.wasm", [{ bytes }]);
  assert.equal(
    (await bytesOnTerminal(command("wasirun", wasm))).toString("latin1"),
    Buffer.from(expected).toString("latin1"),
  );
});

test("what an uncaught error says steers the terminal in no other way either", async () => {
  for (const words of [
    command("pyrunner", "-c", `raise ValueError(${literal(payload)})`),
    command("pyrunner", "-c", `exec(compile("1/0", ${literal(payload)}, "exec"))`),
    command("pyrunner", "--session", join(folder, "raised"), "-c", `raise ValueError(${literal(payload)})`),
    command("pyrunner", "-c", `raise SystemExit(${literal(payload)})`),
    command("jsrunner", "-e", `throw new Error(${literal(payload)})`),
    command("jsrunner", "-e", `throw Object.assign(new Error(), { name: ${literal(payload)} })`),
    command("jsrunner", "-p", `Object.defineProperty(() => 1, "name", { value: ${literal(payload)} })`),
  ]) {
    const { screen } = await runOnTerminal(words);
    assertHarmless(screen);
    assertText(screen);
  }
});

test("the commands' own lines quote names of files and imports as text", async () => {
  const name = join(folder, "no\x1b]0;title\x07\x1b[6n\u009b5n\x1b[31msuch");
  for (const words of [
    command("pyrunner", name),
    command("jsrunner", name),
    command("wasirun", name),
    command("pyrunner", `--no\x1b[6nsuch`),
    command("pyrunner", "--session", `${name}/s`, "-c", ""),
  ]) {
    const { screen, code } = await runOnTerminal(words);
    assert.equal(code, 2);
    assertHarmless(screen);
    assert.doesNotMatch(screen, /\x1b/);
    assert.match(screen, /nosuch/);
  }
  const { parseWat } = await wabt();
  const imported = `(module (import "env" "no\\1b]0;title\\07\\1b[6nsuch" (func)) (func (export "_start")))`;
  const path = join(folder, "imports.wasm");
  writeFileSync(path, parseWat("imports.wasm", imported).toBinary({}).buffer);
  const { screen } = await runOnTerminal(command("wasirun", path));
  assert.match(screen, /it imports "env\.no\\u001b\]0;title\\u0007\\u001b\[6nsuch", which is not part/);
});

test("--raw-output lets everything through", async () => {
  for (const words of [
    command("pyrunner", "--raw-output", "-c", python(payload)),
    command("pyrunner", "--raw-output", "--session", join(folder, "raw"), "-c", python(payload)),
    command("jsrunner", "--raw-output", "-e", script(payload)),
    command("jsrunner", "--raw-output", "--timeout", "1m", "-e", script(payload)),
    command("wasirun", "--raw-output", await moduleThatWrites("raw.wasm", [{ bytes: Buffer.from(payload) }])),
  ]) {
    assert.equal((await runOnTerminal(words)).screen, payload);
  }
  assert.equal(
    (await runOnTerminal(command("jsrunner", "--raw-output", "-p", literal(payload)))).screen,
    `${payload}\n`,
  );
  for (const name of ["pyrunner", "jsrunner"]) {
    const { code, stderr } = await run(name, ["--jsonl", "--raw-output"]);
    assert.deepEqual(
      [code, stderr.split(":").slice(0, 2).join(":")],
      [2, `${name}: --raw-output does not go with --jsonl`],
    );
    assert.equal((await run(name, ["--raw-output=no"])).code, 2);
  }
});

test("pipes and files get all bytes as they are, also beside a terminal", async () => {
  const all = Buffer.from(
    [...Array(256).keys(), ...Buffer.from(payload), ...Array(256).keys()].flatMap((byte) => [byte, 65]),
  );
  const wasm = await moduleThatWrites("all.wasm", [{ bytes: all }, { descriptor: 2, bytes: all }]);
  const code = `import os; [os.write(d, bytes.fromhex(${literal(all.toString("hex"))})) for d in (1, 2)]`;
  for (const [name, args] of [
    ["pyrunner", ["-c", code]],
    ["wasirun", [wasm]],
  ]) {
    const { stdout, stderr } = await finish(start(name, args), { binary: true });
    assert.deepEqual([stdout, stderr], [all, all]);
    const files = ["out", "err"].map((file) => join(folder, `${name}.${file}`));
    const opened = files.map((file) => openSync(file, "w"));
    await finish(start(name, args, { stdio: ["ignore", ...opened] }));
    for (const file of opened) closeSync(file);
    for (const file of files) assert.deepEqual(readFileSync(file), all);
    // Standard output is a file, standard error the terminal.
    const mixed = await runOnTerminal(["sh", "-c", '"$@" > "$0"', files[0], ...command(name, ...args)]);
    assert.deepEqual(readFileSync(files[0]), all);
    assertHarmless(mixed.screen);
  }
  const characters = String.fromCharCode(...Array(256).keys());
  const { stdout, stderr } = await run("jsrunner", [
    "-e",
    `${script(characters)}; console.error(${literal(payload)})`,
  ]);
  assert.deepEqual([stdout, stderr], [characters, `${payload}\n`]);
  assert.equal((await run("jsrunner", ["-p", literal(characters)])).stdout, `${characters}\n`);
});

test("a terminal that a program has changed is put back when the program ends, and only then", async () => {
  const changes = "\x1b[31mred\x1b[?25l";
  const back = "\x1b[0m\x1b[?25h";
  const pythonChanges = `print(${literal(changes)}, end="", flush=True)`;
  const scriptChanges = script(changes);
  for (const [words, code, before] of [
    [command("pyrunner", "-c", pythonChanges), 0, ""],
    [command("pyrunner", "-c", `${pythonChanges}; raise SystemExit(3)`), 3, ""],
    [command("pyrunner", "-c", `${pythonChanges}; import os; os._exit(4)`), 4, ""],
    [command("pyrunner", "--session", join(folder, "changed"), "-c", pythonChanges), 0, ""],
    [command("jsrunner", "-e", scriptChanges), 0, ""],
    [command("jsrunner", "-e", `${scriptChanges}; process.exit(3)`), 3, ""],
    [command("jsrunner", "--timeout", "1m", "-e", scriptChanges), 0, ""],
    [command("jsrunner", "-p", literal(changes)), 0, "\n"],
    [command("wasirun", await moduleThatWrites("changes.wasm", [{ bytes: Buffer.from(changes) }])), 0, ""],
  ]) {
    const result = await runOnTerminal(words);
    assert.deepEqual([result.code, result.screen], [code, `${changes}${before}${back}`], words.join(" "));
  }
  const module = await moduleThatWrites("trap.wasm", [{ bytes: Buffer.from(changes) }], { traps: true });
  const crashed = await runOnTerminal(command("wasirun", module));
  assert.ok(crashed.screen.startsWith(`${changes}${back}wasirun: `), literal(crashed.screen));
  // Nothing was changed, or all was taken back by the program itself.
  for (const text of [
    "plain",
    "\x1b[1;31mred\x1b[0m",
    "\x1b[4mline\x1b[24m\x1b[32mgreen\x1b[39m",
    "\x1b[?25l\x1b[?25h",
  ]) {
    assert.equal((await runOnTerminal(command("jsrunner", "-e", script(text)))).screen, text);
  }
  const piped = await run("pyrunner", ["-c", pythonChanges]);
  assert.deepEqual([piped.stdout, piped.stderr], [changes, ""]);
});

test("a terminal is put back when a program is stopped, also if it must be ended by force", async () => {
  const changes = `print("\\x1b[31mred\\x1b[?25l", end="", flush=True)`;
  // One operation that no interrupt comes into.
  const stuck = "sum(range(10 ** 13))";
  for (const rest of ["while True: pass", stuck]) {
    const words = command("pyrunner", "--timeout", "500ms", "-c", `${changes}\n${rest}`);
    const { screen, code } = await runOnTerminal(words);
    assert.equal(code, 124);
    assert.match(
      screen,
      /^\x1b\[31mred[\s\S]*\x1b\[0m\x1b\[\?25hpyrunner: stopped at its time limit of 0\.5 s\n$/,
    );
    const terminal = startOnTerminal(command("pyrunner", "-c", `${changes}\n${rest}`));
    await terminal.see(/red/);
    terminal.type("\x03");
    assert.ok((await terminal.ended).screen.endsWith("\x1b[0m\x1b[?25h"));
  }
});

/** What the editor of the prompt sends by itself, besides movements. */
const editorModes = /\x1b\[\?2004[hl]/g;

/** Types lines into a prompt, each when the one before is done, and gives what the terminal was sent. */
async function converse(name, lines, { args = [], keys = "\r" } = {}) {
  const terminal = startOnTerminal(command(name, "-q", ...args), {
    env: { ...process.env, XDG_STATE_HOME: folder },
  });
  const count = name === "pyrunner" ? "print('done', " : "console.log('done', ";
  await terminal.see(/> \r*$/);
  for (const [index, line] of lines.entries()) {
    terminal.type(`${line}${keys}`);
    terminal.type(`${count}${index} + 100)\r`);
    await terminal.see(new RegExp(`done ${index + 100}`));
  }
  terminal.type("\x04");
  return (await terminal.ended).screen;
}

const escapedPayload = (text) =>
  literal(text).replace(/[\x7f-\x9f]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);

test("Python's prompt shows output, results, errors, variables, documentation and completions as text", async () => {
  const text = escapedPayload(payload);
  const screen = await converse("pyrunner", [
    `import sys; p = ${text}`,
    "print(p)",
    "print(p, file=sys.stderr)",
    `print(${escapedPayload(`${colored} ${moved}`)})`,
    "A = type('A', (), {'__repr__': lambda self: p, '__doc__': p})",
    "A()",
    "type('B', (), {'__repr__': lambda self: p * 50})()",
    ".more\rq",
    "A?",
    "raise ValueError(p)",
    "raise type(p, (Exception,), {})()",
    "globals()[p] = A(); globals()['a' + p] = 1",
    ".vars",
    "exec(compile('1/0', p, 'exec'))",
    `print("\\x1b[31mred\\x1b[?25l", end="")`,
    `print(${escapedPayload(unfinished)})`,
  ]);
  assertHarmless(screen, editorModes);
  assert.ok(screen.includes(names.slice(0, 9).join("")));
  assert.ok(screen.includes(`${colored} ${moved.trimEnd()}`.slice(0, 40)));
  // What the cell left is put back before the prompt comes.
  assert.match(screen, /\x1b\[31mred\x1b\[\?25l\x1b\[0m\x1b\[\?25h/);
});

test("JavaScript's prompt shows output, results, errors, variables and documentation as text", async () => {
  const text = escapedPayload(payload);
  const screen = await converse("jsrunner", [
    `var p = ${text}; 1`,
    "console.log(p)",
    "console.error(p)",
    `console.log(${escapedPayload(`${colored} ${moved}`)})`,
    "Object.defineProperty(() => 1, 'name', { value: p })",
    "Symbol(p)",
    "new Error(p)",
    "throw new Error(p)",
    "throw Object.assign(new Error(), { name: p })",
    "globalThis[p] = 1; globalThis['a' + p] = Symbol(p); 1",
    ".vars",
    "var f = Object.defineProperty(function () {}, 'name', { value: p }); 1",
    "f?",
    `process.stdout.write("\\x1b[31mred\\x1b[?25l"); 1`,
    `console.log(${escapedPayload(unfinished)})`,
  ]);
  assertHarmless(screen, editorModes);
  assert.ok(screen.includes(names.slice(0, 9).join("")));
  assert.ok(
    screen.includes("\x1b[31mred\x1b[?25l\x1b[0m\x1b[?25h\n") ||
      screen.includes("\x1b[31mred\x1b[?25l\x1b[0m\x1b[?25h\r\n"),
    "it is put back",
  );
});

test("completions and entries of the history are text before they are code", async () => {
  mkdirSync(join(folder, "wasm-repl"), { recursive: true });
  const entry = `x = "${payload}"\ty`;
  writeFileSync(join(folder, "wasm-repl", "javascript-history.jsonl"), `${literal(entry)}\n`);
  const env = { ...process.env, XDG_STATE_HOME: folder };
  const terminal = startOnTerminal(command("jsrunner", "-q"), { env });
  await terminal.see(/> \r*$/);
  terminal.type("\x1b[A");
  await terminal.see(/<end>/);
  terminal.type(
    `\x03var o = { ${escapedPayload(`ab${payload}`)}: 1, "abc\\u202e": 1, abcd: 1, abce: 1 }; 'made'\r`,
  );
  await terminal.see(/'made'\r\n\r*> \r*$/);
  terminal.type("o.a\t\t\t");
  await terminal.see(/abcd +abce/);
  terminal.type("\x03\x04");
  const { screen } = await terminal.ended;
  assertHarmless(screen, editorModes);
  assert.ok(!screen.includes("\u202e"));
});

test("what is completed and paged at the prompt is text, also names of arguments and a session's file", async () => {
  const env = { ...process.env, XDG_STATE_HOME: folder };
  const session = join(folder, `s\x1b]0;title\x07\x1b[6n`);
  const terminal = startOnTerminal(command("pyrunner", "--session", session), { env });
  await terminal.see(/>>> \r*$/);
  const text = escapedPayload(payload);
  for (const line of [
    `p = ${text}; q = "a" + p`,
    "def f(alpha, beta, gamma): pass",
    "f.__code__ = f.__code__.replace(co_varnames=(q, 'okay', 'oko'))",
    "K = type('K', (), {})",
    "setattr(K, q, 1); setattr(K, 'ab', 1); setattr(K, 'ac', 1); n = {q: 1, 'ab': 1, 'ac': 1}",
    "R = type('R', (), {'__repr__': lambda _: '\\n'.join([p * 3] * 70)})()",
    "E = type(p, (Exception,), {'__str__': lambda _: p})",
  ]) {
    const from = terminal.shown().length;
    terminal.type(`${line}\r${line.startsWith("def") ? "\r" : ""}`);
    await terminal.see(/\n\r*>>> \r*$/, from);
  }
  for (const [keys, pattern] of [
    ["f(\t\t\t", /okay= +oko=/],
    ["\x03K().a\t\t", /ab +ac/],
    ["\x03n['a\t\t", /ab'\] +ac'\]/],
    ["\x03R\r", /\.more shows all[\s\S]*>>> \r*$/],
    [".more\r", /-- more/],
    [" ", /<end>[\s\S]*-- more/],
    ["q", />>> \r*$/],
    ["raise ExceptionGroup(p, [E()]) from E()\r", /<end>[\s\S]*>>> \r*$/],
  ]) {
    const from = terminal.shown().length;
    terminal.type(keys);
    await terminal.see(pattern, from);
  }
  terminal.type("\x04");
  const { screen } = await terminal.ended;
  assertHarmless(screen, editorModes);
  assertText(screen.replace(/\r?\n/g, ""));
  assert.match(screen, /session\s+\S*\/s ·/);
});

test("a line that code leaves unfinished before it asks for input is shown as text", async () => {
  const terminal = startOnTerminal(command("pyrunner", "-q"), {
    env: { ...process.env, XDG_STATE_HOME: folder },
  });
  await terminal.see(/> \r*$/);
  const question = escapedPayload(`old\rsure\b\b\x1b[5A\x1b[Hure\t\x1b[31m?\x1b[0m \x1b[6n\u009b5n`);
  terminal.type(`print(input(${question}) * 2)\r`);
  await terminal.see(/\rsuure {3}\? \r*$/);
  terminal.type("yes");
  await terminal.see(/\rsuure {3}\? yes\r*$/);
  terminal.type("\r");
  await terminal.see(/yesyes/);
  terminal.type("\x04");
  assertHarmless((await terminal.ended).screen, editorModes);
});

test("--raw-output lets everything through at the prompt as well", async () => {
  const screen = await converse("pyrunner", [`print(${escapedPayload(payload)})`], {
    args: ["--raw-output"],
  });
  assert.ok(screen.replaceAll("\r\n", "\n").includes(payload));
});
