import assert from "node:assert/strict";
import { test } from "node:test";
import wabt from "wabt";
import { MalformedModuleError } from "./binary.js";
import { limitModule } from "./limit-module.js";

const { parseWat } = await wabt();
const mebibyte = 2 ** 20;

const assemble = (text: string): Uint8Array =>
  parseWat("test.wat", text, { threads: true }).toBinary({}).buffer;
const limit = (module: Uint8Array, mebibytes: number) =>
  limitModule(module, mebibytes * mebibyte, () => true);

function growing(limits: string): Uint8Array {
  return assemble(`(module
    (memory (export "memory") ${limits})
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (data (i32.const 0) "kept"))`);
}

function growingTable(limits: string, type: "funcref" | "externref"): Uint8Array {
  return assemble(`(module
    (table $t ${limits} ${type})
    (func (export "grow") (param i32) (result i32)
      (table.grow $t (ref.null ${type === "funcref" ? "func" : "extern"}) (local.get 0))))`);
}

/** A module that holds only this, for what the assembler does not know. */
function withSection(id: number, ...contents: number[]): Uint8Array {
  return Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, id, contents.length, ...contents);
}

function instantiate(module: Uint8Array) {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
  return exports as { readonly memory: WebAssembly.Memory; readonly grow: (by: number) => number };
}

function growTo(module: Uint8Array, pages: number): number {
  const { memory, grow } = instantiate(module);
  assert.equal(Buffer.from(memory.buffer, 0, 4).toString(), "kept");
  return grow(pages - memory.buffer.byteLength / 65536);
}

test("a memory without a limit, or with a higher one, cannot grow beyond the limit given", () => {
  for (const limits of ["2", "2 1000", "2 65536"]) {
    const { module } = limit(growing(limits), 12);
    assert.equal(growTo(module, 192), 2);
    assert.equal(growTo(module, 193), -1);
  }
});

test("a lower limit of the module's own stays", () => {
  for (const mebibytes of [1, 300]) assert.equal(growTo(limit(growing("2 10"), mebibytes).module, 11), -1);
});

test("a module that begins larger than the limit is refused with all sizes", () => {
  assert.throws(() => limit(growing("1024"), 32), /needs 64 MiB for its memory .* 32 MiB are allowed/);
  const tables = "(table 10000000 funcref)".repeat(20);
  const both = assemble(`(module (memory 1024) ${tables})`);
  assert.throws(
    () => limit(both, 1024),
    /needs 64 MiB for its memory and 6104 MiB for its tables .* 1024 MiB/,
  );
  const code = `(module (func ${"(drop (i32.const 1))".repeat(500_000)}))`;
  assert.throws(() => limit(assemble(code), 4), /needs \d+ MiB for itself and its code .* 4 MiB are allowed/);
});

test("tables that grow share an eighth of what is left, by what their entries take", () => {
  const room = (64 * mebibyte) / 8;
  for (const [type, entryBytes] of [
    ["funcref", 96],
    ["externref", 24],
  ] as const) {
    const { grow } = instantiate(limit(growingTable("0", type), 64).module);
    const most = Math.floor(room / entryBytes);
    assert.ok(grow(most - 1000) === 0 && grow(2000) === -1);
  }
  const two = growingTable("0 1000000 externref) (table 0", "externref");
  const { grow } = instantiate(limit(two, 64).module);
  assert.ok(grow(room / 48 - 1000) === 0 && grow(2000) === -1);
});

test("tables that never grow take nothing from the memory's room, whatever their maximum", () => {
  const fixed = assemble(`(module (table 1 funcref) (memory (export "memory") 1)
    (data (i32.const 0) "kept")
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`);
  assert.equal(growTo(limit(fixed, 12).module, 192), 1);
});

test("only the exports that are asked for stay, and no custom section", () => {
  const module = assemble('(module (func (export "a")) (func (export "b")) (memory (export "memory") 1))');
  const limited = new WebAssembly.Module(limitModule(module, mebibyte, (name) => name !== "b").module);
  assert.deepEqual(
    WebAssembly.Module.exports(limited).map(({ name }) => name),
    ["a", "memory"],
  );
});

test("what the limit would not reach is refused", () => {
  const memory = (...contents: number[]) => withSection(5, ...contents);
  const table = (...contents: number[]) => withSection(4, ...contents);
  assert.throws(() => limit(assemble("(module (memory 1 2 shared))"), 10), /memory is shared/);
  assert.throws(() => limit(memory(2, 0, 1, 0, 1), 10), /more than one memory/);
  assert.throws(() => limit(memory(1, 4, 1), 10), /memory is a 64-bit one/);
  assert.throws(() => limit(memory(1, 8, 1), 10), /memory is of a kind that is not known/);
  assert.throws(() => limit(table(1, 0x70, 4, 1), 10), /table is a 64-bit one/);
  assert.throws(() => limit(table(1, 0x70, 2, 1), 10), /table is shared/);
  assert.throws(() => limit(table(1, 0x40, 0, 0x70, 0, 1), 10), /entries begin with a value/);
});

test("typed tables keep their types", () => {
  const typed = withSection(4, 2, 0x63, 0x70, 0, 3, 0x64, 0x85, 0x00, 1, 3, 3);
  const { module } = limit(typed, 10);
  assert.deepEqual([...module.subarray(8)], [4, 12, 2, 0x63, 0x70, 1, 3, 3, 0x64, 0x85, 0x00, 1, 3, 3]);
});

test("what makes the engine itself give up, or takes it minutes, is refused", () => {
  const types = [
    ...Buffer.from([0xa1, 0x9c, 1]),
    ...Array.from({ length: 20_001 }, () => [0x60, 0, 0]).flat(),
  ];
  const size = [(types.length & 127) | 128, ((types.length >> 7) & 127) | 128, types.length >> 14];
  const module = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, ...size, ...types);
  assert.throws(() => limit(module, 1024), /has 20001 types, and 20000 are allowed/);
  const tables = withSection(4, 0xff, 0xff, 0xff, 0xff, 0x0f);
  assert.throws(() => limit(tables, 1024), /has 4294967295 tables, and 10000 are allowed/);
  const locals = "(local i64)".repeat(50_000);
  const many = assemble(`(module ${`(func ${locals})`.repeat(3)} )`);
  assert.ok(limit(many, 1024).worstCompileBytes < 2 ** 24);
  // One function of 50,000 local variables in 7 bytes, 2,001 times.
  const bodies = [
    0xd1,
    0x0f,
    ...Array.from({ length: 2001 }, () => [6, 1, 0xd0, 0x86, 0x03, 0x7e, 0x0b]).flat(),
  ];
  const code = [10, (bodies.length & 127) | 128, bodies.length >> 7, ...bodies];
  assert.throws(
    () => limit(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...code), 1024),
    /100050000 local variables/,
  );
});

test("what compiling may take at worst grows with a body, its local variables, and the types it may use", () => {
  const worst = (text: string) => limit(assemble(text), 1024).worstCompileBytes;
  const body = "(drop (i32.const 1))".repeat(1000);
  const small = worst(`(module (func ${body}))`);
  assert.ok(small < 100 * mebibyte);
  assert.ok(worst(`(module (func ${"(local i32)".repeat(5000)} ${body}))`) > small + 100 * mebibyte);
  assert.ok(worst(`(module (func ${body.repeat(20)}))`) > 15 * small);
  assert.ok(worst(`(module (type (func (result ${"i32 ".repeat(100)}))) (func ${body}))`) > 5 * small);
  assert.equal(limit(withSection(1, 1, 0x5f, 0), 1024).worstCompileBytes, Number.POSITIVE_INFINITY);
});

test("a module without anything is left as it is, and bytes that are none are refused", () => {
  const module = assemble("(module)");
  assert.deepEqual(limit(module, 1).module, module);
  const cut = growing("1").subarray(0, 11);
  assert.throws(() => limit(cut, 1), MalformedModuleError);
  assert.throws(() => limit(withSection(4, 3, 0x70, 0, 1), 1), MalformedModuleError);
});
