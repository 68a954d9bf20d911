// JavaScript calls functions of the host from wherever code can run, without end, with what it has forged, and in the
// middle of being stopped. The run ends as it should, and the session goes on with what it had.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSession } from "../../dist/index.js";
import { seededRandom } from "./random.mjs";

const functions = {
  add: (a = 0, b = 0) => a + b,
  echo: (value) => value,
  later: (ms) => new Promise((resolve) => setTimeout(resolve, ms, ms)),
  never: () => new Promise(() => {}),
  suspend: { run: (_, context) => context.suspend() },
  fail() {
    throw new Error("no");
  },
};

async function withSession(options, use) {
  const session = await createSession("javascript", { functions, ...options });
  try {
    await session.run("var earlier = 5");
    await use(session);
    const { result, error } = await session.run("earlier + await add(1, 1)");
    assert.equal(error, undefined);
    assert.equal(result, "7");
  } finally {
    await session.close();
  }
}

test("calls without end are stopped at the limit, however they are made and whatever is caught", async () => {
  for (const code of [
    "for (;;) add.sync(1, 1)",
    "for (;;) await add(1, 1)",
    "for (;;) add(1, 1)",
    "for (;;) try { add.sync(1, 1) } catch {} finally { try { add.sync() } catch {} }",
    "for (;;) try { await add(1, 1) } catch {}",
    "const again = () => add(1, 1).then(again, again); again(); await never()",
    "const again = () => { add(1, 1); setTimeout(again) }; again()",
    "await Promise.all(Array.from({ length: 2000 }, () => never()))",
    "const f = () => { try { add.sync() } finally { f() } }; f()",
    "process.on('exit', () => { for (;;) add.sync() }); for (;;) add.sync()",
  ]) {
    await withSession({ maxCalls: 500, timeoutMs: 60_000 }, async (session) => {
      const { stopped, state, exception } = await session.run(code);
      assert.deepEqual([stopped, state, exception?.type], ["calls", "kept", "InterruptedError"], code);
    });
  }
});

test("ten thousand calls in one Promise.all have their answers, and one more is over the limit", async () => {
  await withSession({ maxCalls: 10_000 }, async (session) => {
    const code = (count) =>
      `(await Promise.all(Array.from({ length: ${count} }, (_, n) => add(n, 1)))).every((value, n) => value === n + 1)`;
    assert.equal((await session.run(code(10_000))).result, "true");
    assert.equal((await session.run(code(10_001))).stopped, "calls");
  });
});

/** Each gives true, and runs the code of somebody where the driver is at work. */
const places = [
  "await echo({ get x() { return add.sync(1, 2) } }).then((v) => v.x === 3)",
  "await echo({ toJSON() { return add.sync(1, 2) } }) === 3",
  "await echo([{ toJSON: () => { throw new Error() } }]).catch(() => true)",
  "await ({ then(resolve) { add(1, 2).then((v) => resolve(v === 3)) } })",
  "await echo(new Proxy({}, { ownKeys: () => (add.sync(), ['x']), getOwnPropertyDescriptor: () => ({ value: add.sync(1, 2), enumerable: true, configurable: true }), get: (_, key) => key === 'x' ? add.sync(1, 2) : undefined })).then((v) => v.x === 3)",
  "await echo(Proxy.revocable({}, {}).proxy) !== 1",
  "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); try { echo.sync(proxy) } catch (e) { return e instanceof TypeError } })()",
  "const r = new FinalizationRegistry(() => add.sync(1, 2)); for (let i = 0; i < 1000; i++) r.register({}, i); await later(1) === 1",
  "let n = 0; Object.defineProperty(Object.prototype, 'then', { configurable: true, get() { n++; return n < 50 ? add.sync(1, 2) && undefined : undefined } }); const v = await echo({ a: 1 }); delete Object.prototype.then; v.a === 1 && n > 0",
  "let seen = []; const a = add(1, 2).then((v) => { seen.push(v); return add.sync(2, 2) }).then((v) => seen.push(v)); seen.push(later.sync(5)); await a; seen.join() === '5,3,4'",
  "const shrinking = new ArrayBuffer(8, { maxByteLength: 8 }); const view = new Uint8Array(shrinking); (await echo([view, { toJSON() { shrinking.resize(0); return 1 } }]))[0].length === 0",
  "const moved = new Uint8Array(8); await echo([moved, { toJSON() { moved.buffer.transfer(); return 1 } }]).catch((e) => e instanceof TypeError)",
  "const list = [1, 2, 3]; list[1] = { toJSON() { list.length = 0; return 9 } }; JSON.stringify(await echo(list)) === '[1,9,null]'",
  "await Reflect.apply(add, null, [1, 2]) === 3 && await add.call(undefined, 1, 2) === 3",
  "(() => { try { new add(1, 2) } catch (e) { return e instanceof TypeError } })()",
  "class Mine extends Promise {}; globalThis.Promise = Mine; JSON.stringify = JSON.parse = () => { throw 1 }; Array.prototype[Symbol.iterator] = null; Map.prototype.get = Map.prototype.set = () => { throw 2 }; await echo([1, { a: 'x' }]).then((v) => v[1].a === 'x')",
  "Object.setPrototypeOf(HostError, Map); HostError.prototype.type = 'mine'; await echo(Symbol.iterator in HostError) === false && await fail().catch((e) => e.message === 'no')",
  "globalThis.HostError = null; delete globalThis.display; Function.prototype.call = null; await add(1, 2) === 3",
];

test("code that runs inside of the driver's work calls the host, and changes what it can, to no harm", async () => {
  for (const code of places) {
    await withSession({ timeoutMs: 60_000 }, async (session) => {
      const { result, error } = await session.run(code);
      assert.equal(error, undefined, code);
      assert.equal(result, "true", code);
    });
  }
});

test("arguments, answers and values of any size cost an error at most", async () => {
  await withSession(
    { timeoutMs: 60_000, memoryBytes: 64 * 2 ** 20, maxCallBytes: 2 ** 20 },
    async (session) => {
      for (const code of [
        "echo.sync('x'.repeat(3e6))",
        "echo.sync(new Uint8Array(3e6))",
        "await Promise.all(Array.from({ length: 300 }, () => never(new Uint8Array(1e6))))",
        "const big = new Array(1e9); echo.sync(big)",
        "const nest = []; let a = nest; for (;;) { a.push(1); if (a.length > 1e5) break } echo.sync(Array(1e4).fill(nest))",
        "const keep = []; for (;;) keep.push(echo.sync(new Uint8Array(1e5)))",
        "display({ 'a/b': new Uint8Array(3e7) })",
        "let deep = () => { try { return deep() } catch { return add.sync({ a: [[[[1]]]] }, 1) } }; for (let i = 0; i < 50; i++) try { deep() } catch {}; throw 1",
      ]) {
        // Those that look at a thousand million places are ended there, like any other code.
        const { error, state } = await session.run(code, { timeoutMs: 2000, value: true });
        assert.ok(error !== undefined, code);
        assert.ok(state === undefined || state === "kept", `${state}: ${code}`);
      }
    },
  );
});

test("calls interrupted at any moment crash nothing, and leave nothing pending", async () => {
  const random = seededRandom(12);
  const codes = [
    "for (;;) { add.sync(1, 1); await add(1, 1) }",
    "for (;;) await Promise.all(Array.from({ length: 50 }, (_, n) => echo({ n, b: new Uint8Array(n) })))",
    "for (;;) { setTimeout(() => add(1, 1)); await later(1) }",
    "for (;;) { try { later.sync(1) } finally { add(1, 1) } }",
  ];
  await withSession({ maxCalls: 1e9, timeoutMs: 60_000 }, async (session) => {
    for (let turn = 0; turn < 60; turn++) {
      const running = session.run(codes[turn % codes.length]);
      await new Promise((resolve) => setTimeout(resolve, random() * 8));
      session.interrupt();
      const { stopped, state } = await running;
      assert.ok(stopped === "interrupt", stopped);
      assert.ok(state === undefined || state === "kept", state);
    }
    assert.equal((await session.run("earlier")).result, "5");
  });
});

test("forks of a suspended run that calls again get answers of their own, and an odd error is a HostError", async () => {
  const first = await createSession("javascript", { functions });
  const { suspended } = await first.run("earlier = 5; await suspend({ text: 'wxyz'.repeat(50) })");
  const call = suspended[0].call;
  const fork = await first.fork();
  // biome-ignore lint/suspicious/noThenProperty: that is what is tried.
  assert.equal((await fork.resume([{ call, value: { then: 1, __proto__: null } }])).result, "{ then: 1 }");
  assert.equal(
    (await first.resume([{ call, error: { type: "constructor", message: "x" } }])).exception.type,
    "HostError",
  );
  for (const session of [first, fork]) {
    assert.equal((await session.run("earlier + await add(1, 1)")).result, "7");
    await session.close();
  }
});
