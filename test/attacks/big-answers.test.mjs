// All that an answer holds is bounded by the limit of the output, as the output is: what is too much is left out in the
// middle, which says so, and why the run ended can be read however small the limit is.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createSession } from "../../dist/index.js";
import { run, startJsonLines } from "../commands.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-answers-"));
after(() => rmSync(folder, { recursive: true }));

/** What each text may be at least, and the name of a type at most, in bytes. */
const [leastBytes, typeBytes] = [1000, 250];
const left = / … \[[\d,]+ characters left out\] … /;

const dialects = {
  python: {
    command: "pyrunner",
    option: "-c",
    text: (characters) => `'x' * ${characters}`,
    wideText: "'\\U0001f600é' * 500_000",
    value: (text) => `text = ${text}\ntext`,
    fail: (text) => `raise ValueError(${text})`,
    typed: (text) => `raise type(${text}, (Exception,), {})('why')`,
    deep: "def f(n):\n  if n == 0: raise ValueError('why')\n  g(n - 1)\ndef g(n): f(n)\nf(400)",
    chained: (text) => `try: raise KeyError(${text})\nexcept KeyError: raise ValueError('why')`,
    printing: (then) => `print('x' * 100)\n${then}`,
    swallowing: "try: print('x' * 100)\nexcept OSError: pass\nraise ValueError('why')",
    why: "ValueError: why",
    name: "ValueError",
    endless: "while True: pass",
  },
  javascript: {
    command: "jsrunner",
    option: "-e",
    text: (characters) => `'x'.repeat(${characters})`,
    wideText: "'\\u{1f600}é'.repeat(500_000)",
    // An object shows its strings whole only up to 10,000 characters, so this is one that shows what it is told to.
    value: (text) => `const shown = Symbol(${text}); shown`,
    fail: (text) => `throw new TypeError(${text})`,
    typed: (text) => `const error = new Error('why'); error.name = ${text}; throw error`,
    deep: "function f(n) { if (n === 0) throw new TypeError('why'); g(n - 1) } function g(n) { f(n) } f(100)",
    chained: (text) => `throw new TypeError('why', { cause: new Error(${text}) })`,
    printing: (then) => `console.log('x'.repeat(100)); ${then}`,
    swallowing: "try { console.log('x'.repeat(100)) } catch {} throw new TypeError('why')",
    why: "TypeError: why",
    name: "TypeError",
    endless: "for (;;);",
  },
};

for (const [language, dialect] of Object.entries(dialects)) {
  const { command, option, text, value, fail, typed } = dialect;

  for (const limit of [10, 5000]) {
    const most = Math.max(limit, leastBytes);
    const bounded = (part) => {
      assert.ok(Buffer.byteLength(part) <= most, `${Buffer.byteLength(part)} bytes`);
      assert.ok(Buffer.byteLength(part) > most / 3);
      assert.match(part, left);
    };

    test(`${language}: no part of an answer is over a limit of ${limit} bytes`, async (t) => {
      const session = await createSession(language, { maxOutputBytes: limit });
      t.after(() => session.close());
      for (const long of [text(2_000_000), dialect.wideText]) {
        bounded((await session.run(value(long))).result);
        const failed = await session.run(fail(long));
        bounded(failed.error);
        bounded(failed.exception.message);
        assert.equal(failed.exception.type, dialect.name);
        assert.match(failed.error, new RegExp(`^${dialect.name}: .`, "m"));
        const named = await session.run(typed(long));
        bounded(named.error);
        assert.ok(Buffer.byteLength(named.exception.type) <= typeBytes);
        assert.match(named.exception.type, left);
        assert.equal(named.exception.message, "why");
        const chained = await session.run(dialect.chained(long));
        bounded(chained.error);
        assert.ok(chained.error.includes(dialect.why), chained.error);
      }
      const { error } = await session.run(dialect.deep);
      assert.ok(Buffer.byteLength(error) <= most);
      assert.ok(error.includes(dialect.why), error);
    });
  }

  test(`${language}: the note says how many characters were left out`, async (t) => {
    const session = await createSession(language, { maxOutputBytes: 1000 });
    t.after(() => session.close());
    const { exception } = await session.run(fail(text(1_000_000)));
    const [note] = left.exec(exception.message);
    const count = Number(/[\d,]+/.exec(note)[0].replaceAll(",", ""));
    assert.equal(exception.message.length - note.length + count, 1_000_000);
    const { exception: wide } = await session.run(fail(dialect.wideText));
    const [wideNote] = left.exec(wide.message);
    const wideCount = Number(/[\d,]+/.exec(wideNote)[0].replaceAll(",", ""));
    assert.equal([...wide.message].length - wideNote.length + wideCount, 1_000_000);
    assert.doesNotMatch(wide.message, /\ufffd/);
  });

  test(`${language}: with a limit of 1 byte the answer says why the run ended`, async (t) => {
    const session = await createSession(language, { maxOutputBytes: 1 });
    t.after(() => session.close());
    const swallowed = await session.run(dialect.swallowing);
    assert.equal(swallowed.output, "x");
    assert.ok(swallowed.error.includes(dialect.why));
    const stopped = await session.run(dialect.endless, { timeoutMs: 100 });
    assert.match(stopped.error, /\nThe run was stopped: its time limit of 0.1 s is over\.$/);
  });

  test(`${language}: JSON lines hold no answer that is over the limit, and say why`, async (t) => {
    const server = startJsonLines(command, ["--max-output", "10"]);
    t.after(() => server.child.kill());
    const failed = await server.send({ id: 1, code: fail(text(2_000_000)) });
    assert.ok(JSON.stringify(failed).length < 3 * leastBytes);
    assert.ok(failed.error.includes(`${dialect.name}: xxx`));
    const shown = await server.send({ id: 2, code: value(text(2_000_000)) });
    assert.ok(JSON.stringify(shown).length < 2 * leastBytes);
    const swallowed = await server.send({ id: 3, code: dialect.swallowing });
    assert.equal(swallowed.output, "x".repeat(10));
    assert.ok(swallowed.error.includes(dialect.why));
    assert.equal(await server.end(), 0);
  });

  const cutOff = `\n${command}: output cut off at its limit of 10 bytes`;
  for (const [what, more] of [
    ["a program", []],
    ["a program with a time limit", ["--timeout", "1m"]],
    ["a program in a session file", ["--session", join(folder, `${language}.session`)]],
  ]) {
    test(`${language}: ${what} over its limit has a status that says so, or that of its own end, and one line of ours says why`, async () => {
      const words = [...more, "--max-output", "10", option, dialect.swallowing];
      assert.equal((await run(command, words)).code, 153);
      const result = await run(command, ["--on-limit", "raise", ...words]);
      assert.equal(result.code, 1, result.stderr);
      assert.equal(result.stdout, "x".repeat(10));
      assert.ok(result.stderr.endsWith(`${cutOff} (${dialect.why})\n`), result.stderr);
      const own = result.stderr.slice(0, -`${cutOff} (${dialect.why})\n`.length);
      assert.ok(own.length <= 10, own);
    });
  }

  test(`${language}: the line of ours is one short line, whatever the error says`, async () => {
    const message = `'${"\\n\\x1b[2J\\x07".repeat(200)}'`;
    const { code, stderr } = await run(command, ["--max-output", "10", option, fail(message)]);
    assert.equal(code, 153);
    const line = stderr.slice(stderr.indexOf(cutOff) + 1);
    assert.match(line, /^\P{Cc}+\n$/u);
    assert.ok(line.length < 450);
  });

  test(`${language}: a program that keeps to its limit hears nothing of it`, async () => {
    const { stdout, stderr, code } = await run(command, [
      "--max-output",
      "101",
      option,
      dialect.printing("0"),
    ]);
    assert.deepEqual([stdout, stderr, code], [`${"x".repeat(100)}\n`, "", 0]);
  });
}

test("a Python program that exits with a message over the limit is told with it", async () => {
  const code = "import sys; sys.exit('the reason, at length')";
  const { stderr, code: status } = await run("pyrunner", ["--max-output", "10", "-c", code]);
  assert.equal(status, 153);
  assert.match(stderr, /\npyrunner: output cut off .*\(SystemExit: the reason, at length\)\n$/);
});
