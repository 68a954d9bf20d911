// A guest that makes its state as large as it may, of bytes that do not compress, just before it hibernates.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSession } from "wasm-repl";

const mebibyte = 2 ** 20;
const limits = { memoryBytes: 128 * mebibyte, maxFileBytes: 16 * mebibyte };

test("a state of 40 MB that does not compress is kept whole within its limits, and holds nobody up", async () => {
  const session = await createSession("python", limits);
  await session.run(`
import os, zlib
data = os.urandom(30_000_000)
open("/tmp/file", "wb").write(os.urandom(10_000_000))
sum_ = zlib.crc32(data), zlib.crc32(open("/tmp/file", "rb").read())`);
  const code = "sum_ == (zlib.crc32(data), zlib.crc32(open('/tmp/file', 'rb').read()))";
  let turns = 0;
  const counting = setInterval(() => turns++, 1);
  await session.hibernate();
  clearInterval(counting);
  assert.ok(turns > 10, `the event loop went on ${turns} times`);
  const { stateBytes } = await session.stats();
  assert.ok(stateBytes > 40_000_000, `${stateBytes} bytes`);
  assert.ok(stateBytes < 1.13 * (limits.memoryBytes + limits.maxFileBytes), `${stateBytes} bytes`);
  assert.equal((await session.run(code)).result, "True");
  await session.close();
});

test("a guest that takes more than it may has an error of its own, and its session hibernates all the same", async () => {
  const session = await createSession("python", { ...limits, memoryBytes: 64 * mebibyte });
  await session.run("kept = 42");
  const { exception } = await session.run("import os; data = [os.urandom(1_000_000) for _ in range(200)]");
  assert.equal(exception.type, "MemoryError");
  await session.hibernate();
  assert.equal((await session.run("kept")).result, "42");
  await session.close();
});

test("closing a session in the middle of its hibernating or waking frees it at once", async () => {
  for (const phase of ["hibernates", "wakes"]) {
    const session = await createSession("python", limits);
    await session.run("import os; data = os.urandom(20_000_000)");
    if (phase === "wakes") await session.hibernate();
    const asked = phase === "wakes" ? session.run("1") : session.hibernate();
    const rejected = assert.rejects(asked, { code: "SESSION_CLOSED" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await session.close();
    await rejected;
  }
});
