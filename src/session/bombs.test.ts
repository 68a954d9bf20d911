import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { createEngine } from "../engine/engine.js";
import { nodePlatform } from "../node/platform.js";
import { createPool, createSession } from "../node/sessions.js";
import { openSession } from "./open-session.js";
import type { Session } from "./session.js";

const mebibyte = 2 ** 20;
/** How many sessions are made and closed; `npm test` takes few, a thorough run sets 1000. */
const manySessions = Number(process.env.WASM_REPL_TEST_SESSIONS ?? 200);

for (const [language, code] of [
  ["python", "a = []\nwhile True: a.append(bytearray(1 << 20))"],
  ["javascript", "const a = []; for (;;) a.push(new Uint8Array(1 << 20))"],
] as const) {
  test(`${language}: a memory bomb ends with an error, and the session goes on`, async () => {
    const session = await createSession(language, { memoryBytes: 96 * mebibyte });
    await session.run(language === "python" ? "kept = 5" : "var kept = 5");
    const { error = "" } = await session.run(code, { timeoutMs: 20_000 });
    assert.match(error, /memory|MemoryError|crashed/i);
    assert.equal((await session.run("kept")).result, "5");
    await session.close();
  });

  test(`${language}: an output bomb is cut off at its limit`, async () => {
    const session = await createSession(language, { maxOutputBytes: mebibyte });
    const bomb =
      language === "python" ? "while True: print('x' * 1000)" : "for (;;) console.log('x'.repeat(1000))";
    const { output = "", error, stopped } = await session.run(bomb, { timeoutMs: 5000 });
    assert.ok(output.length <= mebibyte + 4);
    assert.ok(error !== undefined || stopped !== undefined);
    assert.equal((await session.run("6 * 7")).result, "42");
    await session.close();
  });
}

test("python: file bombs end with an OSError, by bytes and by count", async () => {
  const session = await createSession("python", { maxFileBytes: 4 * mebibyte, maxFiles: 100 });
  const bytes = await session.run("with open('/tmp/a', 'wb') as f:\n  while True: f.write(bytes(65536))");
  assert.equal(bytes.exception?.type, "OSError");
  await session.run("import os; os.remove('/tmp/a')");
  const count = await session.run("for n in range(1000): open(f'/tmp/{n}', 'w').close()");
  assert.equal(count.exception?.type, "OSError");
  assert.equal((await session.run("6 * 7")).result, "42");
  await session.close();
});

test("python: ends of every kind leave a session that goes on", async () => {
  const session = await createSession("python");
  await session.run("kept = 5");
  await session.snapshot();
  const exit = await session.run("import sys; sys.exit(3)");
  assert.equal(exit.exitCode, 3);
  assert.equal(exit.state, undefined);
  const ends = [
    "import os; os._exit(1)",
    "import ctypes; ctypes.memset(0x400000, 0xff, 20_000_000)",
    "import ctypes; ctypes.string_at(0xfffffff0, 64)",
    "import os; os.abort()",
  ];
  for (const code of ends) {
    const { state, error } = await session.run(code, { timeoutMs: 3000 });
    if (state !== undefined) assert.equal(state, "rolled_back", error);
    assert.equal((await session.run("kept")).result, "5", code);
    await session.snapshot();
  }
  await session.close();
});

test("a memory limit below the interpreter's own need is refused", async () => {
  await assert.rejects(createSession("python", { memoryBytes: mebibyte }), { code: "START_FAILED" });
});

test("50 sessions are alive at once, each with its own state; one more than the limit is refused", async () => {
  const engine = createEngine(nodePlatform, { maxSessions: 50 });
  const sessions: Session[] = [];
  for (let number = 0; number < 50; number++) sessions.push(await openSession(engine, "javascript", {}));
  await assert.rejects(openSession(engine, "javascript", {}), { code: "TOO_MANY_SESSIONS" });
  await Promise.all(sessions.map((session, number) => session.run(`var own = ${number}`)));
  const answers = await Promise.all(sessions.map((session) => session.run("own")));
  assert.deepEqual(
    answers.map(({ result }) => result),
    sessions.map((_, number) => String(number)),
  );
  await sessions.pop()?.close();
  sessions.push(await openSession(engine, "javascript", {}));
  await Promise.all(sessions.map((session) => session.close()));
});

test(`${manySessions} sessions, made, used and closed, leave neither memory nor handles behind`, async () => {
  const engine = createEngine(nodePlatform);
  const useOne = async (number: number) => {
    const session = await openSession(engine, number % 2 === 0 ? "python" : "javascript", {});
    assert.equal((await session.run("6 * 7")).result, "42");
    await session.close();
  };
  for (let number = 0; number < 20; number++) await useOne(number);
  const before = { handles: openHandles(), bytes: process.memoryUsage().rss };
  for (let number = 0; number < manySessions; number++) await useOne(number);
  assert.ok(openHandles() <= before.handles + 4, `${openHandles()} handles, ${before.handles} before`);
  const grown = process.memoryUsage().rss - before.bytes;
  assert.ok(grown < 150 * mebibyte, `grown by ${Math.round(grown / mebibyte)} MiB`);
});

function openHandles(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}

test("a pool gives every run a fresh session, in order, and refuses what does not fit its queue", async () => {
  const pool = await createPool("javascript", { size: 2, maxConcurrent: 1, maxQueue: 2 });
  const runs = [0, 1, 2].map((number) => pool.run(`typeof own + (var_${number} = ${number})`));
  await assert.rejects(pool.run("1"), { code: "QUEUE_FULL" });
  assert.deepEqual(
    (await Promise.all(runs)).map(({ result }) => result),
    ["'undefined0'", "'undefined1'", "'undefined2'"],
  );
  const stop = new AbortController();
  const loop = pool.run("for (;;);", { timeoutMs: 300 });
  const waiting = pool.run("1", { signal: stop.signal });
  stop.abort();
  assert.equal((await waiting).stopped, "interrupt");
  const after = pool.run("2");
  assert.equal((await loop).stopped, "timeout");
  assert.equal((await after).result, "2");
  const last = assert.rejects(pool.run("for (;;);"), { code: "SESSION_CLOSED" });
  const queued = assert.rejects(pool.run("1"), { code: "SESSION_CLOSED" });
  await pool.close();
  await Promise.all([last, queued]);
  await assert.rejects(pool.run("1"), { code: "SESSION_CLOSED" });
});
