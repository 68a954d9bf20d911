import assert from "node:assert/strict";
import { test } from "node:test";
import { createSessions } from "../node/sessions.js";
import { inspectSnapshot } from "../node/snapshots.js";
import type { HostFunctions } from "./host-functions/types.js";
import type { CreateSessionOptions } from "./session.js";
import { callsOf, testSessions } from "./test-host-functions.js";

const functions: HostFunctions = {
  approve: { parameters: { properties: { what: {} } }, run: (_, { suspend }) => suspend() },
  now: (x: unknown) => x,
};

const own = testSessions("python");
const open = (options: CreateSessionOptions = {}) => own.open({ functions, ...options });

const twice = "import asyncio\na, b = await asyncio.gather(approve.aio('x'), approve.aio(what=b'y'))\n[a, b]";

test("a cell that waits for another day's answers is suspended, and goes on with them in another session", async () => {
  const session = await open();
  const first = await session.run(`print('before'); ${"z"} = 1\n${twice}`);
  const [x = "", y = ""] = callsOf(first);
  assert.equal(first.output, "before\n");
  assert.deepEqual(first.suspended, [
    { call: x, function: "approve", args: [], kwargs: { what: "x" } },
    { call: y, function: "approve", args: [], kwargs: { what: new Uint8Array([121]) } },
  ]);
  const snapshot = await session.snapshot();
  assert.equal((await inspectSnapshot(snapshot)).suspended, true);
  await session.close();
  const later = await open({ snapshot });
  const second = await later.resume([{ call: y, value: { bytes: new Uint8Array([1]) } }]);
  assert.deepEqual(callsOf(second), [x]);
  const { result, error } = await later.resume([{ call: x, value: [1.5, null] }]);
  assert.equal(error, undefined);
  assert.equal(result, "[[1.5, None], {'bytes': b'\\x01'}]");
  assert.equal((await later.run("z")).result, "1");
});

test("while a run is suspended nothing else runs, and what is wrong with an answer changes nothing", async () => {
  const session = await open();
  const [call = ""] = callsOf(await session.run("await approve.aio(1) + 1"));
  await assert.rejects(session.run("1"), { code: "SUSPENDED" });
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const [answers, message] of [
    [[{ call: "c99", value: 1 }], /no call "c99" is pending; pending are c1/],
    [
      [
        { call, value: 1 },
        { call, value: 2 },
      ],
      /answered twice/,
    ],
    [[{ call }], /must have a value, or an error/],
    [[{ call, value: 1, error: { message: "x" } }], /must have a value, or an error/],
    [[{ call, error: "no" }], /must be an object with a message/],
    [[{ call, value: cycle }], /cannot cross: a cycle/],
    ["c1", /must be an array/],
    [[{ call, values: 1 }], /no option "values"; did you mean value\?/],
  ] as const) {
    await assert.rejects(session.resume(answers as never), { code: "INVALID_OPTION", message });
  }
  assert.deepEqual(callsOf(await session.resume([])), [call]);
  assert.equal((await session.resume([{ call, value: 41 }])).result, "42");
  await assert.rejects(session.resume([]), { code: "NOT_SUSPENDED" });
});

test("a call can be answered with an error, which the code can catch", async () => {
  const session = await open();
  const code = "try: await approve.aio(1)\nexcept PermissionError as e: r = str(e)\nr";
  const [call = ""] = callsOf(await session.run(code));
  const result = await session.resume([{ call, error: { type: "PermissionError", message: "denied" } }]);
  assert.equal(result.result, "'denied'");
});

test("forks of a suspended session go on apart, each with its own answers", async () => {
  const session = await open();
  const [call = ""] = callsOf(await session.run("n = await approve.aio(1)\nn * 2"));
  const fork = await session.fork();
  own.keep(fork);
  assert.equal((await session.resume([{ call, value: 1 }])).result, "2");
  assert.equal((await fork.resume([{ call, value: 5 }])).result, "10");
});

test("a suspended session can be captured, restored, hibernated and reset", async () => {
  const session = await open();
  const [call = ""] = callsOf(await session.run("n = await approve.aio(1)\nn"));
  const state = await session.capture();
  await session.hibernate();
  await assert.rejects(session.run("1"), { code: "SUSPENDED" });
  assert.equal((await session.stats()).state, "hibernated");
  assert.equal((await session.resume([{ call, value: 1 }])).result, "1");
  await session.restore(state);
  assert.equal((await session.resume([{ call, value: 2 }])).result, "2");
  await session.restore(state);
  await session.reset();
  assert.equal((await session.run("now(3)")).result, "3");
});

test("calls that are answered at once are waited for; only then is the run suspended", async () => {
  const session = await open();
  const code = `import asyncio
seen = []
async def busy():
  for i in range(20):
    seen.append(await now.aio(i))
await asyncio.gather(approve.aio(1), busy())
len(seen)`;
  const [call = ""] = callsOf(await session.run(code));
  assert.equal((await session.resume([{ call, value: 1 }])).result, "20");
});

test("a task that sleeps goes on after the run does, and a timer that was set fires when it is due", async () => {
  const session = await open();
  const code = `import asyncio
async def later():
  await asyncio.sleep(0.05)
  return 'slept'
task = asyncio.create_task(later())
first = await approve.aio(1)
[first, await task]`;
  const [call = ""] = callsOf(await session.run(code));
  const other = await open({ snapshot: await session.snapshot() });
  assert.equal((await other.resume([{ call, value: 1 }])).result, "[1, 'slept']");
});

test("only what awaits at the top level can be suspended: a plain call and asyncio.run() get an error that says so", async () => {
  const session = await open();
  for (const code of [
    "approve(1)",
    "import asyncio\nasync def main(): return await approve.aio(1)\nasyncio.run(main())",
    "import asyncio\nasyncio.new_event_loop().run_until_complete(approve.aio(1))",
  ]) {
    const { exception } = await session.run(code);
    assert.equal(exception?.type, "RuntimeError");
    assert.match(exception?.message ?? "", /^approve\(\) is answered another day, and only an `await`/);
  }
  assert.equal((await session.run("1 + 1")).result, "2");
});

test("a run's output, value, limits and files are those of each part of it", async () => {
  const session = await open();
  const code =
    "open('a', 'w').write('1')\nprint('one')\nx = await approve.aio(1)\nopen('b', 'w').write('2')\nprint('two')\nwhile x: pass\n[x]";
  const first = await session.run(code, { value: true, id: "mine" });
  const [call = ""] = callsOf(first);
  assert.equal(first.output, "one\n");
  assert.deepEqual(
    first.files?.map(({ path }) => path),
    ["/home/user/a"],
  );
  const snapshot = await session.snapshot();
  const second = await session.resume([{ call, value: 0 }], { snapshot: true });
  assert.equal(second.output, "two\n");
  assert.deepEqual(second.value, [0]);
  assert.deepEqual(
    second.files?.map(({ path }) => path),
    ["/home/user/b"],
  );
  assert.ok(second.snapshot instanceof Uint8Array);
  const other = await open({ snapshot });
  const stopped = await other.resume([{ call, value: 1 }], { timeoutMs: 100 });
  assert.deepEqual([stopped.stopped, stopped.state], ["timeout", "kept"]);
  await assert.rejects(other.resume([]), { code: "NOT_SUSPENDED" });
  assert.equal((await other.run("1")).result, "1");
});

test("a run that loses its interpreter after it was resumed goes back to where it was suspended", async () => {
  const session = await open();
  const [call = ""] = callsOf(
    await session.run("x = await approve.aio(1)\nif x == 'crash':\n  import os; os.abort()\nx"),
  );
  // A checkpoint is made in the guest's next rest.
  await session.snapshot();
  await session.capture();
  const lost = await session.resume([{ call, value: "crash" }]);
  assert.equal(lost.state, "rolled_back");
  assert.equal((await session.resume([{ call, value: "fine" }])).result, "'fine'");
});

test("named sessions keep a suspended run while they sleep", async () => {
  await using sessions = await createSessions("python", { functions, maxLive: 1 });
  const [call = ""] = callsOf(await sessions.run("a", "await approve.aio(1)"));
  await sessions.run("b", "1");
  assert.equal((await sessions.stats("a"))?.state, "hibernated");
  assert.equal((await sessions.resume("a", [{ call, value: 9 }])).result, "9");
});

test("a forged snapshot that says a run is suspended gets an error, and harms nothing", async () => {
  const session = await open();
  callsOf(await session.run("await approve.aio(1)"));
  const suspendedState = await session.snapshot();
  await session.reset();
  const { suspended, result } = await session.run("now(1)");
  assert.deepEqual([suspended, result], [undefined, "1"]);
  assert.equal((await inspectSnapshot(await session.snapshot())).suspended, false);
  assert.equal((await inspectSnapshot(suspendedState)).suspended, true);
});
