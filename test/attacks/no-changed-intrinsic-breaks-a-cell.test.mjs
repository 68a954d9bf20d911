// JavaScript's built-in objects are the user's to change, and the code of ours that runs beside the user's shares them.
// Here every property of every intrinsic throws, and so does every name that our code says, on `Object.prototype`, and
// every index; whatever is looked up beyond that, in what has another prototype, meets a proxy that throws.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { createSession } from "../../dist/index.js";

const driver = new URL("../../src/guest/quickjs/driver/", import.meta.url);
const words = new Set();
const isNamed = (word) => word !== "__proto__" && word !== "constructor";
for (const file of readdirSync(driver)) {
  for (const [word] of readFileSync(new URL(file, driver), "utf8").matchAll(/[A-Za-z_$][\w$]*/g))
    words.add(word);
}

const kept = `
  var kept = {
    zebra: 1,
    map: new Map([["k", { v: 1 }]]), set: new Set([1]), date: new Date(0), pattern: /x+/gi, error: new RangeError("no"),
    bytes: new Uint8Array([1, 2]), list: [1, , 3], made: class Made {}, symbol: Symbol("s"), big: 5n,
    longer: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  };
  var { readFileSync, writeFileSync, readdirSync, statSync, mkdirSync } = require("node:fs");
  var path = require("node:path");
  var encoder = new TextEncoder(), decoder = new TextDecoder();
  var { encode } = TextEncoder.prototype, { decode } = TextDecoder.prototype;
  var url = new URL("http://a.b/c?d=1"), toHref = Object.getOwnPropertyDescriptor(URL.prototype, "href").get;
  var MadeURL = URL, buffer = Buffer.from("text"), { from, concat } = Buffer, { toString } = Buffer.prototype;
  writeFileSync("/tmp/module.cjs", "module.exports = { made: 5, list: [__dirname] }");
  writeFileSync("/tmp/module.mjs", "export const name = import.meta.filename");
  var requireFile = require;
  var apply = Reflect.apply;
  var { add, echo, fail: failing } = globalThis;
  var tools = { console, process, crypto, structuredClone, setTimeout, print };
  var thrown, changed;`;

const change = `{
  const { ownKeys, getPrototypeOf, setPrototypeOf, getOwnPropertyDescriptor, defineProperty } = Reflect;
  const { isArray } = Array;
  const ours = new Set([console, process, crypto, performance, kept, globalThis, path, tools, add, echo, failing, getPrototypeOf(setTimeout(() => {}))]);
  const Failure = Error, fail = () => { throw new Failure("changed") };
  const found = [];
  const seen = new Set(ours);
  const visit = (value) => {
    if ((typeof value === "object" && value !== null || typeof value === "function") && !seen.has(value)) {
      seen.add(value);
      found[found.length] = value;
    }
  };
  for (const name of ownKeys(globalThis)) {
    const holder = getOwnPropertyDescriptor(globalThis, name).value;
    if (!ours.has(holder)) visit(holder);
  }
  visit(getPrototypeOf([].values())); visit(getPrototypeOf((function* () {})())); visit(getPrototypeOf(async () => {}));
  visit(getPrototypeOf((async function* () {})())); visit(getPrototypeOf(/x/[Symbol.matchAll]("x")));
  for (let i = 0; i < found.length; i++) {
    visit(getPrototypeOf(found[i]));
    for (const key of ownKeys(found[i])) {
      const own = getOwnPropertyDescriptor(found[i], key);
      visit(own.value); visit(own.get); visit(own.set);
    }
  }
  const isUser = new Set([globalThis.kept.made, kept, readFileSync, apply]);
  const thrower = new Proxy({ __proto__: null }, {
    __proto__: null, get: fail, set: fail, has: fail, getOwnPropertyDescriptor: fail, defineProperty: fail, getPrototypeOf: fail,
  });
  const { length } = found;
  const keysOf = [];
  for (let i = 0; i < length; i++) keysOf[i] = ownKeys(found[i]);
  let count = 0;
  const accessor = (enumerable) => ({ __proto__: null, get: fail, set: fail, configurable: true, enumerable });
  const { prototype } = Object;
  const arrays = Array.prototype;
  // From here on nothing is used that is changed.
  for (let i = 0; i < length; i++) {
    const keys = keysOf[i];
    for (let j = 0; j < keys.length; j++) {
      const isShown = keys[j] === "constructor" || (keys[j] === "name" && typeof found[i] === "function");
      if (keys[j] !== "prototype" && !isShown && defineProperty(found[i], keys[j], accessor(false))) count++;
    }
    if (getPrototypeOf(found[i]) === prototype) setPrototypeOf(found[i], thrower);
  }
  const words = WORDS;
  for (let i = 0; i < words.length; i++) defineProperty(prototype, words[i], accessor(false));
  for (let i = 0; i < 64; i++) {
    defineProperty(prototype, i, accessor(false));
    defineProperty(arrays, i, accessor(false));
  }
  changed = { __proto__: null, found, fail, defineProperty };
  count;
}`.replace("WORDS", JSON.stringify([...words].filter(isNamed)));

/** What shows objects takes their names from there. */
const changeConstructors = `for (let i = 0; i < changed.found.length; i++) {
  changed.defineProperty(changed.found[i], "constructor", { __proto__: null, get: changed.fail, set: changed.fail });
}`;

/** Cells and what they give; undefined for no result. */
const cells = [
  ["1 + 1", "2"],
  ["'text'", "'text'"],
  ["({ a: { b: [1, 'x'] } })", "{ a: { b: [ 1, 'x' ] } }"],
  ["kept.map", "Map(1) { 'k' => { v: 1 } }"],
  ["kept.set", "Set(1) { 1 }"],
  ["kept.date", "1970-01-01T00:00:00.000Z"],
  ["kept.pattern", "/x+/gi"],
  ["kept.bytes", "Uint8Array(2) [ 1, 2 ]"],
  ["kept.list", "[ 1, <1 empty item>, 3 ]"],
  ["kept.longer", "[\n  1, 2, 3, 4,  5,\n  6, 7, 8, 9, 10\n]"],
  ["kept.symbol", "Symbol(s)"],
  ["kept.big", "5n"],
  ["await 5", "5"],
  ["const { x, ...rest } = { __proto__: null, x: 1, y: 2 }; rest", "{ y: 2 }"],
  ["let total = 0; for (let i = 0; i < 10; i++) total += i; total", "45"],
  ["class A { #p = 1; get p() { return this.#p } }; new A().p", "1"],
  ["tools.structuredClone({ a: [1, { b: 2 }] })", "{ a: [ 1, { b: 2 } ] }"],
  ["tools.structuredClone(kept.map)", "Map(1) { 'k' => { v: 1 } }"],
  ["tools.structuredClone(kept.bytes)", "Uint8Array(2) [ 1, 2 ]"],
  ["writeFileSync('/tmp/changed', 'text é'); readFileSync('/tmp/changed', 'utf8')", "'text é'"],
  ["mkdirSync('/tmp/sub/sub', { __proto__: null, recursive: true }); statSync('/tmp/sub/sub').nlink", "2"],
  ["statSync('/tmp/changed').size", "7"],
  ["readdirSync('/tmp')", "[ 'changed', 'module.cjs', 'module.mjs', 'sub' ]"],
  ["path.join('/a', '../b')", "'/b'"],
  ["path.relative('/a/b', '/a/c')", "'../c'"],
  ["apply(decode, decoder, [apply(encode, encoder, ['é'])])", "'é'"],
  [
    "apply(toHref, new MadeURL('../x?q#f', 'http://user@münchen.de:80/a/b'), [])",
    "'http://user@xn--mnchen-3ya.de/x?q#f'",
  ],
  ["apply(toHref, url, [])", "'http://a.b/c?d=1'"],
  ["apply(toString, from('aé', 'latin1'), ['base64'])", "'Yek='"],
  ["apply(toString, concat([buffer, buffer]), ['hex'])", "'7465787474657874'"],
  ["buffer", "<Buffer 74 65 78 74>"],
  ["requireFile('/tmp/module.cjs')", "{ made: 5, list: [ '/tmp' ] }"],
  ["import { name } from '/tmp/module.mjs'; name", "'/tmp/module.mjs'"],
  ["import { sep } from 'node:path'; sep", "'/'"],
  ["tools.crypto.randomUUID().length", "36"],
  ["add.sync(2, 3)", "5"],
  ["[await add(2, 3)]", "[ 5 ]"],
  ["echo.sync({ __proto__: null, a: 1, b: kept.bytes, $bytes: 0 }).b[1]", "2"],
  ["echo.sync({ __proto__: null, $object: kept.bytes }).$object[1]", "2"],
  ["try { failing.sync() } catch (error) { thrown = error; error.message + error.type }", "'noOdd'"],
  ["try { await failing() } catch (error) { [error.message, error.type] }", "[ 'no', 'Odd' ]"],
  ["display(kept.map); display({ __proto__: null, 'text/html': '<b>' }); 1", "1"],
  [
    "try { readFileSync('/nowhere') } catch (error) { thrown = error; error.code + error.errno + error.syscall }",
    "'ENOENT-2open'",
  ],
];

const printing = [
  ["tools.console.log('%s %d', 'x', 5, { a: 1 }, [1, [2]])", "x 5 { a: 1 } [ 1, [ 2 ] ]\n"],
  ["tools.console.table([{ a: 1 }])", /│ {4}0 {4}│ 1 │/],
  ["tools.console.group('g'); tools.print('in'); tools.console.groupEnd()", "g\n  in\n"],
  [
    "tools.console.count(); tools.console.time('t'); tools.console.timeEnd('t')",
    /^default: 1\nt: [\d.]+ms\n$/,
  ],
  ["tools.console.log(kept.made, tools.print)", "[class Made] [Function: print]\n"],
  ["tools.setTimeout(() => tools.print('later'), 1)", "later\n"],
  ["tools.process.nextTick(() => tools.print('next'))", "next\n"],
  ["tools.console.log(kept.error)", /^RangeError: no\n {4}at/],
  ["tools.console.assert(false, 'no')", "Assertion failed: no\n"],
];

const functions = {
  add: (a, b) => a + b,
  echo: (value) => value,
  fail() {
    throw Object.assign(new Error("no"), { name: "Odd" });
  },
};

test("every intrinsic may throw, and cells answer as before", async () => {
  const session = await createSession("javascript", { timeoutMs: 60_000, functions });
  assert.equal((await session.run(kept)).error, undefined);
  const { result, error } = await session.run(change);
  assert.equal(error, undefined);
  assert.ok(Number(result) > 700, `${result} properties are changed`);
  const check = async (code, expected) => {
    const answer = await session.run(code);
    assert.equal(answer.error, undefined, `${code}: ${answer.error}`);
    assert.equal(answer.result, expected, code);
  };
  for (const [code, expected] of cells) await check(code, expected);
  for (const [code, expected] of printing) {
    const answer = await session.run(`${code}; undefined`);
    assert.equal(answer.error, undefined, `${code}: ${answer.error}`);
    if (typeof expected === "string") assert.equal(answer.output, expected, code);
    else assert.match(answer.output, expected, code);
  }
  assert.match(
    (await session.run("undeclared")).error,
    /^ReferenceError: undeclared is not defined\n {4}at /,
  );
  assert.equal((await session.run("throw 5")).error, "Uncaught 5");
  assert.match((await session.run("throw kept.error")).error, /^RangeError: no\n/);
  assert.match((await session.run("await 1; throw kept.error")).error, /^RangeError: no\n/);
  assert.match((await session.run("let let")).error, /^SyntaxError: /);
  const { items } = await session.inspect({ kind: "complete", code: "kept.zeb" });
  assert.deepEqual(items, ["zebra"]);
  const variables = (await session.inspect({ kind: "variables", code: "" })).items;
  assert.ok(variables.some(({ name, value }) => name === "total" && value === "45"));
  assert.match((await session.inspect({ kind: "describe", code: "total" })).text, /45/);
  // What sleeps is told of the functions again, and may be told of others.
  await session.hibernate();
  await check("await add(1, 1)", "2");
  await check("const { length } = [await add(1, 1), add.sync(2, 2)]; length", "2");
  assert.equal((await session.run(changeConstructors)).error, undefined);
  for (const [code, expected] of cells)
    if (!code.startsWith("kept") && /^['\d]/.test(expected)) await check(code, expected);
  await session.close();
});
