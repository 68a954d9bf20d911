/** Threads that have been ended and still run: in a long call of native code, or of the system. */
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { nodePlatform } from "../node/platform.js";
import { startThread } from "../node/threads/start-thread.js";
import { openSession } from "../session/open-session.js";
import { createEngine } from "./engine.js";
import type { ThreadHandle } from "./handle.js";

const tooMany = { code: "TOO_MANY_SESSIONS" };

/** Threads that come to their end only when `release` is called, however often they are told to. */
function stubbornThreads(): { start(): ThreadHandle; release(): Promise<void>; readonly ending: number } {
  let letGo: () => void = () => {};
  const released = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const threads: ThreadHandle[] = [];
  const ending = new Set<ThreadHandle>();
  return {
    get ending() {
      return ending.size;
    },
    start() {
      const thread = startThread();
      const { terminate } = thread;
      thread.terminate = async () => {
        ending.add(thread);
        const really = terminate();
        await released;
        await really;
      };
      threads.push(thread);
      return thread;
    },
    async release() {
      letGo();
      await Promise.all([...ending].map((thread) => thread.terminate()));
    },
  };
}

let stubborn = stubbornThreads();
afterEach(async () => {
  await stubborn.release();
  stubborn = stubbornThreads();
});

const ends = { code: "import os; os.abort()", forced: "sum(range(10 ** 11))" };

test("a thread that was ended by force counts as a session until it has really ended", async () => {
  const engine = createEngine({ ...nodePlatform, startThread: stubborn.start }, { maxSessions: 2 });
  const session = await openSession(engine, "python", {});
  const { stopped, state } = await session.run(ends.forced, { timeoutMs: 150 });
  assert.deepEqual([stopped, state, stubborn.ending], ["timeout", "lost", 1]);
  assert.equal((await session.run("6 * 7")).result, "42");
  await assert.rejects(openSession(engine, "javascript", {}), tooMany);
  await stubborn.release();
  const other = await openSession(engine, "javascript", {});
  await Promise.all([session.close(), other.close()]);
});

test("a session whose guest crashes goes on in its thread, and takes no second place", async () => {
  const engine = createEngine({ ...nodePlatform, startThread: stubborn.start }, { maxSessions: 1 });
  const session = await openSession(engine, "python", {});
  await session.run("kept = 6");
  await session.snapshot();
  for (let count = 0; count < 3; count++) assert.equal((await session.run(ends.code)).state, "rolled_back");
  assert.equal((await session.run("kept * 7")).result, "42");
  assert.equal(stubborn.ending, 0);
  const closing = session.close();
  await stubborn.release();
  await closing;
});

test("a session at the limit waits until its ended thread has left the place to the next one", async () => {
  const engine = createEngine({ ...nodePlatform, startThread: stubborn.start }, { maxSessions: 1 });
  const session = await openSession(engine, "python", {});
  const running = session.run(ends.forced, { timeoutMs: 150 });
  while (stubborn.ending === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await stubborn.release();
  assert.equal((await running).stopped, "timeout");
  assert.equal((await session.run("6 * 7")).result, "42");
  await session.close();
});

test("a session at the limit whose thread does not end says that there are too many, and goes on once it has", async () => {
  const engine = createEngine(
    { ...nodePlatform, startThread: stubborn.start },
    { maxSessions: 1, longestEndMs: 300 },
  );
  const session = await openSession(engine, "python", {});
  await session.run("kept = 6");
  await session.snapshot();
  await assert.rejects(session.run(ends.forced, { timeoutMs: 150 }), tooMany);
  await stubborn.release();
  assert.equal((await session.run("kept * 7")).result, "42");
  await session.close();
});

test("close resolves when the thread of a cell that runs has ended, and its place is free only then", async () => {
  const engine = createEngine({ ...nodePlatform, startThread: stubborn.start }, { maxSessions: 1 });
  const session = await openSession(engine, "python", {});
  let closing: Promise<void> | undefined;
  let isClosed = false;
  const running = session.run("print('on', flush=True)\nwhile True: pass", {
    onOutput: () => {
      closing ??= session.close().then(() => {
        isClosed = true;
      });
    },
  });
  await assert.rejects(running, { code: "SESSION_CLOSED" });
  await assert.rejects(openSession(engine, "python", {}), tooMany);
  assert.equal(isClosed, false);
  await stubborn.release();
  await closing;
  const next = await openSession(engine, "python", {});
  await next.close();
});

test("close does not wait for ever for a thread that does not end", async () => {
  const engine = createEngine(
    { ...nodePlatform, startThread: stubborn.start },
    { maxSessions: 1, longestEndMs: 300 },
  );
  const session = await openSession(engine, "python", {});
  let closing: Promise<void> | undefined;
  const running = session.run("print('on', flush=True)\nwhile True: pass", {
    onOutput: () => {
      closing ??= session.close();
    },
  });
  await assert.rejects(running, { code: "SESSION_CLOSED" });
  await closing;
  assert.equal(stubborn.ending, 1);
  await assert.rejects(openSession(engine, "python", {}), tooMany);
});

test("a thread that cannot be started takes no place", async () => {
  let fails = true;
  const start = () => {
    if (fails) throw new Error("there are no threads left");
    return startThread();
  };
  const engine = createEngine({ ...nodePlatform, startThread: start }, { maxSessions: 1 });
  for (let attempt = 0; attempt < 3; attempt++) {
    await assert.rejects(openSession(engine, "javascript", {}), /no threads left/);
  }
  fails = false;
  const session = await openSession(engine, "javascript", {});
  assert.equal((await session.run("6 * 7")).result, "42");
  await session.close();
});
