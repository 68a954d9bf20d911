import assert from "node:assert/strict";
import { test } from "node:test";
import { createFileSystem } from "../../vfs/file-system.js";
import { createMemoryVolume } from "../../vfs/memory-volume.js";
import { bootForTest, createTestGuest } from "./test-guest.js";

const boot = bootForTest();

/** Runs cells in one session; each must give its result (undefined: none) without an error. */
function runAll(cells: ReadonlyArray<readonly [code: string, result: string | undefined]>): void {
  const guest = createTestGuest(boot);
  for (const [code, result] of cells) {
    const outcome = guest.cell(code);
    assert.equal(outcome.error, undefined, code);
    assert.equal(outcome.result, result, code);
  }
}

test("Cells share one global scope, and a later cell may declare lexical names again.", () => {
  runAll([
    ["let a = 1, b = 2; const c = 3; class D {}", undefined],
    ["[a, b, c, typeof D]", "[ 1, 2, 3, 'function' ]"],
    ["const a = 10; let c = 30, D = 40", undefined],
    ["[a, b, c, D]", "[ 10, 2, 30, 40 ]"],
    ["class a {}; var b = 20; function c() { return b }", undefined],
    ["[typeof a, b, c()]", "[ 'function', 20, 20 ]"],
    ["let b = 5; const c = 6", undefined],
    ["[b, c]", "[ 5, 6 ]"],
    ["var b; b", "20"],
    ["function b() {}; const { x, y: [z] } = { x: 1, y: [2] }", undefined],
    ["const { x, z } = { x: 3, z: 4 }; [x, z]", "[ 3, 4 ]"],
    ["const print = 1, Array = 2; [print, Array]", "[ 1, 2 ]"],
    ["let u = 1; { let u = 2 }; (() => { let u = 3; return u })() + u", "4"],
  ]);
});

test("A function keeps seeing a name that a later cell declared anew.", () => {
  runAll([
    ["let n = 1; const read = () => n", undefined],
    ["let n = 2; read()", "2"],
  ]);
});

test("Hundreds of names can be declared again at once, functions among them.", () => {
  const names = Array.from({ length: 400 }, (_, i) => i);
  const code = names.map((i) => `let v${i} = ${i}; function f${i}() { return ${i} }`).join("\n");
  const again = names.map((i) => `const f${i} = () => -${i}; var v${i} = -${i}`).join("\n");
  runAll([
    [code, undefined],
    ["v399 + f399()", "798"],
    [again, undefined],
    ["v399 + f399()", "-798"],
    [code, undefined],
    ["v399 + f399()", "798"],
  ]);
});

test("A cell that cannot run deletes nothing.", () => {
  const guest = createTestGuest(boot);
  guest.cell("let kept = 1; const constant = 2");
  const failing = [
    "let kept = 5; )",
    "let kept = 5; let kept = 6",
    "let kept = 5; let constant = 3; await (",
    "let kept; const constant;",
    "Object.defineProperty(globalThis, 'fixed', { value: 1 }); 0",
    "let kept = 5, fixed = 2",
  ];
  for (const code of failing) guest.cell(code);
  assert.match(guest.cell("let kept = 5, fixed = 2").error ?? "", /^SyntaxError: redeclaration of/);
  assert.equal(guest.cell("[kept, constant]").result, "[ 1, 2 ]");
});

test("User code that throws the engine's own redeclaration error loses no names.", () => {
  const guest = createTestGuest(boot);
  guest.cell("let kept = 1");
  const { exception } = guest.cell("throw new SyntaxError(\"redeclaration of 'kept'\")");
  assert.deepEqual(exception, { type: "SyntaxError", message: "redeclaration of 'kept'" });
  assert.equal(guest.cell("kept").result, "1");
});

test("const and the time before initialisation keep their meaning.", () => {
  const guest = createTestGuest(boot);
  assert.match(guest.cell("const k = 1; k = 2").error ?? "", /^TypeError: 'k' is read-only/);
  assert.match(guest.cell("early; let early = 1").error ?? "", /^ReferenceError: early is not initialized/);
  assert.match(guest.cell("let broken = fail()").error ?? "", /^ReferenceError: fail is not defined/);
  assert.match(guest.cell("broken").error ?? "", /^ReferenceError: broken is not initialized/);
  assert.equal(guest.cell("let broken = 3; broken").result, "3");
  assert.match(guest.cell("let twice; let twice").error ?? "", /^SyntaxError/);
});

test("The last expression is the result, and undefined is none.", () => {
  runAll([
    ["1; 2", "2"],
    ["undefined", undefined],
    ["void 0", undefined],
    ["null", "null"],
    ["'text'", "'text'"],
    ["if (true) { 'branch' }", "'branch'"],
    ["for (var i = 0; i < 3; i++) i", "2"],
    ["", undefined],
    ["// only a comment", undefined],
    ["let value = 5", undefined],
    ["'use strict'; (function () { return this })()", undefined],
    ["#!/usr/bin/env node\n7", "7"],
  ]);
});

test("Braces are an object where they can be one.", () => {
  runAll([
    ["{ a: 1 }", "{ a: 1 }"],
    ["  { a: 1, b: { c: 2 } } // comment", "{ a: 1, b: { c: 2 } }"],
    ["{ a: await 5 }", "{ a: 5 }"],
    ["{}", "{}"],
    ["{ let x = 1; x + 1 }", "2"],
    ["{ a: 1 };", "1"],
    ["{ f() { return 1 } }.f()", "1"],
  ]);
});

test("Errors carry the cell's name, line and column, and no frames of the driver.", () => {
  const guest = createTestGuest(boot);
  const outcome = guest.run({
    mode: "cell",
    code: "function outer() {\n  inner();\n}\nfunction inner() {\n  throw new TypeError('bad');\n}\nouter()",
    filename: "a b.js",
  });
  assert.deepEqual(outcome, {
    error: "TypeError: bad\n    at inner (a b.js:5:13)\n    at outer (a b.js:2:3)\n    at a b.js:7:1",
    exception: { type: "TypeError", message: "bad" },
  });
  assert.match(guest.cell("let x = 1;\nlet y = = 2").error ?? "", /^SyntaxError: .*\n {4}at <cell>:2:9$/);
  assert.match(guest.cell("{ a: undefinedName }").error ?? "", /^ReferenceError: .*\n {4}at <cell>:1:6$/);
  assert.match(
    guest.cell("setTimeout(() => { throw new Error('late') })").error ?? "",
    /^Error: late\n {4}at .*<cell>:1:\d+\)$/,
  );
});

test("Thrown values that are no errors are reported by their type.", () => {
  const guest = createTestGuest(boot);
  const cases: ReadonlyArray<readonly [string, string, string, string]> = [
    ["throw 5", "Uncaught 5", "number", "5"],
    ["throw 'text'", "Uncaught 'text'", "string", "text"],
    ["throw null", "Uncaught null", "null", "null"],
    ["throw undefined", "Uncaught undefined", "undefined", "undefined"],
    ["throw { code: 1 }", "Uncaught { code: 1 }", "object", "{ code: 1 }"],
    ["throw Symbol('s')", "Uncaught Symbol(s)", "symbol", "Symbol(s)"],
  ];
  for (const [code, error, type, message] of cases) {
    assert.deepEqual(guest.cell(code), { error, exception: { type, message } });
  }
});

test("await works at the top level, and remains a name where it is used as one.", () => {
  runAll([
    ["await 1", "1"],
    ["const later = await new Promise((done) => setTimeout(done, 1, 'done')); later", "'done'"],
    ["later", "'done'"],
    ["for await (const x of [1, Promise.resolve(2)]) x", "2"],
    ["await (async () => ({ a: 1 }))()", "{ a: 1 }"],
    ["var await = 3; await", "3"],
    ["const text = 'await me'; text", "'await me'"],
  ]);
});

test("A failed or endless await is the cell's error, and the session goes on.", () => {
  const guest = createTestGuest(boot);
  assert.match(guest.cell("await Promise.reject(new RangeError('no'))").error ?? "", /^RangeError: no/);
  assert.match(
    guest.cell("await 0; throw new Error('after')").error ?? "",
    /^Error: after\n {4}at .*<cell>:1/,
  );
  assert.equal(guest.cell("await new Promise(() => {})").exception?.message, "top-level await never settled");
  assert.equal(guest.cell("await 'fine'").result, "'fine'");
});

test("Rejections that nobody handles are the cell's error; handled ones are not.", () => {
  const guest = createTestGuest(boot);
  assert.match(guest.cell("Promise.reject(new TypeError('lost')); 1").error ?? "", /^TypeError: lost/);
  assert.equal(guest.cell("(async () => { throw 7 })(); 1").error, "Uncaught 7");
  assert.equal(guest.cell("Promise.reject(1).catch(() => 'caught')").result, "Promise { 'caught' }");
  assert.equal(
    guest.cell("const p = Promise.reject(1); queueMicrotask(() => p.catch(() => {})); 2").result,
    "2",
  );
  guest.cell("Promise.reject(new Error('one')); Promise.reject(new Error('two')); 3");
  assert.match(guest.stderr(), /^Uncaught Error: two\n/);
});

test("Promise jobs and timers run to their end, in order.", () => {
  const guest = createTestGuest(boot);
  guest.cell(`
    setTimeout(() => print("timeout 2"), 2);
    setTimeout((x) => print("timeout", x), 1, 1);
    const cancelled = setTimeout(() => print("never"), 1);
    clearTimeout(cancelled);
    let ticks = 0;
    const ticking = setInterval(() => { print("tick"); if (++ticks === 2) clearInterval(ticking) }, 3);
    setImmediate(() => print("immediate"));
    queueMicrotask(() => print("microtask"));
    process.nextTick((x) => print("next", x), "tick");
    setTimeout(() => print("not waited for"), 100_000).unref();
    print("main")`);
  assert.equal(guest.stdout(), "main\nmicrotask\nnext tick\nimmediate\ntimeout 1\ntimeout 2\ntick\ntick\n");
});

test("Many timers keep their order.", () => {
  const guest = createTestGuest(boot);
  guest.cell(`var order = [];
    for (let i = 0; i < 2000; i++) { const t = setTimeout(() => order.push(i), i % 3); if (i % 5 === 0) clearTimeout(t) }`);
  const { result } = guest.cell(
    "[order.length, order.filter((x, i) => i > 0 && order[i - 1] % 3 === x % 3 && order[i - 1] > x).length]",
  );
  assert.equal(result, "[ 1600, 0 ]");
});

test("process.exit ends a run at once, whatever catches.", () => {
  const guest = createTestGuest(boot);
  assert.deepEqual(
    guest.cell("try { process.exit(3) } catch { print('caught') } finally { print('finally') }"),
    {
      error: "Exit: the code called process.exit(3)",
      exception: { type: "Exit", message: "the code called process.exit(3)" },
      exitCode: 3,
    },
  );
  assert.deepEqual(guest.program("setTimeout(() => process.exit(4)); setInterval(() => {}, 1)"), {
    exitCode: 4,
  });
  assert.deepEqual(guest.program("process.exitCode = 5; undefined"), { exitCode: 5 });
  assert.equal(guest.stdout(), "");
  assert.equal(guest.cell("1").result, "1");
});

test("A program's uncaught error goes to stderr in Node's shape, with exit code 1.", () => {
  const guest = createTestGuest(boot);
  const outcome = guest.program("const x = 1;\n\tthrow new Error('boo');\n");
  assert.equal(outcome.exitCode, 1);
  assert.equal(
    guest.stderr(),
    "[eval]:2\n\tthrow new Error('boo');\n\t          ^\n\nError: boo\n    at [eval]:2:12\n",
  );
  assert.equal(guest.program("throw 5").exitCode, 1);
  assert.equal(guest.stderr(), "Uncaught 5\n");
  assert.equal(guest.program("await new Promise(() => {})").exitCode, 13);
  assert.equal(guest.program("setTimeout(() => print('never')); Promise.reject(new Error('x'))").exitCode, 1);
  assert.equal(guest.stdout(), "");
  assert.deepEqual(guest.program("6 * 7"), { result: "42", exitCode: 0 });
});

test("Text survives from the code to the output: astral, NUL, lone surrogates, long lines.", () => {
  const guest = createTestGuest(boot, { writeBytes: 1000 });
  guest.cell('print("é 漢字 😀 \u0000 \ud800|")');
  assert.equal(guest.stdout(), "é 漢字 😀 \u0000 \ufffd|\n");
  assert.equal(guest.cell('"\ud800".length + "😀".length').result, "3");
  assert.equal(guest.cell('["\ud800"]').result, "[ '\\ud800' ]");
  const long = "x".repeat(5_000_000);
  assert.equal(guest.cell(`var long = "${long}"; long.length`).result, "5000000");
  guest.cell("print(long)");
  assert.equal(guest.stdout().length, 5_000_001);
});

test("Changed built-ins disturb neither the console nor results.", () => {
  const guest = createTestGuest(boot);
  const { error } = guest.cell(`
    const map = new Map([[1, 2]]);
    const { defineProperty, getOwnPropertyDescriptor, ownKeys, getPrototypeOf } = Reflect;
    const fail = () => { throw "tampered" };
    const holders = [Object, Array, String, Number, Map, Set, RegExp, Date, Function, Symbol, Promise, Error, Reflect,
      JSON, Math, Uint8Array, getPrototypeOf(Uint8Array), getPrototypeOf([][Symbol.iterator]())];
    for (let i = 0; i < holders.length; i++) {
      for (let j = 0; j < 2; j++) {
        const target = j === 0 ? holders[i] : holders[i].prototype;
        const keys = target ? ownKeys(target) : [];
        for (let k = 0; k < keys.length; k++) {
          if (keys[k] === "prototype" || keys[k] === "constructor" || keys[k] === "name") continue;
          if (getOwnPropertyDescriptor(target, keys[k]).configurable) defineProperty(target, keys[k], { get: fail, set: fail });
        }
      }
    }
    defineProperty(Object.prototype, "value", { value: 1, writable: true });
    defineProperty(Object.prototype, "get", { value: fail });
    globalThis.performance = globalThis.Reflect = globalThis.Object = globalThis.queueMicrotask = undefined;`);
  assert.equal(error, undefined);
  const logged = guest.cell(
    "console.log('%s', 'x', { a: [1, 2, { b: 'c' }] }, map, [1, , 3], /r/g, class A {})",
  );
  assert.equal(logged.error, undefined);
  assert.equal(
    guest.stdout(),
    "x { a: [ 1, 2, { b: 'c' } ] } Map(1) { 1 => 2 } [ 1, <1 empty item>, 3 ] /r/g [class A]\n",
  );
  assert.equal(guest.cell("({ a: 1 })").result, "{ a: 1 }");
  assert.equal(
    guest.cell("setTimeout(() => print('later')); structuredClone({ a: [1] })").result,
    "{ a: [ 1 ] }",
  );
  assert.equal(guest.stdout(), "later\n");
  assert.deepEqual(guest.cell("throw new TypeError('x')").exception?.message, "x");
  assert.equal(guest.cell("console.log([1, 2, 3, 4, 5, 6, 7, 8])").error, undefined);
});

test("The driver adds only the globals that it documents.", () => {
  const guest = createTestGuest(boot);
  const { result } = guest.cell(
    "Object.getOwnPropertyNames(globalThis).slice(Object.getOwnPropertyNames(globalThis).indexOf('performance') + 1).join(' ')",
  );
  assert.equal(
    result,
    "'console print setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate TextEncoder TextDecoder structuredClone prompt crypto process require Buffer URL URLSearchParams fetch Headers Request Response ReadableStream AbortController AbortSignal global HostError display'",
  );
  assert.equal(guest.cell("Object.keys(globalThis)").result, "[]");
});

test("Sessions from one image are independent, and begin with fresh randomness and clocks.", () => {
  const [first, second] = [createTestGuest(boot), createTestGuest(boot)];
  first.cell("var mine = 1");
  assert.equal(second.cell("typeof mine").result, "'undefined'");
  const code = "[Math.random(), Math.random(), crypto.randomUUID()].join()";
  assert.notEqual(first.cell(code).result, second.cell(code).result);
  assert.ok(Number(second.cell("performance.now()").result) < 10_000);
  assert.ok(Math.abs(Number(second.cell("Date.now()").result) - Date.now()) < 5000);
  assert.equal(first.cell("new Date(0).getTimezoneOffset()").result, "0");
  assert.equal(
    first.cell("[process.argv, process.env, process.cwd()]").result,
    "[ [ 'jsrunner', 'a b' ], { NAME: 'value' }, '/' ]",
  );
});

test("Standard input is read by lines, or whole.", () => {
  const guest = createTestGuest(boot, { stdin: "first läine\r\n\nthird\nrest 😀\nof it" });
  assert.equal(
    guest.cell("[prompt(), prompt('>'), prompt(), process.stdin.read()]").result,
    "[ 'first läine', '', 'third', 'rest 😀\\nof it' ]",
  );
  assert.equal(guest.stdout(), "> ");
  assert.equal(guest.cell("[prompt(), process.stdin.read()]").result, "[ null, null ]");
});

test("Ten thousand cells leave memory as it was.", () => {
  const guest = createTestGuest(boot);
  const runSome = (count: number) => {
    for (let i = 0; i < count; i++) {
      guest.cell("let v = { list: [1, 2, 3] }; const f = () => v; class C {}; await f().list.map(String)");
      if (i % 10 === 0) guest.cell("throw new Error('x')");
    }
  };
  runSome(1000);
  const before = guest.memory.buffer.byteLength;
  runSome(9000);
  assert.equal(guest.memory.buffer.byteLength, before);
});

test("Standard input comes in pieces, as text with whole characters, or as one file.", () => {
  const stdin = "first läine\n\u{1F600}\u{1F600} rest";
  const read = (code: string) => {
    const { result, error } = createTestGuest(boot, { stdin }).cell(code);
    assert.equal(error, undefined, code);
    return result;
  };
  assert.equal(
    read(
      "const parts = []; for await (const part of process.stdin) parts.push(part); [parts.every(Buffer.isBuffer), Buffer.concat(parts).toString()]",
    ),
    `[ true, ${JSON.stringify(stdin).replaceAll('"', "'")} ]`,
  );
  const whole = JSON.stringify(stdin).replaceAll('"', "'");
  assert.equal(
    read(
      "process.stdin.setEncoding('utf8'); let t = ''; for await (const part of process.stdin) t += part; t",
    ),
    whole,
  );
  assert.equal(
    read(
      "let t = ''; process.stdin.setEncoding('utf8').on('data', (part) => t += part); await new Promise((end) => process.stdin.on('end', end)); t",
    ),
    whole,
  );
  assert.equal(read("require('fs').readFileSync(0, 'utf8')"), whole);
  assert.equal(read("require('fs').readFileSync('/dev/stdin').toString()"), whole);
  assert.equal(read("[prompt(), require('fs').readFileSync(0, 'utf8').length]"), "[ 'first läine', 9 ]");
});

test("A program's exit handlers run once, however it ends, and none of them is left for the next.", () => {
  const guest = createTestGuest(boot);
  const listen = "process.on('exit', (code) => print('exit', code));";
  assert.deepEqual(guest.program(`${listen} setTimeout(() => print('timer')); 0`), {
    result: "0",
    exitCode: 0,
  });
  assert.equal(guest.stdout(), "timer\nexit 0\n");
  assert.equal(guest.program(`${listen} process.exitCode = 4`).exitCode, 4);
  assert.equal(guest.stdout(), "exit 4\n");
  assert.equal(
    guest.program("process.exitCode = undefined; process.on('exit', () => process.exitCode = 6)").exitCode,
    6,
  );
  assert.equal(guest.program(`process.exitCode = 0; ${listen} process.exit(3)`).exitCode, 3);
  assert.equal(guest.stdout(), "exit 3\n");
  assert.equal(guest.program(`${listen} throw new Error('x')`).exitCode, 1);
  assert.equal(guest.stdout(), "exit 1\n");
  assert.equal(guest.program("process.on('exit', () => process.exit(7)); process.exit(2)").exitCode, 7);
  assert.equal(guest.program("process.on('exit', () => { throw new Error('late') })").exitCode, 1);
  assert.match(guest.stderr(), /Error: late/);
  assert.equal(
    guest.program("process.once('exit', () => print('once')); process.off('exit', print)").exitCode,
    0,
  );
  assert.equal(guest.stdout(), "once\n");
  assert.equal(guest.program("1").exitCode, 0);
  assert.equal(guest.stdout(), "");
});

test("fetch says what is missing, and process says which engine this is.", () => {
  const guest = createTestGuest(boot);
  assert.match(
    guest.cell("await fetch('http://a')").error ?? "",
    /^TypeError: fetch failed: this program was given no network: --allow-net HOST/,
  );
  assert.equal(guest.cell("typeof fetch('http://a').catch(() => {}).then").result, "'function'");
  assert.equal(
    guest.cell(
      "/^v\\d+\\.\\d+\\.\\d+$/.test(process.version) && process.version === 'v' + process.versions.quickjs",
    ).result,
    "true",
  );
});

test("Files are read as Buffers, and in the encodings that Buffers know.", () => {
  const fileSystem = createFileSystem({ root: createMemoryVolume() });
  const guest = createTestGuest(boot, { fileSystem });
  assert.equal(
    guest.cell(`const fs = require("fs"); fs.writeFileSync("/a", "c3a9", "hex");
      [fs.readFileSync("/a"), ...["utf8", "latin1", "base64"].map((name) => fs.readFileSync("/a", name))]`)
      .result,
    "[ <Buffer c3 a9>, 'é', 'Ã©', 'w6k=' ]",
  );
  guest.cell("fs.writeFileSync('/dev/stdout', 'out'); fs.writeFileSync(2, Buffer.from('err'))");
  assert.equal(guest.stdout() + guest.stderr(), "outerr");
});
