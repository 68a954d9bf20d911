// Time limits and Ctrl-C, as a shell sees them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { finish, run, start } from "./commands.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-stopping-"));
after(() => rmSync(folder, { recursive: true, force: true }));

for (const [command, option, loop] of [
  ["pyrunner", "-c", "while True: pass"],
  ["jsrunner", "-e", "for (;;);"],
]) {
  test(`${command} --timeout ends an endless program with 124 and one line that says so`, async () => {
    const { code, stderr } = await run(command, ["--timeout", "300ms", option, loop]);
    assert.equal(code, 124);
    assert.match(stderr, new RegExp(`(^|\n)${command}: stopped at its time limit of 0.3 s\n$`));
  });

  test(`${command} lets a program that ends in time have its own exit code`, async () => {
    const exit = command === "pyrunner" ? "raise SystemExit(3)" : "process.exit(3)";
    assert.equal((await run(command, ["--timeout=1m", option, exit])).code, 3);
  });

  test(`${command} refuses limits that are none`, async () => {
    for (const limit of [
      "--timeout=0",
      "--timeout=soon",
      "--max-memory=5X",
      "--max-output=-1",
      "--max-files=1.5",
    ]) {
      const { code, stderr } = await run(command, [limit, option, "1"]);
      assert.equal(code, 2);
      assert.match(stderr, new RegExp(`^${command}: ${limit.split("=")[0]} `));
    }
  });

  test(`${command} --max-output cuts a program's output off`, async () => {
    const bomb =
      command === "pyrunner" ? "while True: print('x' * 999)" : "for (;;) console.log('x'.repeat(999))";
    const { stdout, code } = await run(command, ["--max-output", "64KB", "--timeout", "5s", option, bomb]);
    assert.ok(stdout.length <= 65_536);
    assert.notEqual(code, 0);
  });

  test(`${command} --max-memory stops a memory bomb`, async () => {
    const bomb =
      command === "pyrunner"
        ? "a = []\nwhile True: a.append(bytearray(1 << 20))"
        : "const a = []; for (;;) a.push(new Uint8Array(1 << 20))";
    const { code, stderr } = await run(command, ["--max-memory", "96MB", option, bomb]);
    assert.notEqual(code, 0);
    assert.match(stderr, /memory/i);
  });
}

test("a KeyboardInterrupt that a Python program raises itself ends the command by SIGINT, as python3", async () => {
  for (const options of [[], ["--session", join(folder, "raised")]]) {
    const raised = await run("pyrunner", [...options, "-c", "raise KeyboardInterrupt"]);
    assert.equal(raised.signal, "SIGINT");
    assert.match(raised.stderr, /KeyboardInterrupt\n$/);
    for (const code of ["import sys; sys.exit(130)", "import os; os._exit(130)"]) {
      assert.deepEqual(
        await run("pyrunner", [...options, "-c", code]).then(({ code, signal }) => [code, signal]),
        [130, null],
      );
    }
  }
  const exit = await run("jsrunner", ["-e", "process.exit(130)"]);
  assert.deepEqual([exit.code, exit.signal], [130, null]);
});

test("Ctrl-C in a Python program is a KeyboardInterrupt, and then ends the command by its signal", async () => {
  for (const wait of [
    "while True: pass",
    "import time; time.sleep(100)",
    "input()",
    "import select; select.select([], [], [])",
    "import select; select.select([], [], [], 100)",
    "import select; select.poll().poll(100_000)",
  ]) {
    const child = start("pyrunner", ["-c", `print("on", flush=True)\n${wait}`]);
    child.stdout.once("data", () => child.kill("SIGINT"));
    const ended = new Promise((resolve) => child.on("close", (...how) => resolve(how)));
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    assert.deepEqual(await ended, [null, "SIGINT"], wait);
    assert.match(stderr, /KeyboardInterrupt\n$/);
  }
});

test("a second Ctrl-C ends a program that swallows the first", async () => {
  const code = `print("on", flush=True)
while True:
    try:
        while True: pass
    except KeyboardInterrupt:
        print("swallowed", flush=True)`;
  const child = start("pyrunner", ["-c", code]);
  child.stdout.on("data", () => child.kill("SIGINT"));
  const result = await finish(child);
  assert.equal(result.signal, "SIGINT", result.stderr);
});
