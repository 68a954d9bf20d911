// Output without end takes no more of the host's memory than what is kept of it, in whatever pieces it is written, and
// a command ends in time and in order when nobody reads what it writes.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createSession } from "../../dist/index.js";
import { commandPath, finish, start } from "../commands.mjs";
import { runHostile, tight } from "./hostile.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-output-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const isLinux = process.platform === "linux";
const skip = isLinux ? false : "memory is asked for in /proc";
const mebibyte = 2 ** 20;

function memoryBytes(which, pid = "self") {
  const [, kilobytes] = new RegExp(`${which}:\\s+(\\d+) kB`).exec(
    readFileSync(`/proc/${pid}/status`, "utf8"),
  );
  return kilobytes * 1024;
}

test("a million pieces of output of one byte each take no more memory than one piece of their length", {
  skip,
}, async () => {
  const session = await createSession("python", { checkpoints: false });
  await session.run("import os\nwrite = os.write");
  const before = memoryBytes("VmRSS");
  const { output } = await session.run("for _ in range(2 ** 20): write(1, b'x')");
  assert.equal(output.length, 2 ** 20);
  const grown = memoryBytes("VmHWM") - before;
  assert.ok(grown < 64 * mebibyte, `${Math.round(grown / mebibyte)} MiB`);
  await session.close();
});

const floods = {
  python: [
    "while True: print('x' * 1000)",
    "import sys\nwhile True: sys.stderr.write('x' * 1000)",
    "import os\nwhile True: os.write(1, b'x')",
    "import os\nwhile True: os.write(1, '\\U0001F600'.encode())",
    "import os\nwhile True: os.write(2, b'\\xff' * 1000)",
    "import logging\nwhile True: logging.error('x' * 1000)",
    "import warnings\nn = 0\nwhile True: warnings.warn('x' * 1000 + str(n)); n += 1",
    "import os\nwhile True:\n  try: os.write(1, b'x' * 1000)\n  except BaseException: pass",
    "import sys\nwhile True: sys.displayhook('x' * 1000)",
    "import weakref\nclass A: pass\na = A()\nf = [weakref.ref(a, lambda _: 1 / 0) for _ in range(10 ** 4)]\ndel a",
  ],
  javascript: [
    "for (;;) console.log('x'.repeat(1000))",
    "for (;;) console.error('\\u{1F600}'.repeat(1000))",
    "for (;;) console.group('x')",
    "for (let i = 0; ; i++) console.count('x'.repeat(100) + i)",
    "for (;;) console.table([{ a: 1 }])",
    "console.log('x'.repeat(2e7))",
    "for (;;) Promise.reject(new Error('x'.repeat(1000))), await 1",
    "for (;;) try { console.log('x'.repeat(1000)) } catch {}",
    "setInterval(() => { throw new Error('x'.repeat(1000)) }, 0)",
  ],
};
for (const [language, programs] of Object.entries(floods)) {
  test(`${language}: of output without end the first part is kept, and the run ends`, () =>
    runHostile(language, programs, {
      limits: { timeoutMs: 800 },
      check({ output = "", error }, code) {
        assert.ok(Buffer.byteLength(output) <= 3 * tight.maxOutputBytes, `${output.length}: ${code}`);
        assert.ok(output !== "" || error !== undefined, code);
      },
    }));
}

const endless = [
  ["pyrunner", "-c", "while True: print('x' * 10000)"],
  ["jsrunner", "-e", "for (;;) console.log('x'.repeat(10000))"],
];
/** What a shell reports for a program that SIGPIPE ended. */
const brokenPipe = 141;

for (const [name, option, code] of endless) {
  test(`${name}: output whose reader goes away ends the program, without a word`, async () => {
    const child = start(name, [option, code]);
    child.stdout.once("data", () => child.stdout.destroy());
    const { code: exitCode, stderr } = await finish(child);
    assert.deepEqual([exitCode, stderr], [brokenPipe, ""]);
  });

  test(`${name}: output that nobody reads neither holds up the time limit nor fills the memory`, {
    skip,
  }, async () => {
    await floodWithoutReader([commandPath(name), "--timeout", "1s", option, code]);
  });

  test(`${name}: output to no stream, to nowhere and to a full disk ends in time`, {
    skip: !isLinux,
  }, async () => {
    for (const [path, expected] of [
      ["/dev/null", 124],
      ["/dev/full", 1],
    ]) {
      const nowhere = openSync(path, "w");
      const child = start(name, ["--timeout", "500ms", option, code], { stdio: ["ignore", nowhere, "pipe"] });
      closeSync(nowhere);
      const { code: exitCode, stderr } = await finish(child);
      assert.equal(exitCode, expected, stderr);
      assert.doesNotMatch(stderr, /node:internal|\.cjs/);
    }
    const closed = spawn("/bin/sh", [
      "-c",
      'exec "$@" >&-',
      "sh",
      process.execPath,
      commandPath(name),
      "--timeout",
      "1s",
      option,
      code,
    ]);
    const { code: exitCode, stderr } = await finish(closed);
    assert.equal(exitCode, 124, stderr);
  });

  test(`${name} --session: output whose reader goes away ends the program, without a word`, async () => {
    const child = start(name, ["--session", join(folder, `${name}-gone`), option, code]);
    child.stdout.once("data", () => child.stdout.destroy());
    const { code: exitCode, stderr } = await finish(child);
    assert.deepEqual([exitCode, stderr], [brokenPipe, ""]);
    assert.ok(!existsSync(join(folder, `${name}-gone.lock`)));
  });

  test(`${name} --session: output that nobody reads neither holds up the time limit nor fills the memory`, {
    skip,
  }, async () => {
    await floodWithoutReader([
      commandPath(name),
      "--session",
      join(folder, `${name}-unread`),
      "--timeout",
      "2s",
      option,
      code,
    ]);
  });
}

async function floodWithoutReader(words) {
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
  let peak = 0;
  const look = setInterval(() => {
    try {
      peak = memoryBytes("VmHWM", child.pid);
    } catch {
      // It has ended.
    }
  }, 50);
  const [exitCode, signal] = await new Promise((resolve) => child.on("exit", (...how) => resolve(how)));
  clearInterval(look);
  child.stdout.destroy();
  child.stderr.destroy();
  // A thread that is stuck in a write cannot be ended but with its process.
  assert.ok(exitCode === 124 || signal === "SIGKILL", `${exitCode} ${signal}`);
  assert.ok(peak < 300 * mebibyte, `${Math.round(peak / mebibyte)} MiB`);
}
