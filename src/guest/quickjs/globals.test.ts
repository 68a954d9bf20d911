import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { runInThisContext } from "node:vm";
import { bootForTest, createTestGuest } from "./test-guest.js";

const boot = bootForTest();

/** Expressions that Node and the guest evaluate alike. */
const expressions = [
  "new TextEncoder().encode('aé漢😀\\ud800')",
  "new TextEncoder().encodeInto('é漢😀', new Uint8Array(6))",
  "[...new TextEncoder().encode()]",
  "new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80]))",
  "new TextDecoder().decode(new Uint8Array([0x61, 0xff, 0xc3, 0x28, 0xe2, 0x82, 0xf0, 0x9f, 0x98, 0xed, 0xa0, 0x80, 0xc0, 0x80, 0xf4, 0x90, 0x80, 0x80]))",
  "new TextDecoder('utf8', { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf]))",
  "(() => { const d = new TextDecoder(); return [d.decode(new Uint8Array([0xf0, 0x9f]), { stream: true }), d.decode(new Uint8Array([0x98, 0x80]), { stream: true }), d.decode()] })()",
  "(() => { try { new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])) } catch (e) { return e.name } })()",
  "(() => { try { new TextDecoder('latin-9000') } catch (e) { return e.name } })()",
  "new TextDecoder().decode(new TextEncoder().encode('x'.repeat(5000) + '漢')).length",
  "structuredClone({ a: [1, , 3], d: new Date(0), r: /x/gi, m: new Map([[{ k: 1 }, new Set([2])]]), u: undefined, n: null, b: 1n })",
  "structuredClone(new Uint16Array([1, 2, 3]).subarray(1))",
  "(() => { const a = { list: [] }; a.self = a; a.list.push(a); return structuredClone(a) })()",
  "(() => { const e = structuredClone(new RangeError('x', { cause: 1 })); return [e instanceof RangeError, e.message, e.cause] })()",
  "(() => { try { structuredClone({ f() {} }) } catch (e) { return [e.name, e.message] } })()",
  "(() => { try { structuredClone(Symbol('s')) } catch (e) { return e.name } })()",
  "btoa('hello') + atob('aGVsbG8=')",
  "crypto.randomUUID().replace(/[0-9a-f]/g, 'h')",
  "crypto.getRandomValues(new Uint8Array(0))",
  "new Set(crypto.getRandomValues(new Uint8Array(1000))).size > 100",
  "(() => { try { crypto.getRandomValues(new Float32Array(1)) } catch (e) { return e.name } })()",
  "(() => { try { setTimeout('code') } catch (e) { return e.name } })()",
  "typeof +setTimeout(() => {}, 0)",
  "Array.isArray(process.hrtime()) && typeof process.hrtime.bigint()",
  "typeof performance.now()",
];

test("Encoding, cloning, timers and cryptography behave as in Node.", () => {
  const guest = createTestGuest(boot);
  for (const source of expressions) {
    const { result, error } = guest.cell(`(${source})`);
    assert.equal(error, undefined, source);
    assert.equal(result, inspect(runInThisContext(`(${source})`)), source);
  }
});

test("The console counts, times, groups, asserts and draws tables.", () => {
  const guest = createTestGuest(boot);
  guest.cell(`
    console.count(); console.count("a"); console.count(); console.countReset(); console.count();
    console.group("outer"); console.log("in\\nside"); console.group(); console.log({ a: 1 }); console.groupEnd(); console.groupEnd();
    console.table([{ a: 1, b: "x" }, { b: true, c: { d: 1 } }, 5]);
    console.table(new Map([["k", 1]]));
    console.table(5);
    console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 });
    console.info("info"); console.debug("debug")`);
  assert.equal(
    guest.stdout(),
    `default: 1
a: 1
default: 2
default: 1
outer
  in
  side
    { a: 1 }
┌─────────┬───┬──────┬──────────┬────────┐
│ (index) │ a │  b   │    c     │ Values │
├─────────┼───┼──────┼──────────┼────────┤
│    0    │ 1 │ 'x'  │          │        │
│    1    │   │ true │ { d: 1 } │        │
│    2    │   │      │          │   5    │
└─────────┴───┴──────┴──────────┴────────┘
┌─────────┬─────┬───┐
│ (index) │  0  │ 1 │
├─────────┼─────┼───┤
│    0    │ 'k' │ 1 │
└─────────┴─────┴───┘
5
{ a: [Object] }
info
debug
`,
  );
  guest.cell(`console.assert(true, "no"); console.assert(false, "yes %d", 1); console.assert(0); console.assert(0, { a: 1 });
    console.warn("warn"); console.error("error"); console.timeEnd("none"); console.countReset("none"); console.trace("here %s", 1)`);
  assert.match(
    guest.stderr(),
    /^Assertion failed: yes 1\nAssertion failed\nAssertion failed \{ a: 1 \}\nwarn\nerror\nWarning: No such label 'none' for console\.timeEnd\(\)\nWarning: Count for 'none' does not exist\nTrace: here 1\n {4}at <cell>:2:\d+\n$/,
  );
  guest.cell(
    "console.time(); console.time('t'); console.timeLog('t', 1, { a: 2 }); console.timeEnd('t'); console.timeEnd()",
  );
  assert.match(guest.stdout(), /^t: [\d.]+ms 1 \{ a: 2 \}\nt: [\d.]+ms\ndefault: [\d.]+ms\n$/);
});
