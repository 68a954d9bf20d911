// A deterministic guest's clock is its own to move. However it does that, the clock stays in its range, the host is not
// held up, and nothing tells of the host's time or chance.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createSession } from "../../dist/index.js";
import { run } from "../commands.mjs";
import { assemble } from "./assemble.mjs";
import { bodyOf, seal, unseal } from "./forge-snapshot.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-clock-"));
after(() => rmSync(folder, { recursive: true }));
const deterministic = { seed: "attack", startTime: 1_000_000_000_000 };

/** Sleeps as long as anyone can ask for, in every way there is. */
const sleeps = {
  python: [
    "import time, select, asyncio, threading, signal",
    ...["1e300", "float('inf')", "float('nan')", "-1", "10 ** 400", "9.3e9", "True"].map(
      (seconds) =>
        `try: time.sleep(${seconds})\nexcept (OverflowError, ValueError) as error: print(type(error).__name__)`,
    ),
    "for _ in range(3): time.sleep(1e9)",
    "for timeout in (2 ** 31 - 1, 1e9): print(select.poll().poll(timeout))",
    "print(threading.Event().wait(0.1), threading.Lock().acquire(timeout=1e6))",
    "time.sleep(1e-300), time.sleep(5e-324), time.sleep(0)",
    "asyncio.run(asyncio.sleep(1e8))",
    "import datetime; (1e9 < time.time() < 2 ** 63 / 1e9, 0 < time.monotonic() < 2 ** 63 / 1e9, datetime.datetime.now().year)",
  ],
  javascript: [
    ...["1e300", "Infinity", "NaN", "-1", "2 ** 31", "2 ** 53", "'x'", "{ valueOf: () => 1e9 }"].map(
      (delay) => `await new Promise((resolve) => setTimeout(resolve, ${delay}))`,
    ),
    "for (let i = 0; i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1))",
    "[Date.now() > 1e12 && Date.now() < 2 ** 53, performance.now() > 0, new Date().getFullYear()]",
  ],
};

for (const [language, cells] of Object.entries(sleeps)) {
  test(`no sleep of ${language} overflows the clock, and those that could be waited for take no time`, async () => {
    const outcomes = [];
    for (let turn = 0; turn < 2; turn++) {
      const session = await createSession(language, { deterministic });
      const outcome = [];
      for (const cell of cells) {
        // How long a run took is the host's to say, and no part of what it is.
        const { durationMs: _, cpuMs: __, ...result } = await session.run(cell, { timeoutMs: 20_000 });
        outcome.push(result);
      }
      for (const { stopped } of outcome) assert.equal(stopped, undefined);
      outcomes.push(outcome);
      await session.close();
    }
    assert.deepEqual(outcomes[1], outcomes[0]);
    assert.equal(outcomes[0].at(-1).error, undefined);
  });
}

test("a sleep beyond the clock's end is one that a time limit ends, as a sleep without end is", async () => {
  for (const [language, code] of [
    ["python", "import time\nwhile True: time.sleep(1e9)"],
    ["python", "import time; time.sleep(9.2e9)"],
    ["python", "import threading; threading.Event().wait(1e6)"],
    ["python", "import select; select.poll().poll()"],
    ["javascript", "for (;;) await new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1))"],
  ]) {
    const session = await createSession(language, { deterministic });
    assert.equal((await session.run(code, { timeoutMs: 300 })).stopped, "timeout");
    const { error } = await session.run("1");
    assert.equal(error, undefined);
    await session.close();
  }
});

test("forged clocks and generators in a snapshot are refused, and the furthest that are not read as they should", async () => {
  for (const [language, reading] of [
    [
      "python",
      "import time, os; (time.time(), time.time_ns(), time.monotonic_ns(), time.sleep(1e3), os.urandom(3))",
    ],
    [
      "javascript",
      "[Date.now(), performance.now(), Math.random(), await new Promise((r) => setTimeout(r, 1e9))]",
    ],
  ]) {
    const session = await createSession(language, { deterministic });
    const { header, ...parts } = unseal(await session.snapshot());
    await session.close();
    const forged = (doors) => seal({ ...header, process: { ...header.process, doors } }, bodyOf(parts));
    const { doors } = header.process;
    const { virtual } = doors;
    for (const wrong of [
      undefined,
      {},
      { ...doors, monotonicUs: 2 ** 53 },
      { ...doors, monotonicUs: -1 },
      { ...doors, cpuUs: "1" },
      { ...doors, virtual: { ...virtual, wallOffsetUs: -(2 ** 52) } },
      { ...doors, virtual: { ...virtual, wallOffsetUs: 2 ** 53 - 1 } },
      { ...doors, virtual: { ...virtual, random: [0, 0, 0, 0] } },
      { ...doors, virtual: { ...virtual, random: [1, 2, 3, -4] } },
      { ...doors, virtual: { ...virtual, random: "1234" } },
    ]) {
      await assert.rejects(createSession(language, { snapshot: forged(wrong) }), {
        code: "SNAPSHOT_DAMAGED",
      });
    }
    const last = 2 ** 53 - 1;
    for (const furthest of [
      { monotonicUs: last, cpuUs: 0, virtual: { ...virtual, wallOffsetUs: 0 } },
      { monotonicUs: 2e6, cpuUs: last, virtual: { ...virtual, wallOffsetUs: last - 2e6 } },
      { monotonicUs: last, cpuUs: last },
    ]) {
      const restored = await createSession(language, { snapshot: forged(furthest) });
      // What it says of itself is its own affair; it answers, and can be stopped.
      await restored.run(reading, { timeoutMs: 500 });
      assert.equal((await restored.run("1 + 1")).result, "2");
      await restored.close();
    }
  }
});

test("a WASI module has the same clocks and random bytes each time, and no wait of its overflows them", async () => {
  const module = join(folder, "clocks.wasm");
  writeFileSync(
    module,
    assemble(`(module
      (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 100)))
        (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 108)))
        (i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (i64.const 100000000000000000))
        (drop (call $poll (i32.const 0) (i32.const 200) (i32.const 1) (i32.const 96)))
        (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 116)))
        (drop (call $clock (i32.const 2) (i64.const 0) (i32.const 124)))
        (drop (call $random (i32.const 132) (i32.const 32)))
        (i32.store (i32.const 80) (i32.const 100))
        (i32.store (i32.const 84) (i32.const 64))
        (drop (call $write (i32.const 1) (i32.const 80) (i32.const 1) (i32.const 88)))))`),
  );
  const outputs = [];
  for (const seed of ["1", "1", "2"]) {
    const { stdout, code } = await run("wasirun", ["--seed", seed, "--start-time", "1000000000", module]);
    assert.equal(code, 0);
    outputs.push(stdout);
  }
  assert.equal(outputs[0], outputs[1]);
  assert.notEqual(outputs[0], outputs[2]);
});
