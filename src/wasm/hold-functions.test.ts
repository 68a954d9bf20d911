import assert from "node:assert/strict";
import { test } from "node:test";
import loadWabt from "wabt";
import { holdFunctions } from "./hold-functions.js";
import { rewriteModule } from "./rewrite.js";

const wabt = await loadWabt();

function assemble(text: string): Uint8Array {
  const parsed = wabt.parseWat("held.wat", text);
  try {
    return parsed.toBinary({}).buffer;
  } finally {
    parsed.destroy();
  }
}

const source = `(module
  (import "env" "given" (func $given (result i32)))
  (import "env" "unnamed" (func (result i32)))
  (table 4 funcref)
  (elem (i32.const 1) $listed $hidden)
  (global (export "place") i32 (i32.const 123456))
  (global (export "far") i32 (i32.const -16))
  (global (export "changing") (mut i32) (i32.const 5))
  (func $listed (export "listed") (result i32) (i32.const 11))
  (func $hidden (result i32) (i32.const 12))
  (func (export "other") (export "alias") (result i32) (i32.const 13))
  (func (export "nothing"))
  (export "given" (func $given))
  (export "table" (table 0)))`;

test("exported functions are within reach by their slots once their exports are gone, and not before they are asked for", async () => {
  const { module, functions, constants } = holdFunctions(assemble(source), "hold", 10);
  assert.deepEqual(Object.fromEntries(constants), { place: 123456, far: 2 ** 32 - 16 });
  const slots = Object.fromEntries(functions);
  assert.deepEqual(slots, { listed: 1, other: 4, alias: 4, nothing: 5, given: 6, unnamed: 7 });

  const lean = rewriteModule(module, { keepExports: (name) => name === "hold" || name === "table" });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(lean)), {
    env: { given: () => 14, unnamed: () => 15 },
  });
  const table = exports.table as WebAssembly.Table;
  assert.equal(table.length, 4);
  (exports.hold as () => void)();
  assert.equal(table.length, 8);
  const call = (slot: number) => (table.get(slot) as () => unknown)();
  assert.deepEqual([1, 2, 4, 6, 7].map(call), [11, 12, 13, 14, 15]);
  assert.equal(table.grow(2), 8);
  assert.throws(() => table.grow(1), RangeError);
});

test("a module whose table cannot take more is refused", () => {
  const refused = (text: string, message: RegExp) => {
    assert.throws(
      () => holdFunctions(assemble(text), "hold", 10),
      (error: unknown) => {
        return error instanceof RangeError && message.test(error.message);
      },
    );
  };
  refused(source.replace("(table 4", "(table 4 8"), /may not grow/);
  refused(
    source.replace(
      "(elem (i32.const 1) $listed $hidden)",
      "(elem (i32.const 1) $listed) (elem (i32.const 2) $hidden)",
    ),
    /no single segment/,
  );
  refused(source.replace('(func (export "nothing"))', ""), /no type for a function without parameters/);
});
