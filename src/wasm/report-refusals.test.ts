import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import wabt from "wabt";
import { MalformedModuleError } from "./binary.js";
import { reportRefusals } from "./report-refusals.js";

const { parseWat } = await wabt();

function assemble(text: string): Uint8Array {
  const parsed = parseWat("test.wat", text, { bulk_memory: true, reference_types: true });
  try {
    return parsed.toBinary({ write_debug_names: true }).buffer;
  } finally {
    parsed.destroy();
  }
}

const report = { module: "own", name: "refused" };

const program = assemble(`(module
  (import "host" "count" (func $count (param i32) (result i32)))
  (memory (export "memory") 1 3)
  (table 2 funcref)
  (elem (i32.const 0) $count $double)
  (global $begun (export "begun") (mut i32) (i32.const 0))
  (func $begin (global.set $begun (call $count (i32.const 40))))
  (start $begin)
  (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func $full (export "full") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "grow") (param i32) (result i32)
    (block (loop (br_if 1 (i32.eqz (i32.const 0)))))
    (memory.grow (local.get 0)))
  (func (export "callFull") (result i32) (call $full (i32.const 5)))
  (func (export "callAt") (param i32 i32) (result i32)
    (call_indirect (param i32) (result i32) (local.get 1) (local.get 0)))
)`);

function instantiate(module: Uint8Array) {
  let refused = 0;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), {
    host: { count: (value: number) => value + 2 },
    own: { refused: () => refused++ },
  });
  const call = (name: string, ...args: number[]) => (exports[name] as (...args: number[]) => number)(...args);
  return { exports, call, refused: () => refused };
}

test("memory that cannot grow is reported, and grows as before where it can", () => {
  const { call, refused } = instantiate(reportRefusals(program, { report }));
  assert.deepEqual([call("grow", 1), call("grow", 0), refused()], [1, 2, 0]);
  assert.deepEqual([call("grow", 2), refused()], [-1, 1]);
  assert.deepEqual([call("grow", 1), call("grow", 1), refused()], [2, -1, 2]);
});

test("calls of a function are reported, from within as well, and do what they did", () => {
  const { call, refused } = instantiate(reportRefusals(program, { report, functions: ["full"] }));
  assert.deepEqual([call("callFull"), refused()], [6, 1]);
  assert.deepEqual([call("full", 1), refused()], [2, 2]);
});

test("functions that are called in other ways stay what they are: by the host, the table and the start", () => {
  const { exports, call } = instantiate(reportRefusals(program, { report }));
  assert.equal((exports.begun as WebAssembly.Global).value, 42);
  assert.deepEqual([call("callAt", 0, 5), call("callAt", 1, 5)], [7, 10]);
});

test("a whole interpreter stays a module that V8 takes", () => {
  const bytes = readFileSync(createRequire(import.meta.url).resolve("quickjs-wasi/quickjs.wasm"));
  const changed = reportRefusals(bytes, { report, functions: ["JS_ThrowOutOfMemory"] });
  assert.ok(WebAssembly.validate(changed));
});

test("what it cannot change is refused", () => {
  assert.throws(() => reportRefusals(program, { report, functions: ["missing"] }), RangeError);
  assert.throws(() => reportRefusals(assemble("(module)"), { report }), RangeError);
  assert.throws(
    () => reportRefusals(program.subarray(0, program.length - 3), { report }),
    MalformedModuleError,
  );
});
