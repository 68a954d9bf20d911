import assert from "node:assert/strict";
import { test } from "node:test";
import { createEngine } from "../engine/engine.js";
import type { ThreadHandle } from "../engine/handle.js";
import { nodePlatform } from "../node/platform.js";
import { openSessions } from "./open-sessions.js";
import type { StateStore } from "./state-store.js";

const engine = createEngine(nodePlatform);
const names = (count: number) => Array.from({ length: count }, (_, index) => `session ${index}`);

/** A store that can be told to fail. */
function createStore() {
  const states = new Map<string, Uint8Array>();
  const control = { states, fails: false, writes: 0 };
  const store: StateStore = {
    check() {},
    read: async (name) => states.get(name)?.slice(),
    async write(name, state) {
      control.writes++;
      if (control.fails) throw new Error("the disk is full");
      states.set(name, state.slice());
    },
    remove: async (name) => states.delete(name),
    has: async (name) => states.has(name),
    names: async () => [...states.keys()],
    close() {},
  };
  return { store, control };
}

for (const [language, set, add] of [
  ["python", (n: number) => `x = ${n}`, "x += 1; x"],
  ["javascript", (n: number) => `var x = ${n}`, "x += 1"],
] as const) {
  test(`${language}: 20 names at once are 20 sessions, though three have an interpreter at one time`, async () => {
    const sessions = openSessions(engine, language, { maxLive: 3 });
    let most = 0;
    const ask = (code: (index: number) => string) =>
      Promise.all(
        names(20).map((name, index) =>
          sessions.use(name, async (session) => {
            most = Math.max(most, sessions.live);
            return (await session.run(code(index))).result;
          }),
        ),
      );
    await ask(set);
    const first = await ask(() => add);
    const second = await ask(() => add);
    assert.deepEqual(
      first,
      Array.from({ length: 20 }, (_, index) => `${index + 1}`),
    );
    assert.deepEqual(
      second,
      Array.from({ length: 20 }, (_, index) => `${index + 2}`),
    );
    assert.deepEqual([most <= 3, sessions.live <= 3], [true, true]);
    assert.deepEqual((await sessions.list()).sort(), names(20).sort());
    await sessions.close();
  });
}

test("what is asked of one name at once is done in order, also when others need its place", async () => {
  const sessions = openSessions(engine, "python", { maxLive: 1 });
  const asked = Array.from({ length: 10 }, (_, index) => [
    sessions.run("a", `x = [*globals().get("x", []), ${index}]; x`),
    sessions.run("b", `x = [*globals().get("x", []), ${index}]; x`),
  ]);
  const results = await Promise.all(asked.flat());
  const whole = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
  assert.deepEqual(
    results.slice(-2).map(({ result }) => result),
    [whole, whole],
  );
  await sessions.close();
});

test("the session that has been idle longest makes room, and a busy one never does", async () => {
  const sessions = openSessions(engine, "javascript", { maxLive: 2 });
  for (const name of ["a", "b", "a"]) await sessions.run(name, "1");
  const states = async () =>
    (await Promise.all(["a", "b"].map((name) => sessions.stats(name)))).map((stats) => stats?.state);
  await sessions.run("c", "1");
  assert.deepEqual(await states(), ["live", "hibernated"]);
  await sessions.use("a", async (session) => {
    await sessions.run("b", "1");
    assert.deepEqual((await session.stats()).state, "live");
  });
  assert.deepEqual(await states(), ["live", "live"]);
  await sessions.close();
});

test("a session goes on as it was: its random numbers, the numbers of its cells, and what it has taken", async () => {
  const { store } = createStore();
  for (const kept of [undefined, store]) {
    const sessions = openSessions(engine, "python", { maxLive: 1 }, kept);
    await sessions.run("a", "import random; before = random.getstate()");
    const cpuMs = (await sessions.stats("a"))?.cpuMs ?? 0;
    await sessions.run("b", "1");
    assert.equal((await sessions.stats("a"))?.state, "hibernated");
    assert.equal((await sessions.run("a", "random.getstate() == before")).result, "True");
    await sessions.run("b", "1");
    assert.match((await sessions.run("a", "1 / 0")).error ?? "", /<cell 3>/);
    const stats = await sessions.stats("a");
    assert.equal(stats?.runs, 3);
    if (process.platform === "linux") assert.ok((stats?.cpuMs ?? 0) > cpuMs);
    await sessions.fork("a", "c");
    await assert.rejects(sessions.fork("a", "c"), { code: "SESSION_EXISTS" });
    await assert.rejects(sessions.fork("a", "a"), { code: "SESSION_EXISTS" });
    assert.equal((await sessions.run("c", "random.getstate() == before")).result, "False");
    await sessions.close();
  }
});

test("sessions that are left alone hibernate, all of them", async () => {
  const sessions = openSessions(engine, "javascript", { hibernateAfterMs: 20 });
  await Promise.all(names(5).map((name) => sessions.run(name, "var x = 42")));
  while (sessions.live > 0) await new Promise(setImmediate);
  assert.equal((await sessions.run("session 3", "x")).result, "42");
  await sessions.close();
});

test("names come and go, and only what can be a name is one", async () => {
  const sessions = openSessions(engine, "javascript", { maxLive: 1 });
  await sessions.run("a", "var x = 1");
  await sessions.run("__proto__", "var x = 2");
  assert.deepEqual(await Promise.all(["a", "__proto__", "b"].map(sessions.has)), [true, true, false]);
  const snapshot = await sessions.snapshot("a");
  assert.equal(await sessions.delete("a"), true);
  assert.equal(await sessions.delete("a"), false);
  assert.deepEqual([await sessions.stats("a"), await sessions.has("a")], [undefined, false]);
  assert.match((await sessions.run("a", "x")).error ?? "", /ReferenceError/);
  await sessions.restore("a", snapshot);
  assert.equal((await sessions.run("a", "x")).result, "1");
  await assert.rejects(sessions.restore("a", new Uint8Array(100)), { code: "INVALID_SNAPSHOT" });
  assert.equal((await sessions.run("a", "x")).result, "1");
  assert.equal((await sessions.run("__proto__", "x")).result, "2");
  assert.deepEqual((await sessions.list()).sort(), ["__proto__", "a"]);
  for (const name of ["", "x".repeat(1001), 5 as never, undefined as never]) {
    await assert.rejects(sessions.run(name, "1"), { code: "INVALID_OPTION" });
  }
  await sessions.close();
  for (const asked of [sessions.run("a", "x"), sessions.has("a"), sessions.list(), sessions.delete("a")]) {
    await assert.rejects(asked, { code: "SESSION_CLOSED" });
  }
});

test("more requests than may wait for a place are refused, and the others are answered", async () => {
  const sessions = openSessions(engine, "javascript", { maxLive: 1, maxQueue: 2 });
  const asked = await Promise.allSettled(names(5).map((name) => sessions.run(name, "42")));
  const refused = asked.filter(({ status }) => status === "rejected");
  for (const { reason } of refused as PromiseRejectedResult[]) assert.equal(reason.code, "QUEUE_FULL");
  assert.equal(refused.length, 2);
  assert.equal((await sessions.run("session 4", "42")).result, "42");
  await sessions.close();
});

test("closing interrupts what runs, rejects what waits, and keeps every state in the store", async () => {
  const { store, control } = createStore();
  const sessions = openSessions(engine, "python", { maxLive: 2 }, store);
  await sessions.run("a", "x = 41");
  await sessions.run("b", "y = 43");
  let begun = () => {};
  const running = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const asked = sessions.run("a", "x += 1; print('on', flush=True)\nwhile True: pass", { onOutput: begun });
  const late = assert.rejects(sessions.run("a", "x = 0"), { code: "SESSION_CLOSED" });
  await running;
  await sessions.close();
  await late;
  assert.equal((await asked).stopped, "interrupt");
  assert.deepEqual([...control.states.keys()].sort(), ["a", "b"]);
  const next = openSessions(engine, "python", {}, store);
  assert.equal((await next.run("a", "x")).result, "42");
  assert.equal((await next.run("b", "y")).result, "43");
  await next.close();
});

test("a store that takes nothing costs nothing while the process lives, and says so at the end", async () => {
  const { store, control } = createStore();
  const sessions = openSessions(engine, "javascript", { maxLive: 1 }, store);
  await sessions.run("a", "var x = 1");
  await sessions.run("b", "var x = 2");
  control.fails = true;
  assert.equal((await sessions.run("a", "x = 41")).result, "41");
  assert.equal((await sessions.run("b", "x")).result, "2");
  assert.equal((await sessions.run("a", "x += 1")).result, "42");
  await assert.rejects(sessions.close(), { code: "STATE_NOT_KEPT", message: /states of 2 sessions/ });
  control.fails = false;
  await sessions.close();
  const next = openSessions(engine, "javascript", {}, store);
  assert.equal((await next.run("a", "x")).result, "42");
  await next.close();
});

test("with durable, what was answered is kept, and what could not be kept is no answer", async () => {
  const { store, control } = createStore();
  const sessions = openSessions(engine, "python", { durable: true, maxLive: 1 }, store);
  const inStore = async (code: string) => {
    const others = openSessions(engine, "python", {}, { ...store, write: async () => {} });
    const { result } = await others.run("a", code);
    await others.close();
    return result;
  };
  await sessions.run("a", "x = 1");
  assert.equal(await inStore("x"), "1");
  control.fails = true;
  await assert.rejects(sessions.run("a", "x = 2"), { code: "STATE_NOT_KEPT", message: /"a".*disk is full/ });
  await assert.rejects(sessions.fork("a", "c"), { code: "STATE_NOT_KEPT" });
  assert.equal(await sessions.has("c"), false);
  assert.equal(await inStore("x"), "1");
  control.fails = false;
  assert.equal((await sessions.run("a", "x")).result, "2");
  assert.equal(await inStore("x"), "2");
  const { writes } = control;
  await sessions.run("b", "1");
  assert.equal(control.writes, writes + 1, "what is kept already is not written again when it hibernates");
  await sessions.close();
  assert.throws(() => openSessions(engine, "python", { durable: true }), { code: "INVALID_OPTION" });
});

test("with durable, a crash right after an answer does not take back what was answered", async () => {
  const { store } = createStore();
  const sessions = openSessions(engine, "python", { durable: true }, store);
  for (let count = 0; count < 5; count++) {
    await sessions.run("a", `x = ${count}`);
    const { state, lostRuns } = await sessions.run("a", "import os; os.abort()", { id: "crash" });
    assert.deepEqual([state, lostRuns], ["rolled_back", ["crash"]]);
    assert.equal((await sessions.run("a", "x")).result, String(count));
  }
  await sessions.close();
});

test("each name has its own options besides those of all", async () => {
  const sessions = openSessions(engine, "python", {
    env: { SHARED: "yes" },
    optionsFor: (name) => ({ args: [name] }),
    maxLive: 1,
  });
  const code = "import sys, os; sys.argv + [os.environ['SHARED']]";
  for (const name of ["a", "b", "a"]) {
    assert.equal((await sessions.run(name, code)).result, `['${name}', 'yes']`);
  }
  await sessions.close();
});

test("a session whose thread breaks down when it makes room tells what that cost, and keeps no place meanwhile", async () => {
  let breaks = false;
  const startThread = (): ThreadHandle => {
    const thread = nodePlatform.startThread();
    const { snapshot } = thread;
    thread.snapshot = () => {
      if (breaks) void thread.terminate();
      breaks = false;
      return snapshot();
    };
    return thread;
  };
  const sessions = openSessions(createEngine({ ...nodePlatform, startThread }), "python", { maxLive: 1 });
  await sessions.run("a", "x = 41");
  breaks = true;
  assert.equal((await sessions.run("b", "42")).result, "42");
  assert.equal(breaks, false);
  const { state, lostRuns } = await sessions.run("a", "x += 1", { id: "next" });
  assert.deepEqual([state, lostRuns?.at(-1)], ["rolled_back", "next"]);
  assert.equal((await sessions.run("b", "42")).result, "42");
  assert.equal((await sessions.run("a", "x + 1")).result, "42");
  await sessions.close();
});
