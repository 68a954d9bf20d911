import assert from "node:assert/strict";
import { test } from "node:test";
import wabt from "wabt";
import { ownTrampoline } from "./own-trampoline.js";

const { parseWat } = await wabt();

/** So many slots that their counts take several words. */
const many = 200;
const counts = Array.from({ length: many }, (_, slot) => slot % 4);
const parametersOf = (count: number) => (count === 0 ? "" : `(param ${"i32 ".repeat(count)})`);

/** The function in a slot gives its slot, times a thousand, and the sum of its arguments. */
const functions = counts.map((count, slot) => {
  const sum = Array.from({ length: count }, (_, index) => `(local.get ${index})`).reduce(
    (left, right) => `(i32.add ${left} ${right})`,
    `(i32.const ${slot * 1000})`,
  );
  return `(func $f${slot} ${parametersOf(count)} (result i32) ${sum})`;
});

const text = `(module
  (import "host" "other" (func $other (param i32) (result i32)))
  (import "host" "call" (func $call (param i32 i32 i32 i32) (result i32)))
  (type (func (param i32) (result i32)))
  (type (func (param i32 i32) (result i32)))
  (type (func (param i32 i32 i32) (result i32)))
  (table (export "table") ${many + 60} funcref)
  (elem (i32.const 5) func ${counts.map((_, slot) => `$f${slot}`).join(" ")} $wide $nothing $other)
  ${functions.join("\n")}
  (func $wide (param i64) (result i32) (i32.const 1))
  (func $nothing (param i32))
  (func (export "start") (param i32 i32 i32 i32) (result i32)
    (call $call (local.get 0) (local.get 1) (local.get 2) (local.get 3))))`;

function assemble(source: string): Uint8Array {
  const parsed = parseWat("test.wat", source);
  try {
    return parsed.toBinary({}).buffer;
  } finally {
    parsed.destroy();
  }
}

test("functions in the table get as many arguments as they take, without the host", () => {
  const byHost: number[] = [];
  const host = {
    other: (value: number) => value * 2,
    call(slot: number) {
      byHost.push(slot);
      return -1;
    },
  };
  const module = new WebAssembly.Module(new Uint8Array(ownTrampoline(assemble(text), "call")));
  const { start } = new WebAssembly.Instance(module, { host }).exports as {
    start(slot: number, ...args: number[]): number;
  };
  for (const [index, count] of counts.entries()) {
    const sum = [10, 200, 3000].slice(0, count).reduce((left, right) => left + right, 0);
    assert.equal(start(index + 5, 10, 200, 3000), count === 0 ? -1 : index * 1000 + sum);
  }
  assert.equal(start(many + 7, 21, 0, 0), 42);
  const left = byHost.length;
  // Before, behind and beyond what the module has there, and of types that are not for this.
  const others = [0, 4, many + 5, many + 6, many + 20, many + 59, 100_000, -1];
  for (const slot of others) assert.equal(start(slot, 1, 2, 3), -1);
  assert.equal(left, many / 4);
  assert.deepEqual(byHost.slice(left), others);
});

test("what is not in the module is refused", () => {
  assert.throws(() => ownTrampoline(assemble(text), "none"), RangeError);
  assert.throws(() => ownTrampoline(assemble(text), "other"), RangeError);
});
