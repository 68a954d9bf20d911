import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostFunctions } from "./host-functions/types.js";
import type { CreateSessionOptions } from "./session.js";
import { deferred, errorOf, testSessions, valueIn } from "./test-host-functions.js";

const sessions = testSessions("javascript");
const open = (functions: HostFunctions, options: CreateSessionOptions = {}) =>
  sessions.open({ functions, ...options });

test("a function gets what it is called with and gives what it returns, in both styles and in namespaces", async () => {
  const session = await open({
    add: (a: number, b: number) => a + b,
    echo: async (...args: unknown[]) => args,
    waits: { style: "sync", parameters: { properties: { x: {} } }, run: ({ x }) => [x] },
    fs: { read: (path: string) => `<${path}>`, deep: { er: () => "!" } },
  });
  assert.equal(await valueIn(session, "await add(2, 3)"), 5);
  assert.equal(await valueIn(session, "add.sync(2, 3) + await add.aio(1, 1)"), 7);
  assert.deepEqual(await valueIn(session, "[waits(1), waits({ x: 2 }), await waits.aio(3), waits.sync(4)]"), [
    [1],
    [2],
    [3],
    [4],
  ]);
  assert.deepEqual(await valueIn(session, "await echo(1, 'x', [null, true], { k: 1.5 }, undefined)"), [
    1,
    "x",
    [null, true],
    { k: 1.5 },
    null,
  ]);
  assert.equal(await valueIn(session, "await fs.read('a') + fs.deep.er.sync()"), "<a>!");
  assert.equal(await valueIn(session, "Object.isFrozen(fs) && Object.isFrozen(fs.deep)"), true);
  assert.equal(await valueIn(session, "add(1, 1) instanceof Promise"), true);
});

test("functions look like functions: name, length, and a description at the prompt", async () => {
  const session = await open({
    book: {
      description: "Books a table.",
      parameters: { properties: { who: {}, seats: {}, note: {} }, required: ["who", "seats"] },
      run: () => 1,
    },
  });
  assert.deepEqual(await valueIn(session, "[book.name, book.length, book.aio.name, book.sync.length]"), [
    "book",
    2,
    "aio",
    2,
  ]);
  assert.equal(await valueIn(session, "Object.keys(globalThis).includes('book')"), false);
  const described = await session.inspect({ kind: "describe", code: "book.sync" });
  assert.equal(described?.head, "book.sync(who, seats, note?)");
  assert.match(described?.text ?? "", /^Books a table\./);
  assert.deepEqual((await session.inspect({ kind: "variables", code: "" }))?.items, []);
});

test("bytes cross as bytes both ways, from every kind of view", async () => {
  const seen: unknown[] = [];
  const session = await open({
    turn(bytes: Uint8Array) {
      seen.push(bytes);
      return { bytes: bytes.toReversed(), same: { $bytes: 1 } };
    },
    echo: (...args: unknown[]) => args,
  });
  const code = `const large = new Uint8Array(2 ** 20).map((_, i) => i);
    const { bytes, same } = await turn(large);
    [bytes instanceof Uint8Array, bytes.length, bytes[0], bytes[2 ** 20 - 1], same.$bytes]`;
  assert.deepEqual(await valueIn(session, code), [true, 2 ** 20, 255, 0, 1]);
  assert.ok(seen[0] instanceof Uint8Array && seen[0].length === 2 ** 20);
  const views = `const all = new Uint8Array([0, 1, 2, 3, 4]);
    await echo(all.subarray(1, 3), new DataView(all.buffer, 2, 2), all.buffer, new Uint8ClampedArray([300]),
      Buffer.from("hi"), new Uint8Array(0), { $bytes: all.subarray(4) }, { $object: { $bytes: 0 } }, [{ $bytes: 0, x: 1 }])`;
  assert.deepEqual(await valueIn(session, views), [
    new Uint8Array([1, 2]),
    new Uint8Array([2, 3]),
    new Uint8Array([0, 1, 2, 3, 4]),
    new Uint8Array([255]),
    new Uint8Array([104, 105]),
    new Uint8Array(0),
    { $bytes: new Uint8Array([4]) },
    { $object: { $bytes: 0 } },
    [{ $bytes: 0, x: 1 }],
  ]);
});

test("what would not come back as it is, is refused by name, and no call is made", async () => {
  let calls = 0;
  const session = await open({ take: () => ++calls }, { maxCallBytes: 1_000_000 });
  for (const [code, message] of [
    ["() => 1", "a function"],
    ["Symbol('x')", "a symbol"],
    ["1n", "a BigInt"],
    ["NaN", "the number NaN"],
    ["[1, { a: -Infinity }]", "the number -Infinity"],
    ["(() => { const c = {}; c.c = [c]; return c })()", "a cycle, which contains itself,"],
    ["Array.from({ length: 201 }).reduce((d) => [d], 0)", "a value that is nested deeper than 200"],
    ["new Map([[1, 2]])", "a Map"],
    ["new Set()", "a Set"],
    ["Promise.resolve()", "a Promise"],
    ["new Error('x')", "an Error"],
    ["/x/", "a RegExp"],
    ["new Float64Array(1)", "a Float64Array"],
    ["new WeakRef({})", "a WeakRef"],
    ["new Number(1)", "a Number"],
    ["new Proxy(new Map(), {})", undefined],
  ] as const) {
    for (const call of [`await take(${code})`, `take.sync(${code})`]) {
      if (message === undefined) continue;
      const error = await errorOf(session, call);
      assert.ok(
        error.startsWith(`TypeError: ${message} cannot cross between guest and host`),
        `${call}: ${error}`,
      );
    }
  }
  assert.equal(calls, 0);
  assert.match(
    await errorOf(session, "await take('x'.repeat(2e6))"),
    /^HostError: the arguments of a call may/,
  );
  assert.match(await errorOf(session, "await take(Array(1000001).fill(0))"), /more than 1000000 members/);
  assert.match(
    await errorOf(session, "await take(Array(10001).fill(new Uint8Array(1)))"),
    /more than 10,000 values of bytes cannot cross/,
  );
  assert.equal(calls, 0);
  assert.equal(await valueIn(session, "await take()"), 1);
});

test("values cross as JSON makes them: Dates, toJSON, classes, proxies, holes, __proto__", async () => {
  const session = await open({ echo: (x: unknown) => x });
  const code = `class Point { #hidden = 1; x = 1; get y() { return 2 } toString() { return "" } }
    await echo([new Date(0), { toJSON: (key) => [key] }, new Point(), new Proxy({ a: 1 }, {}), new Proxy([1], {}), [, 1],
      JSON.parse('{"__proto__":{"x":1}}'), { a: undefined, [Symbol()]: 1 }, Object.create(null), -0, "\\ud800\\u2028", 1e21])`;
  const value = (await valueIn(session, code)) as unknown[];
  assert.deepEqual(Object.keys(value[6] as object), ["__proto__"]);
  value.splice(6, 1);
  assert.deepEqual(value, [
    "1970-01-01T00:00:00.000Z",
    [""],
    { x: 1 },
    { a: 1 },
    [1],
    [null, 1],
    {},
    {},
    0,
    "\ud800\u2028",
    1e21,
  ]);
  const deep = "Array.from({ length: 200 }).reduce((d) => [d], 0)";
  assert.equal(
    await valueIn(session, `JSON.stringify(await echo(${deep})) === JSON.stringify(${deep})`),
    true,
  );
});

test("a function that fails throws the error class of that name, else a HostError, and the session goes on", async () => {
  const session = await open({
    fail(type: string) {
      throw Object.assign(new Error(`it is ${type}`), { name: type });
    },
  });
  for (const type of [
    "TypeError",
    "RangeError",
    "SyntaxError",
    "ReferenceError",
    "EvalError",
    "URIError",
    "Error",
  ]) {
    const code = `let e; try { fail.sync("${type}") } catch (error) { e = error }
      const f = await fail("${type}").catch((error) => error);
      [e.constructor === ${type}, f.constructor === ${type}, e.message, f.message, e instanceof HostError]`;
    const message = `it is ${type}`;
    assert.deepEqual(await valueIn(session, code), [true, true, message, message, false]);
  }
  for (const type of ["ValueError", "constructor", "__proto__", "InternalError", "globalThis"]) {
    const code = `const e = await fail("${type}").catch((error) => error);
      [e instanceof HostError, e instanceof Error, e.name, e.type, e.message, Error.isError(e)]`;
    assert.deepEqual(await valueIn(session, code), [true, true, "HostError", type, `it is ${type}`, true]);
  }
  assert.equal(await errorOf(session, "await fail('QuotaError')"), "HostError: it is QuotaError");
  assert.deepEqual(
    await valueIn(
      session,
      "const own = new HostError('m', 'T'); [own.type, own.message, new HostError('x').type]",
    ),
    ["T", "m", "HostError"],
  );
});

test("a thousand calls in one Promise.all are made at once, and each gets its own answer", async () => {
  const session = await open({ twice: async (n: number) => 2 * n });
  assert.equal(
    await valueIn(
      session,
      "(await Promise.all(Array.from({ length: 1000 }, (_, n) => twice(n)))).every((value, n) => value === 2 * n)",
    ),
    true,
  );
});

test("while a run waits for answers its timers fire, and a call that waits gets the answers of the others too", async () => {
  const release = deferred();
  const session = await open({
    hold: () => release.promise.then(() => "held"),
    free() {
      release.settle();
      return "freed";
    },
  });
  const code = `const seen = [];
    setTimeout(() => seen.push("unreferenced"), 1).unref();
    const first = hold().then((value) => seen.push(value));
    setTimeout(async () => { seen.push("timer"); seen.push(free.sync()) }, 5);
    await first;
    seen`;
  assert.deepEqual(await valueIn(session, code), ["unreferenced", "timer", "freed", "held"]);
});

test("a cell stays open while calls are pending that it does not await", async () => {
  const session = await open({ later: async (x: unknown) => x });
  await session.run(
    "globalThis.got = []; later(1).then((x) => got.push(x)); later(2).then((x) => got.push(x))",
  );
  assert.deepEqual(await valueIn(session, "got"), [1, 2]);
  const { exception } = await session.run("later(() => {})");
  assert.equal(exception?.type, "TypeError");
});

test("an interrupt ends a wait of every kind, aborts the calls, and leaves the session as it was", async () => {
  let begun = deferred();
  let awaited = 0;
  let aborted = 0;
  const session = await open({
    hang: {
      run: (_, { signal }) => {
        signal.addEventListener("abort", () => aborted++);
        if (--awaited === 0) begun.settle();
        return new Promise(() => {});
      },
    },
    quick: () => 7,
  });
  await session.run("x = 1");
  for (const [code, calls] of [
    ["try { hang.sync() } finally { x = quick.sync() }", 1],
    ["try { await hang() } catch { x = 2 } finally { x = 3 }", 1],
    ["hang(); hang(); 1", 2],
    ["setTimeout(() => { x = 4 }, 3e6); await Promise.allSettled([hang(), hang()])", 2],
    ["await ({ get then() { return hang.sync() } })", 1],
  ] as const) {
    begun = deferred();
    awaited = calls;
    const running = session.run(code);
    await begun.promise;
    session.interrupt();
    const { stopped, state, exception } = await running;
    assert.deepEqual([stopped, state, exception?.type], ["interrupt", "kept", "InterruptedError"], code);
  }
  assert.equal(aborted, 7);
  assert.deepEqual(await valueIn(session, "[x, await quick()]"), [1, 7]);
});

test("waiting for the host is not the run's time, and has a limit of its own; a function has a timeout", async () => {
  const session = await open({
    never: () => new Promise(() => {}),
    slow: { timeoutMs: 20, run: () => new Promise(() => {}) },
    wait: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  for (const call of ["wait.sync(300)", "await wait(300)"]) {
    assert.equal((await session.run(call, { timeoutMs: 150 })).error, undefined);
  }
  for (const call of ["never.sync()", "await never()", "await Promise.all([never(), never()])"]) {
    const { stopped, state } = await session.run(call, { maxWaitMs: 50 });
    assert.deepEqual([stopped, state], ["timeout", "kept"]);
  }
  const late = "const e = await slow().catch((error) => error); [e.type, e.message]";
  assert.deepEqual(await valueIn(session, late), ["TimeoutError", "slow took longer than 0.02 s"]);
});

test("the last value comes as data where it can cross", async () => {
  const session = await open({ f: () => 1 });
  assert.deepEqual(await valueIn(session, "({ a: [1, new Uint8Array([2])] })"), {
    a: [1, new Uint8Array([2])],
  });
  assert.deepEqual(await valueIn(session, "await Promise.resolve([1])"), [1]);
  for (const code of [
    "() => 1",
    "undefined",
    "let y = 1",
    "new Map()",
    "({ get x() { throw new Error() } })",
  ]) {
    const result = await session.run(code, { value: true });
    assert.equal(result.error, undefined);
    assert.equal("value" in result, false, code);
  }
  // What reading the value begins is part of the run.
  const { value } = await session.run("({ toJSON() { f().then(() => { z = 5 }); return 1 } })", {
    value: true,
  });
  assert.equal(value, 1);
  assert.equal(await valueIn(session, "z"), 5);
  const stopped = await session.run("({ toJSON() { for (;;); } })", { value: true, timeoutMs: 50 });
  assert.deepEqual([stopped.stopped, stopped.state], ["timeout", "kept"]);
});

test("display shows an object of MIME types as it is, and any other value as text", async () => {
  const session = await open({});
  const { display } = await session.run(
    "display({ 'image/png': new Uint8Array([1]), 'text/html': '<b>' }); display([1]); display('x'); display({}); display(new Map())",
  );
  assert.deepEqual(display, [
    { "image/png": new Uint8Array([1]), "text/html": "<b>" },
    { "text/plain": "[ 1 ]" },
    { "text/plain": "'x'" },
    { "text/plain": "{}" },
    { "text/plain": "Map(0) {}" },
  ]);
  const flood = await session.run("for (;;) display('x'.repeat(10000))");
  assert.deepEqual([flood.stopped, flood.state], ["output", "kept"]);
});

test("a session that goes on without a function lacks it, and what the code has put in its place stays", async () => {
  const session = await open({ old: () => 1, both: () => "first", taken: () => 2 });
  await session.run("kept = old; taken = 'mine'; before = both");
  const snapshot = await session.snapshot();
  const other = await open({ both: () => "second", more: () => 2, taken: () => 3 }, { snapshot });
  assert.equal(await errorOf(other, "await kept()"), "HostError: this session has no host function old");
  assert.equal(await errorOf(other, "old()"), "ReferenceError: old is not defined");
  assert.deepEqual(await valueIn(other, "[await both(), await more(), taken, await before()]"), [
    "second",
    2,
    "mine",
    "second",
  ]);
  await session.hibernate();
  assert.deepEqual(await valueIn(session, "[before === both, taken, await both()]"), [true, "mine", "first"]);
  await session.reset();
  assert.deepEqual(await valueIn(session, "[await taken(), typeof before]"), [2, "undefined"]);
});
