import assert from "node:assert/strict";
import { test } from "node:test";
import wabt from "wabt";
import { MalformedModuleError } from "./binary.js";
import { limitMemory } from "./memory-limit.js";

const { parseWat } = await wabt();

function assemble(text: string): Uint8Array {
  return parseWat("test.wat", text, { threads: true }).toBinary({}).buffer;
}

function growing(limits: string): Uint8Array {
  return assemble(`(module
    (memory (export "memory") ${limits})
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (data (i32.const 0) "kept"))`);
}

/** A module that holds only this, for what the assembler does not know. */
function withMemorySection(...contents: number[]): Uint8Array {
  return Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, contents.length, ...contents);
}

function growTo(module: Uint8Array, pages: number): number {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
  const start = (exports.memory as WebAssembly.Memory).buffer.byteLength / 65536;
  assert.equal(Buffer.from((exports.memory as WebAssembly.Memory).buffer, 0, 4).toString(), "kept");
  return (exports.grow as (pages: number) => number)(pages - start);
}

test("a memory without a limit, or with a higher one, cannot grow beyond the limit given", () => {
  for (const limits of ["2", "2 1000", "2 65536"]) {
    const limited = limitMemory(growing(limits), 200);
    assert.equal(growTo(limited, 200), 2);
    assert.equal(growTo(limited, 201), -1);
  }
});

test("a lower limit of the module's own stays, and its bytes with it", () => {
  const module = growing("2 10");
  assert.equal(limitMemory(module, 10), module);
  assert.equal(growTo(limitMemory(module, 300), 11), -1);
});

test("a module that starts larger than the limit is refused with both sizes", () => {
  assert.throws(() => limitMemory(growing("1024"), 512), /needs 64 MiB .* 32 MiB are allowed/);
});

test("memories that the limit would not reach are refused", () => {
  assert.throws(() => limitMemory(assemble("(module (memory 1 2 shared))"), 10), /shared/);
  assert.throws(() => limitMemory(withMemorySection(2, 0, 1, 0, 1), 10), /more than one/);
  assert.throws(() => limitMemory(withMemorySection(1, 4, 1), 10), /64-bit/);
});

test("a module without a memory is left as it is, and bytes that are none are refused", () => {
  const module = assemble("(module)");
  assert.equal(limitMemory(module, 1), module);
  const cut = growing("1").subarray(0, 11);
  assert.throws(() => limitMemory(cut, 1), MalformedModuleError);
});
