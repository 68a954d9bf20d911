import assert from "node:assert/strict";
import { test } from "node:test";
import wabt from "wabt";
import { chargeStack } from "./charge-stack.js";

const { parseWat } = await wabt();

function assemble(source: string): Uint8Array {
  const parsed = parseWat("test.wat", source, { exceptions: true });
  try {
    parsed.validate();
    return parsed.toBinary({}).buffer;
  } finally {
    parsed.destroy();
  }
}

/** Functions that come back to themselves directly, by the table and by the host, and one that cannot. */
const text = `(module
  (type $step (func (param i32) (result i32)))
  (import "host" "again" (func $again (param i32) (result i32)))
  (import "host" "look" (func $look (param i32)))
  (memory (export "memory") 1)
  (table 2 funcref)
  (tag $oops)
  (global $stack (export "stack") (mut i32) (i32.const 60000))
  (elem (i32.const 0) func $indirect $host)
  (func $direct (export "direct") (param i32) (result i32)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (call $look (global.get $stack))
    (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
    (block $out (result i32)
      (drop (br_if $out (i32.const 1) (i32.eq (local.get 0) (i32.const 1000))))
      (i32.add (i32.const 1) (call $direct (i32.sub (local.get 0) (i32.const 1))))))
  (func $indirect (export "indirect") (type $step)
    (call $look (global.get $stack))
    (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
    (call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))
  (func $host (export "host") (type $step)
    (call $look (global.get $stack))
    (if (i32.eqz (local.get 0)) (then (return (i32.const 7))))
    (call $again (i32.sub (local.get 0) (i32.const 1))))
  (func (export "framed") (param i32) (result i32) (local $frame i32)
    (global.set $stack (local.tee $frame (i32.sub (global.get $stack) (i32.const 4096))))
    (call $look (global.get $stack))
    (if (local.get 0) (then (drop (call $again (i32.const 0)))))
    (global.set $stack (i32.add (local.get $frame) (i32.const 4096)))
    (i32.const 3))
  (func (export "thrown") (param i32) (local $before i32)
    (local.set $before (global.get $stack))
    (call $look (local.get $before))
    (try
      (do (call $thrower (local.get 0)))
      (catch $oops (global.set $stack (local.get $before))))
    (call $look (global.get $stack)))
  (func $thrower (param i32)
    (if (local.get 0) (then (call $thrower (i32.sub (local.get 0) (i32.const 1)))))
    (throw $oops))
  (func (export "exported") (param i32) (result i32) (call $look (global.get $stack)) (call $look (call $pointer)) (i32.const 0))
  (func $pointer (result i32) (global.get $stack)))`;

function instantiate(module: Uint8Array) {
  const seen: number[] = [];
  const host = {
    again: (left: number): number => exports.host(left),
    look: (stack: number) => seen.push(stack),
  };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module), { host });
  const exports = instance.exports as unknown as Record<string, (value: number) => number> & {
    stack: WebAssembly.Global;
    host(value: number): number;
  };
  return { exports, seen };
}

for (const hostBytesPerByte of [1, 2]) {
  const { exports, seen } = instantiate(
    chargeStack(assemble(text), { stackPointer: "stack", hostBytesPerByte }),
  );

  /** What each call has taken, from the outermost on. */
  const stepsOf = (name: string, value: number) => {
    seen.length = 0;
    exports[name]?.(value);
    return [60_000, ...seen].slice(0, -1).map((stack, index) => stack - (seen[index] as number));
  };

  test(`each call that may come back takes what the host's frame takes, over ${hostBytesPerByte}, and gives it back`, () => {
    for (const [name, variableBytes] of [
      ["direct", 84],
      ["indirect", 4],
      ["host", 4],
    ] as const) {
      const steps = stepsOf(name, 20);
      assert.equal(steps.length, 21);
      const least = variableBytes / hostBytesPerByte;
      assert.ok(
        steps.every((step) => step >= least && step < least + 128 && step % 16 === 0),
        `${name}: ${steps}`,
      );
      assert.equal(exports.stack.value, 60_000);
    }
    assert.equal(exports.direct?.(20), 27);
    assert.equal(exports.direct?.(1000), 1);
    assert.equal(exports.indirect?.(20), 7);
  });

  test(`functions that take enough by themselves are as they were, and exceptions put the stack right (${hostBytesPerByte})`, () => {
    assert.deepEqual(stepsOf("framed", 0), [4096]);
    assert.equal(stepsOf("thrown", 50)[1], 0);
    assert.equal(exports.stack.value, 60_000);
  });
}

test("a function that the host may reach through another is charged, and one that it cannot is not", () => {
  const { exports, seen } = instantiate(
    chargeStack(assemble(text), { stackPointer: "stack", hostBytesPerByte: 1 }),
  );
  exports.exported?.(5);
  const [outer = 0, inner = 0] = seen;
  assert.ok(outer < 60_000);
  assert.equal(inner, outer);
});

test("what is not in the module is refused, and so is what cannot be changed", () => {
  const charge = { stackPointer: "stack", hostBytesPerByte: 1 };
  assert.throws(() => chargeStack(assemble(text), { ...charge, stackPointer: "memory" }), RangeError);
  const tail = assemble(`(module (import "a" "b" (func)) (memory 1) (table 1 funcref)
    (global (export "stack") (mut i32) (i32.const 0))
    (elem (i32.const 0) func $f)
    (func $f (result i32 i32) (call $f)))`);
  assert.throws(() => chargeStack(tail, charge), RangeError);
});
