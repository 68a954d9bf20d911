// Programs that wait in a session's file for the answer to a call, from process to process.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createSession } from "../dist/index.js";
import { run, start } from "./commands.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-suspended-"));
after(() => rmSync(folder, { recursive: true }));

const functions = join(folder, "functions.json");
writeFileSync(functions, '{"ask":{"style":"async"},"approve":{"style":"async"}}');

let files = 0;
const newFile = () => join(folder, `${++files}.session`);

const begin = (file, code, ...args) =>
  run("pyrunner", ["--session", file, "--functions", functions, "-c", code, ...args]);
const resume = (file, answers, ...args) =>
  run("pyrunner", ["--session", file, ...args, "--resume", "-"], {
    input: typeof answers === "string" ? answers : JSON.stringify(answers),
  });

/** A session's file with a program that waits for c1 and c2, and prints what it gets. */
async function suspended(code = "import asyncio\nprint(await asyncio.gather(ask(1), approve(x=b'a')))") {
  const file = newFile();
  const { code: exitCode, stdout, stderr } = await begin(file, code);
  assert.equal(exitCode, 75, stderr);
  assert.equal(stdout, "");
  return { file, stderr };
}

test("a program that waits is kept, tells its calls, and goes on in another process to its own end", async () => {
  const file = newFile();
  const code = "import sys\nprint('a')\nx = await ask(5, why='rent')\nprint(x, sys.argv[1])\nsys.exit(3)";
  const first = await begin(file, code, "arg");
  assert.equal(first.code, 75);
  assert.equal(first.stdout, "a\n");
  const [call, advice, ...rest] = first.stderr.split("\n");
  assert.equal(call, 'pyrunner: c1 waits for an answer: ask(5, why="rent")');
  assert.match(
    advice,
    /^pyrunner: the program is suspended; go on with: pyrunner --session .* --resume ANSWERS/,
  );
  assert.deepEqual(rest, [""]);
  const answers = join(folder, "answers.json");
  writeFileSync(answers, '[{"call":"c1","value":{"$bytes":"AAE="}}]');
  const { code: exitCode, stdout, stderr } = await run("pyrunner", ["--session", file, "--resume", answers]);
  assert.deepEqual({ exitCode, stdout, stderr }, { exitCode: 3, stdout: "b'\\x00\\x01' arg\n", stderr: "" });
  assert.equal((await run("pyrunner", ["--session", file, "-c", "print(x)"])).stdout, "b'\\x00\\x01'\n");
});

test("it need not get all answers at once, and none at all only tells the calls again", async () => {
  const { file, stderr } = await suspended();
  const none = await resume(file, []);
  assert.deepEqual(none, { code: 75, signal: null, stdout: "", stderr });
  const one = await resume(file, { c2: "b" });
  assert.equal(one.code, 75);
  assert.match(one.stderr, /^pyrunner: c1 waits for an answer: ask\(1\)\npyrunner: the program [^\n]*\n$/);
  assert.deepEqual(await resume(file, { c1: "a" }), {
    code: 0,
    signal: null,
    stdout: "['a', 'b']\n",
    stderr: "",
  });
});

test("an answer that is an error is raised, and an uncaught one ends the program as elsewhere", async () => {
  const { file } = await suspended("await ask(1)");
  const { code, stderr } = await resume(file, [{ call: "c1", error: { type: "KeyError", message: "no" } }]);
  assert.equal(code, 1);
  assert.match(stderr, /^Traceback .*\nKeyError: 'no'\n$/s);
});

test("it calls further functions only if they are given again", async () => {
  const { file } = await suspended("x = await ask(1)\nprint(await approve(x))");
  const copy = newFile();
  writeFileSync(copy, readFileSync(file));
  const without = await resume(file, { c1: 1 });
  assert.equal(without.code, 1);
  assert.match(without.stderr, /HostError: this session has no host function approve\n$/);
  const having = await resume(copy, { c1: 1 }, "--functions", functions);
  assert.equal(having.code, 75);
  assert.match(having.stderr, /^pyrunner: c2 waits for an answer: approve\(1\)\n/);
});

test("nothing else runs in a session whose program waits, and none goes on where none waits", async () => {
  const { file } = await suspended();
  const before = readFileSync(file);
  assert.deepEqual(await begin(file, "print(1)"), {
    code: 1,
    signal: null,
    stdout: "",
    stderr: `pyrunner: the program in ${file} is suspended and waits for c1, c2: answer with --resume\n`,
  });
  assert.deepEqual(readFileSync(file), before);
  const other = newFile();
  await begin(other, "x = 1");
  const kept = readFileSync(other);
  const { code, stderr } = await resume(other, []);
  assert.equal(code, 1);
  assert.equal(stderr, `pyrunner: no program in ${other} is suspended, so there is none to resume\n`);
  assert.deepEqual(readFileSync(other), kept);
});

test("answers that do not fit are refused in one line, and leave the file as it was", async () => {
  const { file } = await suspended();
  const before = readFileSync(file);
  const wrong = {
    "": /is no JSON/,
    '{"c1": 1': /is no JSON/,
    5: /has no answers/,
    null: /has no answers/,
    "[5]": /has no answers/,
    '{"c1": 12345678901234567890}': /would be rounded/,
    '{"c1": {"$bytes": "?"}}': /base64/,
    '{"c3": 1}': /no call "c3" is pending; pending are c1, c2/,
    '{"__proto__": 1}': /no call "__proto__" is pending/,
    '[{"call": "c1", "value": 1}, {"call": "c1", "value": 2}]': /c1 is answered twice/,
    '[{"call": "c1"}]': /must have a value, or an error/,
    '[{"call": "c1", "value": 1, "error": {"message": "x"}}]': /must have a value, or an error/,
    '[{"call": "c1", "error": "no"}]': /error/,
    '[{"call": 1, "value": 1}]': /call must be a string/,
    '[{"call": "c1", "value": 1, "extra": 1}]': /extra/,
    [`{"c1":${"[".repeat(300)}${"]".repeat(300)}}`]: /nested/,
    [JSON.stringify({ c1: "x".repeat(17 * 1024 * 1024) })]: /larger than/,
  };
  for (const [answers, reason] of Object.entries(wrong)) {
    const { code, stdout, stderr } = await resume(file, answers);
    const what = answers.slice(0, 80);
    assert.equal(code, 2, what);
    assert.equal(stdout, "");
    assert.match(stderr, /^pyrunner: [^\n]*\n$/, what);
    assert.match(stderr, reason, what);
  }
  assert.deepEqual(readFileSync(file), before);
  assert.equal((await resume(file, { c1: 1, c2: 2 })).stdout, "[1, 2]\n");
});

test("options that make no sense together are refused before anything starts", async () => {
  const { file } = await suspended();
  for (const [args, reason] of [
    [["--resume", "-"], /--resume goes with --session/],
    [["--session", file, "--resume", "-", "--jsonl"], /--resume does not go with --jsonl/],
    [["--session", file, "--resume", "-", "-c", "1"], /takes none besides/],
    [["--session", file, "--resume", join(folder, "none")], /there is no such file/],
    [["--functions", functions, "-c", "1"], /--functions goes with --session/],
  ]) {
    const { code, stderr } = await run("pyrunner", args, { input: "{}" });
    assert.equal(code, 2, stderr);
    assert.match(stderr, reason);
  }
  const missing = newFile();
  assert.equal((await resume(missing, {})).code, 1);
  assert.equal(existsSync(missing), false);
});

test("--read-only tells what is waited for, and that it cannot go on", async () => {
  const file = newFile();
  await begin(file, "x = 1");
  const before = readFileSync(file);
  const args = ["--session", file, "--read-only", "--functions", functions, "-c", "await ask(x)"];
  const { code, stderr } = await run("pyrunner", args);
  assert.equal(code, 1);
  assert.match(stderr, /c1 waits .*\n.*--read-only keeps nothing of it\n$/);
  assert.deepEqual(readFileSync(file), before);
});

test("a program of very many calls is told in few lines, none of which steers a terminal", async () => {
  const code =
    "import asyncio\nawait asyncio.gather(*[ask('\\x1b[2J\\n\\x9b' + 'x' * 10_000, *range(1000)) for _ in range(100)])";
  const { stderr } = await suspended(code);
  const lines = stderr.split("\n");
  assert.ok(lines.length < 30);
  assert.ok(lines.every((line) => line.length < 1000));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(stderr, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  assert.match(stderr, /and 80 more/);
});

test("a process that is killed while it goes on leaves the program as it waited", async () => {
  const { file } = await suspended(
    "x = await ask(1)\nopen('/out/on', 'w').close()\nwhile x == 1: pass\nprint(x)",
  );
  const before = readFileSync(file);
  const out = join(folder, "out");
  mkdirSync(out);
  const child = start("pyrunner", ["--session", file, "--mount", `${out}:/out:rw`, "--resume", "-"]);
  child.stdin.end('{"c1": 1}');
  const ended = new Promise((resolve) => child.on("close", (_, signal) => resolve(signal)));
  while (!existsSync(join(out, "on"))) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGKILL");
  assert.equal(await ended, "SIGKILL");
  assert.deepEqual(readFileSync(file), before);
  const { code, stdout } = await resume(file, { c1: 2 }, "--mount", `${out}:/out:rw`);
  assert.deepEqual({ code, stdout }, { code: 0, stdout: "2\n" });
});

test("the library and JSON lines go on with a program that a command has kept", async () => {
  const { file } = await suspended();
  const session = await createSession("python", { snapshot: readFileSync(file) });
  const { suspended: calls } = await session.resume([]);
  assert.deepEqual(
    calls.map(({ call, function: name }) => [call, name]),
    [
      ["c1", "ask"],
      ["c2", "approve"],
    ],
  );
  await session.close();
  const input = '{"id":1,"op":"resume","results":[{"call":"c1","value":1},{"call":"c2","value":2}]}\n';
  const { code, stdout } = await run("pyrunner", ["--session", file, "--jsonl"], { input });
  assert.deepEqual({ code, stdout }, { code: 0, stdout: '{"id":1,"output":"[1, 2]\\n","exit_code":0}\n' });
  assert.equal((await resume(file, {})).code, 1);
});
