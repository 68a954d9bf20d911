import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createEngine } from "../engine/engine.js";
import { nodePlatform } from "../node/platform.js";
import { createSession } from "../node/sessions.js";
import { openSession } from "./open-session.js";
import type { CellResult, RunOptions } from "./options.js";
import type { Session } from "./session.js";
import { said } from "./test-results.js";

/** Long enough for a loaded machine to have the code running, short enough for a test. */
const timeoutMs = 150;

interface Case {
  readonly what: string;
  readonly code: string;
  readonly options?: RunOptions;
  /** What must have become of the state; without it, anything that keeps the variable. */
  readonly state?: CellResult["state"];
}

const never = () => new Promise<string>(() => {});
const cases: Readonly<Record<"python" | "javascript", readonly Case[]>> = {
  python: [
    { what: "a loop", code: "while True: pass", state: "kept" },
    { what: "a sleep", code: "import time; time.sleep(1000)", state: "kept" },
    { what: "input() that nobody answers", code: "input()", options: { onInput: never }, state: "kept" },
    { what: "a regular expression", code: "import re; re.match(r'(a*)*b', 'a' * 40)", state: "kept" },
    {
      what: "code that swallows exceptions once",
      code: "try:\n  while True: pass\nexcept BaseException: pass\nwhile True: pass",
      state: "kept",
    },
    {
      what: "code that swallows every exception",
      code: "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
      state: "kept",
    },
    { what: "a long call in C", code: "sum(range(10 ** 11))", state: "rolled_back" },
    { what: "recursion without end", code: "def f():\n  try: f()\n  finally: f()\nf()" },
  ],
  javascript: [
    { what: "a loop", code: "for (;;);", state: "kept" },
    { what: "a timer far away", code: "await new Promise((done) => setTimeout(done, 1e6))", state: "kept" },
    { what: "promises that follow each other", code: "for (;;) await null", state: "kept" },
    { what: "a regular expression", code: "/(a*)*b/.test('a'.repeat(40))", state: "kept" },
    {
      what: "code that swallows every exception",
      code: "for (;;) { try { for (;;); } catch {} finally { continue } }",
      state: "kept",
    },
    { what: "a long call in C", code: "'x'.repeat(2 ** 29).split('').sort()" },
  ],
};
const setVariable = { python: "kept = [1, 2]", javascript: "var kept = [1, 2]" };
const readVariable = { python: "len(kept)", javascript: "kept.length" };

for (const language of ["python", "javascript"] as const) {
  for (const { what, code, options = {}, state } of cases[language]) {
    test(`${language}: ${what} ends at its time limit, and what was there before is there still`, async () => {
      const session = await createSession(language);
      try {
        await session.run(setVariable[language]);
        const result = await session.run(code, { ...options, timeoutMs });
        assert.equal(result.stopped, "timeout", JSON.stringify(result));
        assert.ok(result.error !== undefined && result.exception !== undefined);
        if (state !== undefined) assert.equal(result.state, state);
        else assert.ok(result.state === "kept" || result.state === "rolled_back", result.state);
        if (result.state === "rolled_back") assert.deepEqual(result.lostRuns, [2]);
        assert.equal((await session.run(readVariable[language])).result, "2");
      } finally {
        await session.close();
      }
    });
  }

  test(`${language}: an interrupt stops the run that it is meant for, and no other`, async () => {
    const session = await createSession(language);
    const code =
      language === "python" ? "print('on', flush=True)\nwhile True: pass" : "console.log('on'); for (;;);";
    session.interrupt();
    const { output, ...first } = await session.run(code, {
      onOutput: () => session.interrupt(),
    });
    assert.equal(output, "on\n");
    assert.equal(first.stopped, "interrupt");
    assert.equal(first.state, "kept");
    session.interrupt();
    assert.deepEqual(said(await session.run(setVariable[language])), {});
    await session.close();
  });

  test(`${language}: notices at random moments hit their run or nothing (tried 60 times)`, async () => {
    const session = await createSession(language);
    await session.run(setVariable[language]);
    for (let attempt = 0; attempt < 60; attempt++) {
      const stop = new AbortController();
      const run = session.run(readVariable[language], { signal: stop.signal });
      const next = session.run(readVariable[language]);
      setTimeout(() => stop.abort(), Math.random() * 2);
      const result = await run;
      assert.ok(result.result === "2" || result.stopped === "interrupt", JSON.stringify(result));
      assert.equal((await next).result, "2");
    }
    await session.close();
  });

  test(`${language}: closing while a cell runs ends it, and rejects what waits`, async () => {
    const session = await createSession(language);
    const started = deferred();
    const run = session.run(
      language === "python" ? "print('on', flush=True)\nwhile True: pass" : "console.log('on'); for (;;);",
      { onOutput: () => started.resolve() },
    );
    const waiting = session.run("1");
    const rejections = Promise.all([
      assert.rejects(run, { code: "SESSION_CLOSED" }),
      assert.rejects(waiting, { code: "SESSION_CLOSED" }),
    ]);
    await started.promise;
    await Promise.all([session.close(), session.close()]);
    await rejections;
    await assert.rejects(session.run("1"), { code: "SESSION_CLOSED" });
  });

  test(`${language}: a run whose signal is aborted before its turn does not begin`, async () => {
    const session = await createSession(language);
    const stop = new AbortController();
    const first = session.run(readVariable[language]);
    const second = session.run(setVariable[language], { signal: stop.signal });
    stop.abort();
    await first;
    assert.equal((await second).stopped, "interrupt");
    assert.ok((await session.run(readVariable[language])).error !== undefined);
    await session.close();
  });
}

function deferred(): { promise: Promise<void>; resolve(): void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test("a callback that throws ends its run with that error, and the session goes on", async () => {
  const session = await createSession("python");
  await session.run("kept = 1");
  const broken = new Error("broken");
  const fail = () => {
    throw broken;
  };
  await assert.rejects(session.run("print(1)\nwhile True: pass", { onOutput: fail }), broken);
  await assert.rejects(session.run("input()", { onInput: async () => fail() }), broken);
  assert.equal((await session.run("kept")).result, "1");
  await session.close();
});

test("an answer to input() that comes after its run is not given to the next one", async () => {
  const session = await createSession("python");
  let answer: (text: string) => void = () => {};
  const asked = deferred();
  const run = session.run("input()", {
    onInput: () => {
      asked.resolve();
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  await asked.promise;
  session.interrupt();
  assert.equal((await run).stopped, "interrupt");
  answer("late\n");
  const { result } = await session.run("input()", { onInput: async () => "in time\n" });
  assert.equal(result, "'in time'");
  await session.close();
});

test("a crash names every run that is lost, and not those before the last report", async () => {
  const session = await createSession("python");
  await session.run("a = 1", { id: "first" });
  await session.snapshot();
  await session.run("b = 2", { id: "second" });
  const result = await session.run("import os; os._exit(7)", { id: "third" });
  assert.equal(result.state, "rolled_back");
  assert.equal(result.exitCode, 7);
  assert.equal(result.lostRuns?.at(-1), "third");
  assert.ok(!result.lostRuns?.includes("first"));
  const lostSecond = result.lostRuns?.includes("second") ?? false;
  assert.equal((await session.run("'b' in globals()")).result, lostSecond ? "False" : "True");
  assert.equal((await session.run("a")).result, "1");
  await session.close();
});

test("of runs that wait for each other, each that takes longer than a moment has a checkpoint behind it", async () => {
  const session = await createSession("python");
  const sleep = "import time; time.sleep(0.6)";
  const runs = ["a = 1", `${sleep}; b = 2`, `${sleep}; c = 3`, "import os; os._exit(7)"];
  const results = await Promise.all(runs.map((code) => session.run(code)));
  assert.deepEqual([results[3]?.state, results[3]?.lostRuns], ["rolled_back", [4]]);
  assert.equal((await session.run("a, b, c")).result, "(1, 2, 3)");
  await session.close();
});

test("a question about a session that is at rest leaves its checkpoint due", {
  timeout: 60_000,
}, async () => {
  const session = await createSession("python");
  const { stateBytes } = await session.run("a = 1").then(() => session.stats());
  // The first run's is made at once, the second's after a moment of rest.
  await session.run("import os; b = os.urandom(1_000_000)");
  let now = await session.stats();
  while (now.stateBytes < stateBytes + 1_000_000) now = await session.stats();
  const { state, lostRuns } = await session.run("os._exit(7)");
  assert.deepEqual([state, lostRuns], ["rolled_back", [3]]);
  assert.equal((await session.run("len(b)")).result, "1000000");
  await session.close();
});

test("resets while reports come in leave an empty name space (tried 40 times)", async () => {
  const session = await createSession("python");
  for (let attempt = 0; attempt < 40; attempt++) {
    await session.run("a = 1");
    await new Promise((resolve) => setTimeout(resolve, 8 + Math.random() * 6));
    await session.reset();
    assert.equal((await session.run("'a' in globals()")).result, "False");
  }
  await session.close();
});

test("eight endless loops do not keep a ninth session from answering", async () => {
  const engine = createEngine(nodePlatform);
  const loops: Session[] = [];
  after(() => Promise.all(loops.map((session) => session.close())));
  for (let count = 0; count < 8; count++) {
    const session = await openSession(engine, "python", {});
    loops.push(session);
    session.run("while True: pass").catch(() => {});
  }
  const ninth = await openSession(engine, "python", {});
  assert.equal((await ninth.run("6 * 7", { timeoutMs: 20_000 })).result, "42");
  await ninth.close();
  await Promise.all(loops.splice(0).map((session) => session.close()));
});
