import assert from "node:assert/strict";
import { test } from "node:test";
import wabt from "wabt";
import { importMemory } from "./imported-memory.js";

const { parseWat } = await wabt();
const assemble = (text: string) => parseWat("test.wat", text, {}).toBinary({}).buffer;
const place = { module: "host", name: "memory" };

function instantiate(module: Uint8Array, initial: number, maximum: number) {
  const memory = new WebAssembly.Memory({ initial, maximum });
  const imports = { host: { memory, three: () => 3 } };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), imports);
  return { memory, exports: exports as Record<string, (...args: number[]) => number> };
}

const growing = `(memory (export "memory") 2 100) (data (i32.const 8) "abc")
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))`;

test("a module's memory becomes an import, whose host decides how far it grows", () => {
  const { module, initialPages } = importMemory(assemble(`(module ${growing})`), place);
  assert.equal(initialPages, 2);
  const { memory, exports } = instantiate(module, 2, 3);
  assert.equal(new TextDecoder().decode(new Uint8Array(memory.buffer, 8, 3)), "abc");
  assert.equal(exports.memory, memory);
  assert.deepEqual([exports.grow?.(1), exports.grow?.(1)], [2, -1]);
});

test("a module that has imports and types keeps them in their order", () => {
  const three = '(import "host" "three" (func $three (result i32)))';
  const call = '(func (export "call") (result i32) (call $three))';
  const { module } = importMemory(assemble(`(module ${three} ${growing} ${call})`), place);
  assert.equal(instantiate(module, 2, 2).exports.call?.(), 3);
});

test("a module without a memory of its own is refused", () => {
  assert.throws(() => importMemory(assemble("(module)"), place), RangeError);
  assert.throws(() => importMemory(assemble('(module (import "a" "b" (memory 1)))'), place), RangeError);
});
