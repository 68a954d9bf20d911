import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { createSessions } from "../node/sessions.js";
import { inspectSnapshot } from "../node/snapshots.js";
import type { HostFunctions } from "./host-functions/types.js";
import type { CreateSessionOptions } from "./session.js";
import { callsOf, testSessions } from "./test-host-functions.js";

const functions: HostFunctions = {
  approve: { parameters: { properties: { what: {} } }, run: (_, { suspend }) => suspend() },
  now: (x: unknown) => x,
  instant: (x: unknown) => x,
};

const own = testSessions("javascript");
const open = (options: CreateSessionOptions = {}) => own.open({ functions, ...options });

test("a cell that awaits another day's answers is suspended, and goes on with them in another session", async () => {
  const session = await open();
  const code = `print("before"); var z = 1;
const [a, b] = await Promise.all([approve("x"), approve({ what: Buffer.from("y") })]);
print("after"); [a, b]`;
  const first = await session.run(code, { value: true });
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
  const { result, value, output, error } = await later.resume([{ call: x, value: [1.5, null] }]);
  assert.equal(error, undefined);
  assert.equal(output, "after\n");
  assert.equal(result, "[ [ 1.5, null ], { bytes: Uint8Array(1) [ 1 ] } ]");
  assert.deepEqual(value, [[1.5, null], { bytes: new Uint8Array([1]) }]);
  assert.equal((await later.run("z + a.length")).result, "3");
});

test("another process goes on with a suspended session, timers and all", async () => {
  const session = await open();
  const code = `const timer = new Promise((resolve) => setTimeout(resolve, 20, "fired"));
[await approve(1), await timer]`;
  const [call = ""] = callsOf(await session.run(code));
  const snapshot = await session.snapshot();
  const library = new URL("../index.js", import.meta.url).href;
  const script = `
    import { createSession } from ${JSON.stringify(library)};
    const snapshot = Buffer.from(process.env.STATE, "base64");
    const session = await createSession("javascript", { snapshot });
    const { result, error } = await session.resume([{ call: ${JSON.stringify(call)}, value: 7 }]);
    console.log(error ?? result);
    await session.close();`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, STATE: Buffer.from(snapshot).toString("base64") },
    encoding: "utf8",
  });
  assert.equal(printed, "[ 7, 'fired' ]\n");
});

test("while a run is suspended nothing else runs; its calls can be answered one by one", async () => {
  const session = await open();
  const [call = ""] = callsOf(await session.run("await approve(1) + 1"));
  await assert.rejects(session.run("1"), { code: "SUSPENDED" });
  assert.deepEqual(callsOf(await session.resume([])), [call]);
  assert.equal((await session.resume([{ call, value: 41 }])).result, "42");
  await assert.rejects(session.resume([]), { code: "NOT_SUSPENDED" });
  const [first = ""] = callsOf(await session.run("await approve(1) + await approve(2)"));
  const [second = ""] = callsOf(await session.resume([{ call: first, value: 1 }]));
  assert.notEqual(first, second);
  assert.equal((await session.resume([{ call: second, value: 2 }])).result, "3");
});

test("a call can be answered with an error, which the code can catch, or which is the run's", async () => {
  const session = await open();
  const code = "try { await approve(1) } catch (e) { [e.constructor.name, e.type, e.message] }";
  const [call = ""] = callsOf(await session.run(code));
  const error = { type: "PermissionError", message: "denied" };
  assert.equal(
    (await session.resume([{ call, error }])).result,
    "[ 'HostError', 'PermissionError', 'denied' ]",
  );
  const [other = ""] = callsOf(await session.run("\n  await approve(1)"));
  const failed = await session.resume([{ call: other, error: { type: "RangeError", message: "far" } }]);
  assert.deepEqual(failed.exception, { type: "RangeError", message: "far" });
});

test("forks of a suspended session go on apart, each with its own answers", async () => {
  const session = await open();
  const [call = ""] = callsOf(await session.run("const n = await approve(1); n * 2"));
  const fork = await session.fork();
  own.keep(fork);
  assert.equal((await session.resume([{ call, value: 1 }])).result, "2");
  assert.equal((await fork.resume([{ call, value: 5 }])).result, "10");
  assert.deepEqual([(await session.run("n")).result, (await fork.run("n")).result], ["1", "5"]);
});

test("a suspended session can be captured, restored, hibernated and reset, and sleep by its name", async () => {
  const session = await open();
  const [call = ""] = callsOf(await session.run("await approve(1)"));
  const state = await session.capture();
  await session.hibernate();
  await assert.rejects(session.run("1"), { code: "SUSPENDED" });
  assert.equal((await session.stats()).state, "hibernated");
  assert.equal((await session.resume([{ call, value: 1 }])).result, "1");
  await session.restore(state);
  assert.equal((await session.resume([{ call, value: 2 }])).result, "2");
  await session.restore(state);
  await session.reset();
  assert.equal((await session.run("await now(3)")).result, "3");
  await using sessions = await createSessions("javascript", { functions, maxLive: 1 });
  const [named = ""] = callsOf(await sessions.run("a", "await approve(1)"));
  await sessions.run("b", "1");
  assert.equal((await sessions.stats("a"))?.state, "hibernated");
  assert.equal((await sessions.resume("a", [{ call: named, value: 9 }])).result, "9");
});

test("calls that are answered at once are waited for; only then is the run suspended", async () => {
  const session = await open();
  const code = `const seen = [];
async function busy() { for (let i = 0; i < 20; i++) seen.push(await now(i)) }
const [first] = await Promise.all([approve(1), busy()]);
[first, seen.length]`;
  const [call = ""] = callsOf(await session.run(code));
  assert.equal((await session.resume([{ call, value: 1 }])).result, "[ 1, 20 ]");
});

test("only what awaits at the top level can be suspended: anything else gets an error that says so", async () => {
  const session = await open();
  for (const code of ["approve.sync(1)", "await now(1); approve.sync(1)", "approve(1).then(print)"]) {
    const { exception, suspended } = await session.run(code);
    assert.equal(suspended, undefined);
    assert.equal(exception?.type, "Error", code);
    assert.match(exception?.message ?? "", /^approve\(\) is answered another day, and /);
  }
  assert.equal((await session.run("await Promise.race([approve(1), 5])")).result, "5");
  assert.equal((await session.run("1 + 1")).result, "2");
});

test("a run that has failed already is not suspended, so that its error is told", async () => {
  const session = await open();
  const { exception, suspended } = await session.run(
    "Promise.reject(new RangeError('lost')); try { await approve(1) } catch { 5 }",
  );
  assert.equal(suspended, undefined);
  assert.deepEqual(exception, { type: "RangeError", message: "lost" });
  assert.equal((await session.run("await now(1)")).result, "1");
});

test("what a run is stopped for after it was resumed leaves a session that can run", async () => {
  const session = await open();
  const [call = ""] = callsOf(await session.run("let k = 1; while (await approve(1)); for (;;) k++"));
  const stopped = await session.resume([{ call, value: false }], { timeoutMs: 100 });
  assert.deepEqual([stopped.stopped, stopped.state], ["timeout", "kept"]);
  assert.equal((await session.run("k > 1")).result, "true");
});

test("errors after a suspension name the cell, its lines and columns, as without it", async () => {
  const session = await open();
  const code = "{ a: await approve(1), b: null.x }";
  const [call = ""] = callsOf(await session.run(code));
  const { error = "" } = await session.resume([{ call, value: 1 }]);
  assert.match(error, /at <cell 1>:1:\d+/);
  const straight = await session.run(code.replace("approve", "instant"));
  assert.equal(error.replace("<cell 1>", "<cell 3>"), straight.error);
});

test("a restored run that is answered call by call tells of all that are left each time, however large", async () => {
  const session = await open();
  const code = `(await Promise.all(["x", "y", "z"].map((t) => approve(t.repeat(9000))))).join()`;
  const calls = callsOf(await session.run(code));
  const other = await open({ snapshot: await session.snapshot() });
  for (const left of [2, 1]) {
    const answered = calls[2 - left] ?? "";
    const result = await other.resume([{ call: answered, value: answered }]);
    assert.deepEqual(callsOf(result), calls.slice(-left));
  }
  const last = calls[2] ?? "";
  assert.equal((await other.resume([{ call: last, value: last }])).result, `'${calls.join()}'`);
});

test("a run is suspended and goes on whatever else was asked of it: a snapshot, or text to read", async () => {
  const session = await open();
  for (const options of [{ snapshot: true }, { stdin: "text\n".repeat(100_000) }] as const) {
    const [call = ""] = callsOf(await session.run("const r = await approve(1); r + 1", options));
    assert.equal((await session.resume([{ call, value: 1 }], { snapshot: true })).result, "2");
    await session.reset();
  }
});
