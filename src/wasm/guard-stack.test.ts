import assert from "node:assert/strict";
import { test } from "node:test";
import wabt from "wabt";
import { guardStack } from "./guard-stack.js";

const { parseWat } = await wabt();

/** `sink` calls itself as often as it is told, by the table, and gives how often; the limit stands at address 8. */
const text = `(module
  (type $sink (func (param i32 i64) (result i64)))
  (import "host" "report" (func $host (param i32 i32 i32) (result i64)))
  (memory (export "memory") 1)
  (table 4 funcref)
  (global $stack (export "stack") (mut i32) (i32.const 4096))
  (elem (i32.const 1) $other $sink)
  (func $other (type $sink) (i64.const 7))
  (func $sink (type $sink)
    (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
    (call_indirect (type $sink) (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 1)) (i32.const 2)))
  (func (export "report") (param i32 i32 i32) (result i64) (call $host (local.get 0) (local.get 1) (local.get 2)))
  (func (export "start") (param i32) (result i64)
    (call_indirect (type $sink) (local.get 0) (i64.const 0) (i32.const 2)))
  (func (export "other") (result i64) (call_indirect (type $sink) (i32.const 0) (i64.const 0) (i32.const 1))))`;

function assemble(source: string): Uint8Array {
  const parsed = parseWat("test.wat", source);
  try {
    return parsed.toBinary({}).buffer;
  } finally {
    parsed.destroy();
  }
}

const guard = {
  slots: [2],
  report: { name: "report", passesFirst: true, numbers: [70_000, 0] as const },
  stackPointer: "stack",
  limitAddress: 8,
  frameBytes: 64,
};

test("a guarded function reports an overflow where its stack would pass the limit, and leaves the stack as it was", () => {
  const bytes = guardStack(assemble(text), guard);
  const reports: number[][] = [];
  const report = (...values: number[]) => {
    reports.push(values);
    return -1n;
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { host: { report } });
  const { start, other, stack, memory } = instance.exports as unknown as {
    start(depth: number): bigint;
    other(): bigint;
    stack: WebAssembly.Global;
    memory: WebAssembly.Memory;
  };
  new DataView(memory.buffer).setUint32(8, 4096 - 64 * 10, true);
  assert.equal(start(9), 9n);
  assert.deepEqual(reports, []);
  assert.equal(start(10), -1n);
  assert.deepEqual(reports, [[0, 70_000, 0]]);
  assert.equal(start(1000), -1n);
  assert.equal(stack.value, 4096);
  assert.equal(other(), 7n);
});

test("what is not in the module is refused", () => {
  const bytes = assemble(text);
  assert.throws(() => guardStack(bytes, { ...guard, slots: [3] }), RangeError);
  assert.throws(() => guardStack(bytes, { ...guard, stackPointer: "memory" }), RangeError);
  assert.throws(() => guardStack(bytes, { ...guard, report: { name: "none", numbers: [0, 0] } }), RangeError);
});
