import assert from "node:assert/strict";
import { test } from "node:test";
import { format, inspect } from "node:util";
import { runInNewContext, runInThisContext } from "node:vm";
import { bootForTest, createTestGuest } from "./test-guest.js";

const boot = bootForTest();

/** Expressions that Node and the guest must show alike. No errors here: their stacks differ. */
const values = [
  "'plain'",
  `"it's"`,
  `'say "hi"'`,
  `"it's \\"both\\""`,
  '`it\'s "all" \\`three\\``',
  "'line\\nbreak\\ttab\\\\ \\b\\f\\v\\0\\x1b\\x7f\\x9f'",
  "'\\ud800 lone \\udc00 and \\u{1f600} pair'",
  "'a long text that is to be shown line by line\\n'.repeat(5)",
  "'x'.repeat(10005)",
  "['a long text inside a list that is to be shown line by line\\n'.repeat(3)]",
  "0",
  "-0",
  "1e21",
  "NaN",
  "-Infinity",
  "10n",
  "-5n",
  "true",
  "null",
  "[undefined, null]",
  "Symbol('a b')",
  "Symbol()",
  "Symbol.iterator",
  "({})",
  "({ a: 1 })",
  "({ a: { b: { c: {} } } })",
  "({ a: { b: { c: { d: 1 } } } })",
  "({ a: { b: { c: [] } } })",
  "({ a: { b: { c: [1] } } })",
  "({ a: { b: { c: new Map([[1, 2]]) } } })",
  "({ a: { b: { c: new (class Foo { x = 1 })() } } })",
  "({ a: { b: { c: Object.create(null) } } })",
  "({ a: { b: { c: Object.assign(Object.create(null), { x: 1 }) } } })",
  "({ 'quoted key': 1, valid_key: 2, $dollar: 3, 1: 4, 'it\\'s': 5, ['__proto__']: 6 })",
  "({ [Symbol('s')]: 1, [Symbol()]: 2 })",
  "({ get a() { return 1 }, set b(x) {}, get c() { return 1 }, set c(x) {} })",
  "({ f() {}, g: () => {}, h: class {}, i: class X extends Array {}, j: async () => {}, *k() {}, async *l() {} })",
  "(() => {})",
  "(function () {})",
  "(function named() {})",
  "Object.assign(function named() {}, { a: 1 })",
  "(class {})",
  "(class A {})",
  "(class A extends Map {})",
  "(class A extends null {})",
  "(class A { static x = 1 })",
  "Math.max",
  "Map",
  "new (class Foo {})()",
  "new (class Foo { a = 1; b = 'x' })()",
  "new (class Foo extends Array {})(1, 2, 3)",
  "new (class Foo extends Map {})([[1, 2]])",
  "new (class Foo { get [Symbol.toStringTag]() { return 'tag' } })() && 1",
  "({ [Symbol.toStringTag]: 'tagged' })",
  "Object.create(null)",
  "Object.assign(Object.create(null), { a: 1 })",
  "Object.create({})",
  "Object.create(class Foo {}.prototype)",
  "Object.create(Object.create(null))  && 1",
  "[]",
  "[1, 2, 3]",
  "[1, 'a', null, undefined, true, 2n]",
  "[, 1, , , 2, ,]",
  "new Array(5)",
  "new Array(3000)",
  "Object.assign([1, 2], { extra: true, '-1': 0 })",
  "Object.assign(new Array(5000), { 2500: 'x' })",
  "Array.from({ length: 101 }, (_, i) => i)",
  "Array.from({ length: 102 }, (_, i) => i)",
  "Array.from({ length: 200 }, (_, i) => 'item ' + i)",
  "Array.from({ length: 7 }, (_, i) => i)",
  "Array.from({ length: 30 }, (_, i) => i * 1000)",
  "Array.from({ length: 30 }, (_, i) => 'x'.repeat(i))",
  "Array.from({ length: 10 }, (_, i) => 'word' + i)",
  "Array.from({ length: 20 }, (_, i) => i % 3 ? i : 'text')",
  "Array.from({ length: 10 }, (_, i) => ({ i }))",
  "Array.from({ length: 10 }, (_, i) => [i, i])",
  "Array.from({ length: 8 }, (_, i) => -i / 3)",
  "Array.from({ length: 50 }, (_, i) => BigInt(i) ** 5n)",
  "({ list: Array.from({ length: 120 }, (_, i) => i) })",
  "({ a: { b: Array.from({ length: 30 }, (_, i) => 'value ' + i) } })",
  "['日本語', '中文', 'русский', 'ひらがな', 'e\\u0301', '😀', 'ascii', 'mixed 漢字']",
  "({ name: 'Alice', age: 30, email: 'alice@example.com', tags: ['a', 'b'], active: true })",
  "({ name: 'Alice', age: 30, email: 'alice@example.com', tags: ['a', 'b'], active: true, city: 'Paris' })",
  "({ aaaaaaaaaaaaaaaaaaaa: 1, bbbbbbbbbbbbbbbbbbbbbb: 2, cccccccccccccccc: 3 })",
  "({ aaaaaaaaaaaaaaaaaaaa: 1, bbbbbbbbbbbbbbbbbbbbbbbbb: 2, ccccccccccccccccc: 3 })",
  "({ a: 'x'.repeat(60) })",
  "({ a: 'x'.repeat(70) })",
  "[['a', 'b'], ['c', 'd'], { e: ['f', { g: 1 }] }]",
  "[[[[[]]]]]",
  "[[[[[1]]]]]",
  "({ a: [{ b: { c: {} } }, { d: [1, 2, [3]] }] })",
  'JSON.parse(\'{"users":[{"id":1,"name":"A","roles":["x","y"]},{"id":2,"name":"B","roles":[]}],"total":2}\')',
  "new Map()",
  "new Map([['a', 1], [{ k: 1 }, [1, 2]]])",
  "new Map(Array.from({ length: 101 }, (_, i) => [i, i]))",
  "new Set()",
  "new Set([1, 'a', { b: 1 }])",
  "new Set(Array.from({ length: 103 }, (_, i) => i))",
  "Object.assign(new Set([1]), { extra: 1 })",
  "new Map([['key', new Map([['inner', new Set([1])]])]])",
  "new WeakMap()",
  "new WeakSet()",
  "new Date(0)",
  "new Date(NaN)",
  "Object.assign(new Date(0), { a: 1 })",
  "/a\\/b/gi",
  "Object.assign(/x/, { a: 1 })",
  "new Uint8Array([1, 2, 3])",
  "new Float64Array(2)",
  "new BigInt64Array(2)",
  "new Uint8Array(0)",
  "new Uint8Array(200)",
  "new ArrayBuffer(4)",
  "new ArrayBuffer(60)",
  "new Uint8Array([1, 2, 255]).buffer",
  "new DataView(new ArrayBuffer(2))",
  "Object(1)",
  "Object('abc')",
  "Object.assign(Object('abc'), { x: 1 })",
  "Object(true)",
  "Object(Symbol('s'))",
  "Object(1n)",
  "(function* () {})()",
  "(function () { return arguments })(1, 'b')",
  "Math",
  "JSON",
  "globalThis.Reflect",
  "(() => { const a = {}; a.self = a; return a })()",
  "(() => { const a = { b: {} }; a.b.a = a; a.b.b = a.b; return a })()",
  "(() => { const a = []; a.push(a, [a]); return a })()",
  "(() => { const m = new Map(); m.set('m', m); return m })()",
  "(() => { const f = function () {}; f.f = f; return f })()",
  "(() => { const s = { x: 1 }; return [s, s] })()",
  "new Proxy({ a: 1 }, {})",
  "new Proxy([1, 2], {})",
  "new Proxy(function f() {}, {})",
  "({ p: new Proxy({ a: 1 }, { get() { throw 1 } }) })",
  "Object.defineProperty({}, 'hidden', { value: 1 })",
  "Object.freeze({ a: 1 })",
  "({ a: undefined, b: null, c: NaN })",
  "({ constructor: 'fake' })",
  "({ constructor: { name: 'Fake' } })",
  "new (class Foo { constructor() { this.constructor = 1 } })()",
  "[function () {}, class B {}, Symbol('x')]",
  "({ a: 1n, b: -0, c: [-0] })",
  "({ nested: { deep: { list: [1, 2, 3], text: 'value' } }, other: [{ a: 1, b: 2 }, { a: 3, b: 4 }] })",
  "({ matrix: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] })",
  "Object.entries({ a: 1, b: { c: 2 } })",
  "'a-b-c'.split('-')",
  "'2024-01-02'.match(/(\\d+)-(\\d+)/)",
  "'2024-01-02'.match(/(?<year>\\d+)-(\\d+)/)",
];

/** What Node.js shows in another way since version 22: symbols as keys, and the fields of buffers. */
const changedSince22 = /Symbol|Buffer|\.buffer|DataView/;

test("A cell's result reads as Node's console shows it.", () => {
  const guest = createTestGuest(boot);
  const differences: string[] = [];
  const isNewer = Number.parseInt(process.versions.node, 10) >= 22;
  for (const source of values.filter((each) => !isNewer || !changedSince22.test(each))) {
    const expected = inspect(runInThisContext(`(${source})`));
    const { result, error } = guest.cell(`(${source})`);
    if (result !== expected)
      differences.push(`${source}\n--- node\n${expected}\n--- guest\n${result ?? error}`);
  }
  assert.deepEqual(differences, []);
});

test("Promises show their state, and iterators their kind.", () => {
  const guest = createTestGuest(boot);
  const expected = {
    "Promise.resolve(5)": "Promise { 5 }",
    "Promise.resolve({ a: [1] })": "Promise { { a: [ 1 ] } }",
    "new Promise(() => {})": "Promise { <pending> }",
    "[Promise.reject(1)].map((p) => (p.catch(() => {}), p))": "[ Promise { <rejected> 1 } ]",
    "(async () => { await 0; return 1 })()": "Promise { 1 }",
    "new Map([[1, 2]]).keys()": "Object [Map Iterator] {}",
    "new WeakRef({})": "WeakRef {}",
  };
  for (const [source, text] of Object.entries(expected))
    assert.equal(guest.cell(source).result, text, source);
});

const logs = [
  "'plain', 'words'",
  "'%s is %d years and %i, %f', 'Bob', 42.5, 42.9, '1.5'",
  "'%j %o %O', { a: 1 }, [1], { b: { c: { d: { e: 1 } } } }",
  "'100%', 5",
  "'%% %s', 'x'",
  "'%s %s', 'one'",
  "'%s', 'one', 'two', { three: 3 }",
  "'%c styled', 'color: red'",
  "'%x unknown', 1",
  "'%s %s %s %s', null, undefined, 5n, Symbol('a')",
  "'%s', { a: { b: 1 } }",
  "'%s', class A {}",
  "'%s', { toString() { return 'own' } }",
  "'%s', [1, [2, [3]]]",
  "'%d %d %d', '0x10', {}, Symbol('x')",
  "'%i %i', 5n, 'abc'",
  "'%s', -0",
  "-0, [-0], 'text', ['text'], null, undefined, true",
  "{ a: 1 }, [1, 2], 'x'",
  "Symbol('only')",
  "5, '%s', 'not a directive'",
  "'a\\nb', ['a\\nb']",
  "",
];

test("console.log formats its arguments as Node does.", () => {
  const guest = createTestGuest(boot);
  const differences: string[] = [];
  for (const source of logs) {
    const expected = `${runInNewContext(`format(${source})`, { format })}\n`;
    guest.cell(`console.log(${source})`);
    const actual = guest.stdout();
    if (actual !== expected) differences.push(`${source}\n--- node\n${expected}\n--- guest\n${actual}`);
  }
  assert.deepEqual(differences, []);
});

test("Formatting runs neither getters nor proxy traps nor the user's methods.", () => {
  const guest = createTestGuest(boot);
  const { result, error } = guest.cell(`
    var touched = [];
    const note = (name) => () => { touched.push(name); throw new Error(name) };
    const traps = new Proxy({}, { get: (_, name) => note("trap " + String(name)) });
    const subject = {
      get getter() { note("getter")() },
      proxy: new Proxy({ inner: 1 }, traps),
      list: new Proxy([1], traps),
      below: Object.create(new Proxy({}, traps)),
      [Symbol.for("nodejs.util.inspect.custom")]: note("custom"),
      toString: note("toString"),
      valueOf: note("valueOf"),
      toJSON: note("toJSON"),
    };
    class Tagged { get [Symbol.toStringTag]() { note("tag")() } static [Symbol.hasInstance]() { note("instance")() } }
    console.log(subject, new Tagged(), Tagged, Object.defineProperty(new Error("e"), "stack", { get: note("stack") }));
    touched.length`);
  assert.equal(error, undefined);
  assert.equal(result, "0");
  assert.match(guest.stdout(), /getter: \[Getter\],\n {2}proxy: \{ inner: 1 \},\n {2}list: \[ 1 \]/);
});

test("Errors show their stack, own properties and cause.", () => {
  const guest = createTestGuest(boot);
  guest.cell(`const why = new Error("why");
const bad = new TypeError("bad", { cause: why });
console.log(Object.assign(bad, { code: 7 }))`);
  assert.match(
    guest.stdout(),
    /^TypeError: bad\n {4}at <cell>:2:\d+ \{\n {2}code: 7,\n {2}\[cause\]: Error: why\n {6}at <cell>:1:\d+\n\}\n$/,
  );
  guest.cell(`console.log([Object.assign(new Error("x"), { stack: "" })])`);
  assert.equal(guest.stdout(), "[ [Error: x] ]\n");
  guest.cell(`console.log(new (class HttpError extends Error {})("x"))`);
  assert.match(guest.stdout(), /^HttpError: x\n/);
});
