import assert from "node:assert/strict";
import { test } from "node:test";
import { createSession } from "../node/sessions.js";
import type { Session } from "./session.js";
import type { SessionState } from "./session-state.js";

/** Whether a session that has refused something is as it was. */
async function assertUnharmed(session: Session): Promise<void> {
  assert.equal((await session.run("x")).result, "5");
}

test("what capture has not given is no state, and harms no session", async () => {
  const session = await createSession("python");
  await session.run("x = 5");
  const state = await session.capture();
  const { runtimeId, language, packageVersion } = state;
  const forged = [
    {},
    undefined,
    null,
    7,
    "state",
    [],
    { ...state },
    structuredClone(state),
    Object.create(state),
    { runtimeId, language, packageVersion, memoryBytes: 0, batches: [], files: new Uint8Array(0) },
    new Proxy(state, {}),
    await session.snapshot(),
  ];
  for (const value of forged) {
    await assert.rejects(session.restore(value as SessionState), {
      code: "INVALID_SNAPSHOT",
      message: "the snapshot cannot be used: it is no state that capture gave in this process",
    });
  }
  await assertUnharmed(session);
  await session.run("x = 6");
  await session.restore(state);
  await assertUnharmed(session);
  await session.close();
});

test("a state of another language is refused, and both sides are named", async () => {
  const python = await createSession("python");
  const javascript = await createSession("javascript");
  await javascript.run("var x = 5");
  await assert.rejects(javascript.restore(await python.capture()), {
    code: "RUNTIME_MISMATCH",
    message: "the snapshot cannot be used: it is of a python session, and this is a javascript session",
  });
  await assertUnharmed(javascript);
  await python.close();
  await javascript.close();
});

test("no fork and no restore goes around the limits of the session that it leads to", async () => {
  const large = await createSession("python");
  await large.run("x = 5; open('/tmp/large', 'wb').write(bytes(300_000)); data = bytearray(64 << 20)");
  for (let n = 0; n < 3; n++) await large.run(`open('/tmp/${n}', 'w').close()`);
  const state = await large.capture();
  const limits = [
    {
      limit: { memoryBytes: 48 * 2 ** 20 },
      message: /it needs \d+ bytes of memory, and 50331648 are allowed/,
    },
    { limit: { maxFileBytes: 200_000 }, message: /its files are (larger|more) than the 200000 bytes/ },
    { limit: { maxFiles: 5 }, message: /its files are .* the 5 files, that are allowed/ },
  ];
  for (const { limit, message } of limits) {
    const refused = { code: "INVALID_SNAPSHOT", message };
    await assert.rejects(large.fork(limit), refused);
    const small = await createSession("python", limit);
    await small.run("x = 5");
    await assert.rejects(small.restore(state), refused);
    await assertUnharmed(small);
    await small.close();
  }
  const fork = await large.fork({ memoryBytes: 256 * 2 ** 20, maxFileBytes: 400_000, maxFiles: 20 });
  assert.equal((await fork.run("x, len(open('/tmp/large', 'rb').read())")).result, "(5, 300000)");
  await fork.close();
  await assertUnharmed(large);
  await large.close();
});
