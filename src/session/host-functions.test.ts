import assert from "node:assert/strict";
import { test } from "node:test";
import { createSession } from "../node/sessions.js";
import type { HostFunctions } from "./host-functions/types.js";
import type { CellResult } from "./options.js";
import type { CreateSessionOptions } from "./session.js";
import { deferred, errorOf, testSessions, valueIn } from "./test-host-functions.js";

const sessions = testSessions("python");
const open = (functions: HostFunctions, options: CreateSessionOptions = {}) =>
  sessions.open({ functions, ...options });

test("a function gets what it is called with and gives what it returns, in both styles", async () => {
  const session = await open({
    add: (a: number, b: number) => a + b,
    echo: async (...args: unknown[]) => args,
    awaited: { style: "async", parameters: { properties: { x: {} } }, run: ({ x }) => [x] },
    fs: { read: (path: string) => `<${path}>`, deep: { er: () => "!" } },
  });
  assert.equal(await valueIn(session, "add(2, 3)"), 5);
  assert.equal(await valueIn(session, "await add.aio(2, 3)"), 5);
  assert.deepEqual(await valueIn(session, "echo(1, 'x', [None, True], {'k': 1.5}, n=2)"), [
    1,
    "x",
    [null, true],
    { k: 1.5 },
    { n: 2 },
  ]);
  assert.deepEqual(await valueIn(session, "[await awaited(1), awaited.sync(2), await awaited.aio(x=3)]"), [
    [1],
    [2],
    [3],
  ]);
  assert.equal(await valueIn(session, "fs.read('a') + fs.deep.er()"), "<a>!");
  assert.equal(await valueIn(session, "import tools; tools.fs.read is fs.read"), true);
});

test("bytes cross as bytes both ways, without a copy in text", async () => {
  const seen: unknown[] = [];
  const session = await open({
    turn(bytes: Uint8Array) {
      seen.push(bytes);
      return { bytes: bytes.toReversed(), same: { $bytes: 1 } };
    },
  });
  assert.equal(
    await valueIn(
      session,
      "r = turn(bytes(range(256)) * 4096); type(r['bytes']) is bytes and r['bytes'] == bytes(range(255, -1, -1)) * 4096 and r['same'] == {'$bytes': 1}",
    ),
    true,
  );
  assert.ok(seen[0] instanceof Uint8Array && seen[0].length === 2 ** 20);
  assert.deepEqual(
    await valueIn(session, "turn(bytearray(b'ab'))['bytes'] + turn(memoryview(b'xyz'))['bytes']"),
    new Uint8Array([98, 97, 122, 121, 120]),
  );
});

test("a function that fails raises the exception of that name, else a HostError, and the session goes on", async () => {
  class Own extends Error {
    override name = "QuotaError";
  }
  const session = await open({
    fail(type: string) {
      if (type === "own") throw new Own("too much");
      if (type === "odd")
        throw {
          toString: () => {
            throw new Error("no");
          },
        };
      if (type === "nothing") throw undefined;
      throw Object.assign(new Error(`it is ${type}`), { name: type });
    },
    reject: () => Promise.reject(new RangeError("far")),
  });
  assert.equal(await errorOf(session, "fail('ValueError')"), "ValueError: it is ValueError");
  assert.equal(await errorOf(session, "await fail.aio('KeyError')"), "KeyError: 'it is KeyError'");
  assert.equal(
    await errorOf(session, "fail('FileNotFoundError')"),
    "FileNotFoundError: it is FileNotFoundError",
  );
  // None that would end the interpreter, or an iteration, and none that needs more than a message.
  for (const type of [
    "SystemExit",
    "KeyboardInterrupt",
    "StopIteration",
    "UnicodeDecodeError",
    "print",
    "__name__",
  ]) {
    assert.equal(await errorOf(session, `fail('${type}')`), `HostError: it is ${type}`);
  }
  assert.equal(
    await valueIn(
      session,
      "import tools\ntry: fail('own')\nexcept tools.HostError as e: r = [e.type, str(e)]\nr",
    ).then(String),
    "QuotaError,too much",
  );
  assert.match(await errorOf(session, "fail('odd')"), /^HostError/);
  assert.match(await errorOf(session, "fail('nothing')"), /^HostError/);
  assert.equal(await errorOf(session, "reject()"), "HostError: far");
  assert.equal(await valueIn(session, "1"), 1);
});

test("what a function gives that cannot cross is a TypeError in the guest", async () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const values: Record<string, unknown> = {
    cycle,
    bigint: 1n,
    nan: Number.NaN,
    large: new Uint8Array(2000),
    map: new Map(),
  };
  const session = await open({ give: (name: string) => values[name] }, { maxCallBytes: 1000 });
  assert.equal(
    await errorOf(session, "give('cycle')"),
    "TypeError: what give gave cannot cross: a cycle: it contains itself",
  );
  assert.match(await errorOf(session, "give('bigint')"), /BigInt/);
  assert.match(await errorOf(session, "give('nan')"), /NaN/);
  assert.match(await errorOf(session, "give('large')"), /larger than 1000 bytes/);
  assert.match(await errorOf(session, "give('map')"), /a Map/);
});

test("what a cell gives that cannot cross is an exact error where it stands", async () => {
  const session = await open({ take: () => 1 }, { maxCallBytes: 1000 });
  assert.equal(
    await errorOf(session, "take(2**53 + 1)"),
    "OverflowError: an integer beyond 2**53 cannot cross; give it as a string",
  );
  assert.equal(await errorOf(session, "take(float('nan'))"), "ValueError: the number nan cannot cross");
  assert.equal(
    await errorOf(session, "a = []; a.append(a); take(a)"),
    "RecursionError: a value that is nested deeper than 200, or contains itself, cannot cross",
  );
  assert.equal(
    await errorOf(session, "take({1: 2})"),
    "TypeError: a dict with a key that is an int cannot cross; keys are strings",
  );
  assert.equal(
    await errorOf(session, "take(object())"),
    "TypeError: an object cannot cross between guest and host",
  );
  assert.equal(
    await errorOf(session, "take(print)"),
    "TypeError: a builtin_function_or_method cannot cross between guest and host",
  );
  assert.match(
    await errorOf(session, "take('x' * 2000)"),
    /^ValueError: a value of 2009 bytes cannot cross; 1000 are allowed/,
  );
  assert.equal(await valueIn(session, "take(2**53, -2**53, True, None, 1e300)"), 1);
});

test("a schema makes a signature and a docstring, and is checked before the function is called", async () => {
  let calls = 0;
  const session = await open({
    book: {
      description: "Books a table.",
      parameters: {
        type: "object",
        properties: {
          who: { type: "string", description: "whose" },
          seats: { type: "integer", minimum: 1 },
          note: { type: "string" },
        },
        required: ["who", "seats"],
        additionalProperties: false,
      },
      returns: { type: "string" },
      run({ who, seats, note }) {
        calls++;
        return `${who}:${seats}:${note}`;
      },
    },
  });
  assert.equal(
    await valueIn(session, "import inspect; str(inspect.signature(book))"),
    "(who, seats, note=Ellipsis)",
  );
  assert.match(
    String(await valueIn(session, "book.__doc__")),
    /Books a table\.\n\nArguments:\n {4}who: string, whose\n/,
  );
  assert.equal(await valueIn(session, "book.__name__ + book.__module__"), "booktools");
  assert.equal(await valueIn(session, "book('ann', seats=2)"), "ann:2:undefined");
  assert.equal(calls, 1);
  assert.match(
    await errorOf(session, "book('ann')"),
    /^TypeError: .*missing 1 required positional argument: 'seats'/,
  );
  assert.match(await errorOf(session, "book('ann', 2, 'x', 3)"), /^TypeError: .*takes/);
  assert.match(await errorOf(session, "book('ann', 0)"), /^TypeError: book: seats: 0 is less than 1/);
  assert.match(await errorOf(session, "book(1, 1)"), /^TypeError: book: who: .*string/);
  assert.equal(calls, 1);
});

test("calls are at most so many at a time, those of each function too, and in order", async () => {
  const going = new Map<string, number>();
  const most = new Map<string, number>();
  const order: number[] = [];
  const enter = async (name: string) => {
    going.set(name, (going.get(name) ?? 0) + 1);
    most.set(name, Math.max(most.get(name) ?? 0, going.get(name) ?? 0));
    await new Promise((resolve) => setImmediate(resolve));
    going.set(name, (going.get(name) ?? 0) - 1);
  };
  const session = await open(
    {
      free: async (n: number) => {
        order.push(n);
        await enter("free");
      },
      narrow: { concurrency: 2, run: () => enter("narrow") },
    },
    { maxConcurrentCalls: 5 },
  );
  await valueIn(session, "import asyncio; await asyncio.gather(*[free.aio(n) for n in range(50)]) and None");
  await valueIn(session, "await asyncio.gather(*[narrow.aio() for n in range(20)]) and None");
  assert.equal(most.get("free"), 5);
  assert.equal(most.get("narrow"), 2);
  assert.deepEqual(
    order,
    Array.from({ length: 50 }, (_, n) => n),
  );
});

test("a call that takes longer than its function may fails with a TimeoutError, its signal aborted; a late answer is dropped", async () => {
  const late = deferred<number>();
  let aborted: unknown;
  const session = await open({
    slow: {
      timeoutMs: 20,
      run: (_, { signal }) => {
        signal.addEventListener("abort", () => {
          aborted = signal.reason;
        });
        return late.promise;
      },
    },
    quick: () => 2,
  });
  assert.equal(await errorOf(session, "slow()"), "TimeoutError: slow took longer than 0.02 s");
  assert.match(String(aborted), /slow took longer/);
  late.settle(1);
  assert.equal(await valueIn(session, "quick()"), 2);
});

test("waiting for the host is not the run's time, and has a limit of its own", async () => {
  const session = await open({
    wait: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
    never: () => new Promise(() => {}),
  });
  const other = await session.fork();
  sessions.keep(other);
  const waits = [
    session.run("wait(1500)", { timeoutMs: 1000 }),
    other.run("await wait.aio(1500)", { timeoutMs: 1000 }),
  ];
  for (const { error } of await Promise.all(waits)) assert.equal(error, undefined);
  for (const call of [
    "never()",
    "await never.aio()",
    "import asyncio; await asyncio.gather(never.aio(), never.aio())",
  ]) {
    const { stopped, state, error } = await session.run(call, { maxWaitMs: 50 });
    assert.equal(stopped, "timeout");
    assert.equal(state, "kept");
    assert.match(error ?? "", /its limit of 0\.05 s for waiting is over/);
  }
  const { stopped, error } = await session.run("while True: wait(0)", { timeoutMs: 100 });
  assert.equal(stopped, "timeout");
  assert.match(error ?? "", /its time limit of 0\.1 s/);
});

test("a run that is stopped aborts the signals of its calls, and code that catches that can call again", async () => {
  let begun = deferred();
  const reasons: string[] = [];
  const session = await open({
    hang: {
      run: (_, { signal }) => {
        signal.addEventListener("abort", () => reasons.push((signal.reason as Error).message));
        begun.settle();
        return new Promise(() => {});
      },
    },
    quick: () => 7,
  });
  const running = session.run("import asyncio\nx = 1\nawait asyncio.gather(*[hang.aio() for _ in range(3)])");
  await begun.promise;
  session.interrupt();
  const { stopped, state } = await running;
  assert.deepEqual([stopped, state], ["interrupt", "kept"]);
  assert.equal(reasons.length, 3);
  begun = deferred();
  const second = session.run("try: hang()\nexcept KeyboardInterrupt: y = quick()");
  await begun.promise;
  session.interrupt();
  // Whether it comes that far before it is stopped again is a matter of speed.
  assert.ok([undefined, "kept"].includes((await second).state));
  assert.equal(await valueIn(session, "x + quick()"), 8);
});

test("a task that the code cancels aborts its call", async () => {
  const aborted = deferred();
  const session = await open({
    hang: {
      run: (_, { signal }) => {
        signal.addEventListener("abort", () => aborted.settle());
        return new Promise(() => {});
      },
    },
  });
  assert.equal(
    await valueIn(
      session,
      "import asyncio\ntry: await asyncio.wait_for(hang.aio(), 0.01)\nexcept TimeoutError: r = 'late'\nr",
    ),
    "late",
  );
  await aborted.promise;
});

test("a task that a cell leaves behind gets its answer in the next cell that awaits", async () => {
  const answer = deferred<number>();
  const session = await open({ ask: () => answer.promise });
  await session.run(
    "import asyncio\nasync def f():\n  global got\n  got = await ask.aio()\nt = asyncio.create_task(f())\nawait asyncio.sleep(0.001)",
  );
  answer.settle(5);
  assert.equal(await valueIn(session, "await t; got"), 5);
});

test("an answer that a saved state waits for is lost where it goes on, and the code hears so", async () => {
  const session = await open({ ask: () => new Promise(() => {}) });
  await session.run("import asyncio\nt = asyncio.create_task(ask.aio())\nawait asyncio.sleep(0.001)");
  const fork = await session.fork();
  sessions.keep(fork);
  assert.match(await errorOf(fork, "await t"), /^HostError: the call is lost/);
  const state = await session.capture();
  await session.restore(state);
  assert.match(await errorOf(session, "await t"), /^HostError: the call is lost/);
});

test("a function that a session goes on without raises, and other functions can be given to it", async () => {
  const session = await open({ old: () => 1, both: () => "first" });
  await session.run("kept = old");
  const snapshot = await session.snapshot();
  const other = await open({ both: () => "second", more: () => 2 }, { snapshot });
  assert.equal(await errorOf(other, "kept()"), "HostError: this session has no host function old");
  assert.equal(await errorOf(other, "old()"), "NameError: name 'old' is not defined");
  assert.deepEqual(await valueIn(other, "[both(), more()]"), ["second", 2]);
});

test("a function may have the name of one of Python's own: the library keeps its own", async () => {
  const session = await open({ open: (path: string) => `host ${path}`, bytes: () => 1 });
  assert.equal(await valueIn(session, "open('x')"), "host x");
  assert.equal(await valueIn(session, "import pathlib; pathlib.Path('/tmp/f').write_text('abc')"), 3);
  assert.equal(await valueIn(session, "import random; random.seed(b'x'); bytes()"), 1);
});

test("reset, rollback and hibernation leave the functions there", async () => {
  const session = await open({ f: () => 1 });
  await session.run("x = 1");
  await session.reset();
  assert.equal(await valueIn(session, "f()"), 1);
  await session.hibernate();
  assert.equal(await valueIn(session, "f()"), 1);
  const lost = await session.run("import os; os.abort()");
  assert.notEqual(lost.state, undefined);
  assert.equal(await valueIn(session, "f()"), 1);
});

test("more calls than a run may make stop it as such, and the session goes on", async () => {
  let calls = 0;
  const session = await open({ tick: () => ++calls }, { maxCalls: 100 });
  const result: CellResult = await session.run("while True: tick()");
  assert.deepEqual([result.stopped, result.state], ["calls", "kept"]);
  assert.match(result.error ?? "", /its limit of 100 calls of host functions is reached/);
  assert.equal(calls, 100);
  assert.equal(await valueIn(session, "tick()"), 101);
});

test("names and forms that cannot be are refused before anything starts", async () => {
  for (const [functions, message] of [
    [{ "not a name": () => 1 }, /a name "not a name"/],
    [{ class: () => 1 }, /a name "class"/],
    [JSON.parse('{"__proto__": {"x": {}}}'), /__proto__/],
    [{ f: 1 }, /functions\.f must be a function/],
    [{ f: { run: () => 1, timeout: 5 } }, /has no option "timeout"; did you mean timeoutMs\?/],
    [{ f: { run: () => 1, style: "both" } }, /style must be "sync" or "async"/],
    [{ f: { run: () => 1, concurrency: 0 } }, /concurrency must be a positive whole number/],
    [[], /functions must be an object/],
  ] as const) {
    await assert.rejects(createSession("python", { functions: functions as HostFunctions }), {
      code: "INVALID_OPTION",
      message,
    });
  }
});
