import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import wabt from "wabt";
import { BinaryReader, BinaryWriter, MalformedModuleError } from "./binary.js";
import { dropImports, type Replacement } from "./drop-imports.js";
import { copyInstructions } from "./instructions.js";
import { addCustomSection } from "./sections.js";

const { parseWat } = await wabt();

function assemble(text: string): Uint8Array {
  const features = {
    bulk_memory: true,
    reference_types: true,
    exceptions: true,
    tail_call: true,
    simd: true,
  };
  const parsed = parseWat("test.wat", text, features);
  try {
    return parsed.toBinary({ write_debug_names: true }).buffer;
  } finally {
    parsed.destroy();
  }
}

const report = { module: "own", name: "report" };
const replacements: Readonly<Record<string, Replacement>> = {
  first: { number: 0, result: -1 },
  wide: { number: 200, result: 77 },
  real: { number: 2, result: 5 },
  reference: { number: 3, result: 5 },
  nothing: { number: 4, result: 0 },
};
const drop = (module: Uint8Array) =>
  dropImports(module, { report, replace: (_, name) => replacements[name] });

/** Functions that are called in every way: by themselves, by tail calls, through a table, as references and as the start. */
const program = assemble(`(module
  (type $told (func (param i32)))
  (import "host" "first" (func $first (param i32) (result i32)))
  (import "host" "kept" (func $kept (param i32) (result i32)))
  (import "host" "unset" (global $unset i32))
  (import "host" "wide" (func $wide (result i64)))
  (import "host" "real" (func $real (result f64)))
  (import "host" "reference" (func $reference (result externref)))
  (import "host" "nothing" (func $nothing (param i32)))
  (import "host" "memory" (memory 1))
  (global $own (mut i32) (i32.const 3))
  (table $table 4 funcref)
  (elem (i32.const 0) $first $kept $double $nothing)
  (elem declare func $double)
  (tag $tag (param i32))
  (func $begin (global.set $own (i32.add (global.get $own) (call $kept (i32.const 1)))))
  (start $begin)
  (func $double (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "first") (result i32) (call $first (i32.const 9)))
  (func (export "wide") (result i64) (call $wide))
  (func (export "real") (result f64) (call $real))
  (func (export "isNull") (result i32) (ref.is_null (call $reference)))
  (func (export "nothing") (call $nothing (i32.const 1)))
  (func (export "unset") (result i32) (i32.add (global.get $unset) (global.get $own)))
  (func (export "indirect") (param i32) (result i32)
    (call_indirect (param i32) (result i32) (i32.const 20) (local.get 0)))
  (func (export "tail") (param i32) (result i32) (return_call $double (local.get 0)))
  (func (export "isFunction") (result i32) (i32.eqz (ref.is_null (ref.func $double))))
  (func (export "caught") (param i32) (result i32)
    (try (result i32) (do (throw $tag (local.get 0))) (catch $tag (call $double))))
  (func (export "branch") (param i32) (result i32)
    (block (block (block (br_table 0 1 2 (local.get 0))) (return (call $double (i32.const 5)))) (return (i32.const 11)))
    (i32.const 12))
  (func (export "bulk") (param f32 f64) (result i32)
    (memory.fill (i32.const 0) (i32.const 7) (i32.const 8))
    (drop (f32.add (f32.const 1.5) (local.get 0)))
    (drop (f64.add (f64.const 2.5) (local.get 1)))
    (drop (i64.const -9223372036854775808))
    (i32.add (i32x4.extract_lane 1 (v128.load offset=0 (i32.const 0)))
             (i32.trunc_sat_f64_s (f64.const 1e300))))
  (export "same" (func $kept)))`);

function instantiate(module: Uint8Array) {
  const told: number[] = [];
  const memory = new WebAssembly.Memory({ initial: 1 });
  const host = { kept: (value: number) => value + 100, memory };
  const imports = { host, own: { report: (number: number) => void told.push(number) } };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), imports);
  return { told, run: exports as Record<string, (...values: number[]) => unknown> };
}

test("dropped imports report their numbers and give their results, whatever the type", () => {
  const { told, run } = instantiate(drop(program));
  assert.equal(run.first?.(), -1);
  assert.equal(run.wide?.(), 77n);
  assert.equal(run.real?.(), 0);
  assert.equal(run.isNull?.(), 1);
  assert.equal(run.nothing?.(), undefined);
  assert.deepEqual(told, [0, 200, 2, 3, 4]);
});

test("all else runs as before: calls, tables, references, exceptions, branches, the start and the globals", () => {
  const { told, run } = instantiate(drop(program));
  assert.equal(run.unset?.(), 0 + 3 + 101);
  assert.deepEqual(
    [0, 1, 2].map((index) => run.indirect?.(index)),
    [-1, 120, 40],
  );
  assert.equal(run.tail?.(21), 42);
  assert.equal(run.isFunction?.(), 1);
  assert.equal(run.caught?.(8), 16);
  assert.deepEqual(
    [0, 1, 2].map((index) => run.branch?.(index)),
    [10, 11, 12],
  );
  assert.equal(run.bulk?.(1, 2), (0x07070707 + 0x7fffffff) | 0);
  assert.equal(run.same?.(1), 101);
  assert.deepEqual(told, [0]);
  assert.throws(() => run.indirect?.(3), WebAssembly.RuntimeError);
});

test("a module imports only what was kept, and the function that is told", () => {
  const names = WebAssembly.Module.imports(new WebAssembly.Module(drop(program))).map(({ name }) => name);
  assert.deepEqual(names, ["kept", "memory", "report"]);
});

test("what cannot be changed so is refused", () => {
  const refused = [
    '(module (type (func (param i32))) (import "a" "g" (global f64)) (global i32 (i32.const 0)) (func))',
    '(module (import "a" "first" (func)) (global i32 (i32.const 0)) (func))',
  ];
  for (const text of refused) assert.throws(() => drop(assemble(text)), RangeError, text);
  const collected = new BinaryReader(Uint8Array.of(0xfb, 0x00, 0x00, 0x0b));
  assert.throws(
    () => copyInstructions(collected, new BinaryWriter(), (index) => index),
    MalformedModuleError,
  );
});

test("a damaged module is changed or refused, never anything else", () => {
  let state = 20_261_125;
  const pick = (count: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
  let refused = 0;
  for (let round = 0; round < 5000; round++) {
    const damaged = program.slice(0, pick(4) === 0 ? pick(program.length) : program.length);
    for (let flips = pick(4); flips > 0 && damaged.length > 0; flips--)
      damaged[pick(damaged.length)] = pick(256);
    try {
      drop(damaged);
    } catch (error) {
      assert.ok(
        error instanceof MalformedModuleError || error instanceof RangeError,
        `round ${round}: ${error}`,
      );
      refused++;
    }
  }
  assert.ok(refused > 1000, `only ${refused} were refused`);
});

test("every instruction of both interpreters is known, and copying changes nothing where no index changes", () => {
  const require = createRequire(import.meta.url);
  for (const file of ["pyodide/pyodide.asm.wasm", "quickjs-wasi/quickjs.wasm"]) {
    const module = readFileSync(require.resolve(file));
    const changed = dropImports(module, { report, replace: () => undefined });
    assert.ok(WebAssembly.validate(changed), file);
  }
});

test("a section of one's own can be added, and be read from the compiled module", () => {
  const module = new WebAssembly.Module(addCustomSection(program, "own.names", Uint8Array.of(1, 2, 3)));
  const [section] = WebAssembly.Module.customSections(module, "own.names");
  assert.deepEqual(new Uint8Array(section as ArrayBuffer), Uint8Array.of(1, 2, 3));
});
