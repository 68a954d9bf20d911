import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createEngine } from "../engine/engine.js";
import { ThreadEndedError, type ThreadHandle } from "../engine/handle.js";
import { nodePlatform } from "../node/platform.js";
import { openSession } from "./open-session.js";
import { openSessions } from "./open-sessions.js";
import type { Session } from "./session.js";

const tooMany = { code: "TOO_MANY_SESSIONS" };

/** An engine whose threads are changed before they are used. */
function engineWith(change: (thread: ThreadHandle) => void, maxSessions?: number) {
  const startThread = () => {
    const thread = nodePlatform.startThread();
    change(thread);
    return thread;
  };
  return createEngine({ ...nodePlatform, startThread }, maxSessions === undefined ? {} : { maxSessions });
}

/** Something to wait for that somebody else makes happen. */
function createEvent() {
  let happen: () => void = () => {};
  const happened = new Promise<void>((resolve) => {
    happen = resolve;
  });
  return { happen: () => happen(), happened };
}

test("a Python session that was hibernated is the same session in all respects", async () => {
  const host = mkdtempSync(join(tmpdir(), "hibernate-"));
  writeFileSync(join(host, "data.txt"), "from the host");
  const session = await openSession(createEngine(nodePlatform), "python", {
    args: ["one", "two"],
    env: { COLOUR: "green" },
    mounts: [{ hostPath: host, guestPath: "/data", mode: "ro" }],
    maxOutputBytes: 2000,
  });
  await session.run(`
import os, random, sys
def count():
    n = 0
    while True:
        n += 1
        yield n
generator = count(); next(generator)
file = open("/tmp/open", "w+"); file.write("abcdef"); file.flush(); file.seek(2)
before = random.getstate()
os.chdir("/tmp")`);
  await session.hibernate();
  await session.hibernate();
  assert.equal((await session.stats()).state, "hibernated");
  const questions: ReadonlyArray<readonly [code: string, answer: string]> = [
    ["next(generator)", "2"],
    ["file.read()", "'cdef'"],
    ["random.getstate() == before", "True"],
    ["os.getcwd()", "'/tmp'"],
    ["sys.argv + [os.environ['COLOUR']]", "['one', 'two', 'green']"],
    ["open('/data/data.txt').read()", "'from the host'"],
  ];
  for (const [code, answer] of questions) {
    assert.equal((await session.run(code)).result, answer);
    await session.hibernate();
  }
  assert.match((await session.run("1 / 0")).error ?? "", /<cell 8>/);
  assert.equal((await session.run("print('x' * 5000)")).exception?.type, "OSError");
  await session.close();
  await assert.rejects(session.hibernate(), { code: "SESSION_CLOSED" });
  rmSync(host, { recursive: true });
});

test("a JavaScript session goes on with its generators, closures and promises", async () => {
  const session = await openSession(createEngine(nodePlatform), "javascript", {});
  await session.run(`
function* count() { for (let n = 1; ; n++) yield n }
const generator = count(); generator.next();
const secret = ((n) => () => n * 2)(21);
let resolve; const promise = new Promise((done) => { resolve = done }).then((value) => value + "!");`);
  await session.hibernate();
  const code = "resolve('yes'); [generator.next().value, secret(), await promise].join()";
  assert.equal((await session.run(code)).result, "'2,42,yes!'");
  await session.close();
});

test("a deterministic session that hibernates gives what one that does not gives", async () => {
  const code = {
    python: "import random, time, uuid; [random.random(), time.time(), time.monotonic(), str(uuid.uuid4())]",
    javascript: "[Math.random(), Date.now(), performance.now()]",
  };
  const engine = createEngine(nodePlatform);
  for (const language of ["python", "javascript"] as const) {
    const options = { deterministic: { seed: 7 }, cwd: "/tmp" };
    const twins = await Promise.all([1, 2].map(() => openSession(engine, language, options)));
    const [still, sleeper] = twins as [Session, Session];
    const sessions = openSessions(engine, language, { ...options, maxLive: 1 });
    for (let count = 0; count < 4; count++) {
      const { result } = await still.run(code[language]);
      assert.equal((await sleeper.run(code[language])).result, result);
      await sleeper.hibernate();
      assert.equal((await sessions.run("a", code[language])).result, result);
      await sessions.run("b", "1");
    }
    await Promise.all([still.close(), sleeper.close(), sessions.close()]);
  }
});

test("a hibernated session has no place among the open ones, and wakes once there is one", async () => {
  const engine = createEngine(nodePlatform, { maxSessions: 1 });
  const session = await openSession(engine, "python", {});
  await session.run("x = 42");
  await assert.rejects(openSession(engine, "python", {}), tooMany);
  await session.hibernate();
  const other = await openSession(engine, "javascript", {});
  await assert.rejects(session.run("x"), tooMany);
  await assert.rejects(session.fork(), tooMany);
  const snapshot = await session.snapshot();
  assert.equal((await session.stats()).state, "hibernated");
  await other.close();
  const copy = await openSession(engine, "python", { snapshot });
  assert.equal((await copy.run("x")).result, "42");
  await copy.close();
  const fork = await session.fork();
  assert.equal((await fork.run("x += 1; x")).result, "43");
  await fork.close();
  assert.equal((await session.run("x")).result, "42");
  await session.close();
});

test("what is asked of a hibernated session wakes it, and reset and restore put it elsewhere", async () => {
  const session = await openSession(createEngine(nodePlatform), "python", {});
  await session.run("x = 1");
  const state = await session.capture();
  await session.run("x = 2");
  await session.hibernate();
  assert.deepEqual(await session.inspect({ kind: "isComplete", code: "1" }), { status: "complete" });
  await session.hibernate();
  await session.restore(state);
  assert.equal((await session.run("x")).result, "1");
  await session.hibernate();
  assert.equal((await session.capture()).language, "python");
  await session.hibernate();
  await session.reset();
  assert.equal((await session.run("x")).exception?.type, "NameError");
  await session.close();
});

test("a session that is left alone for so long hibernates by itself, and not under a run", async () => {
  const engine = createEngine(nodePlatform);
  const session = await openSession(engine, "python", { hibernateAfterMs: 30 });
  // Longer than the time after which it would hibernate.
  assert.equal((await session.run("import time; time.sleep(0.1); x = 6")).error, undefined);
  // Who only watches does not keep it awake.
  let state = "live";
  for (let count = 0; state === "live" && count < 100_000; count++) ({ state } = await session.stats());
  assert.equal(state, "hibernated");
  assert.equal((await session.run("x * 7")).result, "42");
  await session.close();
  for (const hibernateAfterMs of [0, -1, Number.NaN, "1" as unknown as number]) {
    await assert.rejects(openSession(engine, "python", { hibernateAfterMs }), { code: "INVALID_OPTION" });
  }
});

test("hibernating waits for the run at hand, and what is asked meanwhile is done in its order", async () => {
  const session = await openSession(createEngine(nodePlatform), "python", {});
  const [first, , second] = await Promise.all([
    session.run("import time; time.sleep(0.05); x = 1"),
    session.hibernate(),
    session.run("x += 1; x"),
    session.hibernate(),
  ]);
  assert.deepEqual([first.error, second.result], [undefined, "2"]);
  assert.equal((await session.stats()).state, "hibernated");
  await session.close();
});

test("a run that is interrupted while its session wakes does not begin", async () => {
  const waking = createEvent();
  const goOn = createEvent();
  const engine = engineWith((thread) => {
    const { restore } = thread;
    thread.restore = async (...state) => {
      waking.happen();
      await goOn.happened;
      return restore(...state);
    };
  });
  const session = await openSession(engine, "python", {});
  await session.run("x = []");
  await session.hibernate();
  const controller = new AbortController();
  const results = ["x.append(1)", "x.append(2)"].map((code, index) =>
    session.run(code, index === 0 ? {} : { signal: controller.signal }),
  );
  await waking.happened;
  session.interrupt();
  controller.abort();
  goOn.happen();
  for (const { stopped, state } of await Promise.all(results)) {
    assert.deepEqual([stopped, state], ["interrupt", "kept"]);
  }
  assert.equal((await session.run("x")).result, "[]");
  await session.close();
});

test("closing while a session wakes or is put to sleep ends it at once", async () => {
  for (const what of ["restore", "snapshot"] as const) {
    const begun = createEvent();
    const engine = engineWith((thread) => {
      const ended = createEvent();
      const { terminate } = thread;
      thread.terminate = async () => {
        await terminate();
        ended.happen();
      };
      thread[what] = async () => {
        begun.happen();
        await ended.happened;
        throw new ThreadEndedError("the session's thread was ended");
      };
    });
    const session = await openSession(engine, "python", {});
    if (what === "restore") await session.hibernate();
    const asked = what === "restore" ? session.run("1") : session.hibernate();
    const rejected = assert.rejects(asked, { code: "SESSION_CLOSED" });
    await begun.happened;
    await Promise.all([session.close(), rejected]);
  }
});

test("a mount that is gone keeps a session from waking, and costs it nothing", async () => {
  const host = mkdtempSync(join(tmpdir(), "hibernate-"));
  const data = join(host, "data");
  mkdirSync(data);
  const mounts = [{ hostPath: data, guestPath: "/data", mode: "rw" as const }];
  const session = await openSession(createEngine(nodePlatform), "python", { mounts });
  await session.run("x = 42");
  await session.hibernate();
  renameSync(data, join(host, "elsewhere"));
  for (let count = 0; count < 2; count++) {
    await assert.rejects(session.run("x"), { code: "START_FAILED", message: /cannot wake.*data/ });
  }
  assert.equal((await session.stats()).state, "hibernated");
  renameSync(join(host, "elsewhere"), data);
  assert.equal((await session.run("x")).result, "42");
  await session.close();
  rmSync(host, { recursive: true });
});

test("a thread that breaks down while its session wakes costs the session nothing", async () => {
  let breaks = false;
  const engine = engineWith((thread) => {
    const { restore } = thread;
    thread.restore = (...state) => {
      if (breaks) void thread.terminate();
      return restore(...state);
    };
  }, 1);
  const session = await openSession(engine, "python", {});
  await session.run("x = 42");
  await session.hibernate();
  breaks = true;
  for (let count = 0; count < 3; count++) {
    await assert.rejects(session.run("x"), { code: "START_FAILED" });
  }
  breaks = false;
  const { result, state, lostRuns } = await session.run("x");
  assert.deepEqual([result, state, lostRuns], ["42", undefined, undefined]);
  await session.close();
});

test("a thread that breaks down while its session is put to sleep costs no more than at any other time", async () => {
  let breaks = false;
  const engine = engineWith((thread) => {
    const { snapshot } = thread;
    thread.snapshot = () => {
      if (breaks) void thread.terminate();
      return snapshot();
    };
  });
  const session = await openSession(engine, "python", {});
  await session.run("x = 42");
  // Its checkpoint.
  await session.capture();
  await session.run("x = 43", { id: "late" });
  breaks = true;
  await assert.rejects(session.hibernate(), { code: "THREAD_LOST" });
  breaks = false;
  const { state, lostRuns } = await session.run("x", { id: "next" });
  assert.equal(state, "rolled_back");
  assert.deepEqual(lostRuns?.at(-1), "next");
  assert.match((await session.run("x")).result ?? "", /^4[23]$/);
  await session.close();
});

test("what a woken session had done before it hibernated is never lost again", async () => {
  for (const checkpoints of [true, false]) {
    const session = await openSession(createEngine(nodePlatform), "python", { checkpoints });
    await session.run("x = 42");
    await session.hibernate();
    const { state, lostRuns } = await session.run("x = 1\nimport os; os.abort()", { id: "crash" });
    assert.deepEqual([state, lostRuns], ["rolled_back", ["crash"]]);
    assert.equal((await session.run("x")).result, "42");
    await session.close();
  }
});

test("stats tell what a session takes and has taken, live and hibernated", async () => {
  const session = await openSession(createEngine(nodePlatform), "python", {});
  const first = await session.stats();
  assert.deepEqual([first.state, first.runs, first.runMs], ["live", 0, 0]);
  const code = "import time\nend = time.process_time() + 0.1\nwhile time.process_time() < end: pass";
  await session.run(`open("/tmp/file", "w").write("x" * 100_000)\nkept = bytearray(60_000_000)\n${code}`);
  await session.run("1");
  const live = await session.stats();
  assert.equal(live.runs, 2);
  assert.ok(live.runMs >= 90, `${live.runMs} ms`);
  assert.ok(live.fileBytes >= first.fileBytes + 100_000);
  assert.equal(live.files, first.files + 1);
  assert.ok(live.memoryBytes >= 60_000_000 && live.memoryBytes > first.memoryBytes);
  if (process.platform === "linux") {
    assert.ok((live.cpuMs ?? 0) > (first.cpuMs ?? 0), `${first.cpuMs} and ${live.cpuMs} ms`);
  }
  await session.hibernate();
  const { state, stateBytes, memoryBytes, fileBytes, files, runs, runMs } = await session.stats();
  assert.deepEqual(
    [state, memoryBytes, fileBytes, files, runs, runMs],
    ["hibernated", live.memoryBytes, live.fileBytes, live.files, live.runs, live.runMs],
  );
  assert.ok(stateBytes < 1_000_000, `${stateBytes} bytes`);
  await session.close();
});
