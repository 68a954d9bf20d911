import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import type { Signals } from "../guest.js";
import { bootForTest, createTestGuest } from "./test-guest.js";

const boot = bootForTest();

/**
 * Signals in shared memory, raised by another thread. `arm` lets that thread raise `notice` once the guest has
 * asked for one a few times, which is to say that its code runs.
 */
function threadSignals(): Signals & { arm(notice: 1 | 2): void; close(): Promise<unknown> } {
  // Slots: the pending notice; how often the guest asked or waited since `arm`; the notice to raise.
  const slots = new Int32Array(new SharedArrayBuffer(12));
  const worker = new Worker(
    `const { workerData: slots } = require("node:worker_threads");
    for (;;) {
      Atomics.wait(slots, 2, 0);
      const notice = Atomics.exchange(slots, 2, 0);
      if (notice === 9) break;
      for (let asked = Atomics.load(slots, 1); asked < 3; asked = Atomics.load(slots, 1)) Atomics.wait(slots, 1, asked);
      Atomics.store(slots, 0, notice);
      Atomics.notify(slots, 0);
    }`,
    { eval: true, workerData: slots },
  );
  const asked = () => {
    if (Atomics.add(slots, 1, 1) < 3) Atomics.notify(slots, 1);
  };
  return {
    take() {
      asked();
      return Atomics.exchange(slots, 0, 0) as 0 | 1 | 2;
    },
    wait(timeoutMs) {
      for (let i = 0; i < 3; i++) asked();
      Atomics.wait(slots, 0, 0, timeoutMs);
      return Atomics.load(slots, 0) !== 0;
    },
    arm(notice) {
      Atomics.store(slots, 1, 0);
      Atomics.store(slots, 2, notice);
      Atomics.notify(slots, 2);
    },
    close() {
      Atomics.store(slots, 2, 9);
      Atomics.notify(slots, 2);
      return worker.terminate();
    },
  };
}

test("A notice ends whatever runs, no code can catch it, and the session goes on.", async () => {
  const signals = threadSignals();
  const guest = createTestGuest(boot, { signals });
  guest.cell("var before = 'kept'; var caught = 0");
  const endless = [
    "for (;;);",
    "while (true) { try { for (;;); } catch { caught++ } finally { caught++ } }",
    "for (;;) await 0",
    "await (async () => { for (;;) { try { await 0; for (;;); } catch { caught++ } } })()",
    "(function again() { Promise.resolve().then(again) })()",
    "(function again() { queueMicrotask(again) })()",
    "const t = {}; t.then = Promise.resolve.bind(Promise, t); Promise.resolve(t); 0",
    "setInterval(() => {}, 0)",
    "setInterval(() => { for (;;); }, 1)",
    "setTimeout(() => {}, 1e9)",
    "await new Promise((done) => setTimeout(done, 1e9))",
    "/(a*)*b/.test('a'.repeat(40))",
    "function* g() { try { for (;;) yield 1 } finally { caught++ } } for (const x of g());",
    "new Proxy({}, { get() { for (;;); } }).x",
    "[1, 2].sort(() => { for (;;); })",
    "({ toString() { for (;;); } }) + ''",
    "new Function('for (;;);')()",
    "JSON.stringify({ toJSON() { for (;;); } })",
    "class Endless { static { for (;;); } }",
  ];
  for (const code of endless) {
    signals.arm(1);
    const { error, exception } = guest.cell(code);
    assert.deepEqual(exception, { type: "InterruptedError", message: "interrupted" }, code);
    assert.match(error ?? "", /^InterruptedError: interrupted(\n {4}at .*)*$/, code);
    assert.deepEqual(guest.cell("before"), { result: "'kept'" }, code);
  }
  assert.equal(guest.cell("caught").result, "0");
  signals.arm(2);
  assert.deepEqual(guest.program("for (;;);").exitCode, 130);
  assert.deepEqual(guest.program("1").exitCode, 0);
  await signals.close();
});

test("An interrupted cell leaves no timers, jobs or rejections behind.", async () => {
  const signals = threadSignals();
  const guest = createTestGuest(boot, { signals });
  signals.arm(1);
  guest.cell(`
    setInterval(() => print("timer"), 1);
    (function again() { Promise.resolve().then(again) })();
    Promise.reject(new Error("lost"));
    Promise.resolve().then(() => print("job"));
    for (;;);`);
  guest.stdout();
  assert.deepEqual(guest.cell("await 1"), { result: "1" });
  assert.equal(guest.stdout() + guest.stderr(), "");
  await signals.close();
});

/** No guest is given the main thread's default stack; on these versions even a short one would not do. */
const skipDefaultStack =
  Number.parseInt(process.versions.node, 10) >= 24 && "the default stack is too small on this Node.js";

test("Runaway recursion of every kind is an error that code can catch, and the session goes on.", {
  skip: skipDefaultStack,
}, () => {
  const nested = "var nested = []; for (let i = 0; i < 1e5; i++) nested = [nested];";
  const helpers = (next: string, before = "") =>
    `var it = [1].values(); for (let i = 0; i < 1e5; i++) { ${before} it = ${next}; }`;
  const proxies = "var proxy = {}; for (let i = 0; i < 1e5; i++) proxy = new Proxy(proxy, {});";
  const kinds = [
    "function f() { f() } f()",
    "function f(...a) { return f(...a, 1) } f(1)",
    "JSON.parse('['.repeat(1e5))",
    "JSON.parse('{\"a\":'.repeat(1e5))",
    `${nested} JSON.stringify(nested)`,
    `${nested} String(nested)`,
    `${nested} nested.flat(Infinity)`,
    `${nested} structuredClone(nested)`,
    `${nested} console.dir(nested, { depth: null })`,
    `${proxies} proxy.x`,
    `${proxies} proxy.x = 1`,
    `${proxies} Object.keys(proxy)`,
    "new RegExp('(?:'.repeat(1e5) + ')'.repeat(1e5))",
    "var o = { get x() { return this.x } }; o.x",
    "var o = { toString() { return '' + o } }; '' + o",
    "var p = new Proxy({}, { get(t, k, r) { return r[k] } }); p.x",
    "var o = { toJSON() { return JSON.stringify(o) } }; JSON.stringify(o)",
    "function f() { f.apply(null, [1]) } f()",
    "function f() { [2, 1].sort(f) } f()",
    "function f() { [1].map(f) } f()",
    "function f() { 'a'.replace(/a/, f) } f()",
    "class A { constructor() { new A() } } new A()",
    "class A { x = new A() } new A()",
    "function* g() { yield* g() } [...g()]",
    "async function f() { await f() } await f()",
    "function f() { eval('f()') } f()",
    `${helpers("it.map((x) => x)")} it.next()`,
    `${helpers("it.filter((x) => x)")} it.next()`,
    `${helpers("it.take(5)")} it.next()`,
    `${helpers("it.drop(0)")} it.next()`,
    `${helpers("it.drop(0)")} it.return()`,
    `${helpers("it.map((x) => x)")} [...it]`,
    `${helpers("Iterator.concat(it)")} it.next()`,
    `${helpers("Iterator.from({ next: () => inner.next() })", "const inner = it;")} it.next()`,
    `${helpers("[1].values().flatMap(() => inner)", "const inner = it;")} it.next()`,
    "(0, eval)('('.repeat(1e5))",
    "(0, eval)('['.repeat(1e5))",
    "(0, eval)('{'.repeat(1e5))",
    "(0, eval)('`${'.repeat(5e4))",
    "(0, eval)('a=>'.repeat(5e4) + '1')",
  ];
  const guest = createTestGuest(boot);
  for (const code of kinds) {
    const { error } = guest.cell(code);
    assert.match(error ?? "none", /stack/, code);
    const caught = guest.cell(
      `try { ${code.replace(/^(var|class|function)/, "0; $1")} } catch (e) { e.message }`,
    );
    assert.match(caught.result ?? "none", /stack/, code);
  }
  assert.equal(guest.cell("var d = 0; (function f() { d++; f() })()").result, undefined);
  assert.ok(Number(guest.cell("d").result) > 100, "the main thread's stack allows some depth");
});

test("On a thread with a larger stack, calls go deeper.", async () => {
  const script = `
    const { parentPort } = require("node:worker_threads");
    import(${JSON.stringify(new URL("./test-guest.js", import.meta.url).href)}).then(({ bootForTest, createTestGuest }) => {
      const guest = createTestGuest(bootForTest(), { stackBytes: 32 * 1024 * 1024 });
      guest.cell("var d = 0; (function f() { d++; f() })()");
      const parser = guest.cell("(0, eval)('('.repeat(1e5))").error;
      parentPort.postMessage([Number(guest.cell("d").result), parser]);
    });`;
  const worker = new Worker(script, { eval: true, resourceLimits: { stackSizeMb: 32 } });
  const [depth, parser] = await new Promise<[number, string]>((resolve, reject) => {
    worker.on("message", resolve).on("error", reject);
  });
  assert.ok(depth > 3000);
  assert.match(parser, /^RangeError: Maximum call stack size exceeded/);
  await worker.terminate();
});

test("Memory bombs are an error that code can catch, and the session goes on.", () => {
  const memoryBytes = 32 * 1024 * 1024;
  const guest = createTestGuest(boot, { memoryBytes });
  const bombs = [
    "const a = []; for (;;) a.push({})",
    "let s = 'x'; for (;;) s += s",
    "const a = []; for (;;) a.push(new ArrayBuffer(1e6))",
    "new ArrayBuffer(1e9)",
    "'x'.repeat(5e8)",
    "new Array(1e9).fill(0)",
    "const m = new Map(); for (let i = 0; ; i++) m.set(i, i)",
    "10n ** 10n ** 10n",
    "const a = []; for (;;) a.push(Promise.reject(1))",
    "const fs = []; for (;;) fs.push(new Function('x'.repeat(1000)))",
    "Array.from({ length: 1e9 })",
    "JSON.stringify('x'.repeat(2e7)) + JSON.stringify('y'.repeat(2e7))",
  ];
  for (const code of bombs) {
    const { error, exception } = guest.cell(`{ ${code} }`);
    assert.match(error ?? "none", /out of memory|too large|too long/, code);
    assert.notEqual(exception, undefined);
    assert.deepEqual(guest.cell("1 + 1"), { result: "2" }, code);
  }
  assert.match(
    guest.cell("try { const a = []; for (;;) a.push({}) } catch (e) { String(e) }").result ?? "",
    /out of memory/,
  );
  // Growing one block may need room for its old and its new place at once.
  assert.ok(guest.memory.buffer.byteLength <= 3 * memoryBytes, `${guest.memory.buffer.byteLength} bytes`);
  assert.match(guest.cell(`"${"x".repeat(40_000_000)}"`).error ?? "", /out of memory/);
  assert.ok(guest.memory.buffer.byteLength <= 3 * memoryBytes, `${guest.memory.buffer.byteLength} bytes`);
  assert.equal(guest.cell("'fine'").result, "'fine'");
});
