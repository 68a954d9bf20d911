import assert from "node:assert/strict";
import { test } from "node:test";
import wabt from "wabt";
import { MalformedModuleError } from "./binary.js";
import { emptyDataSegments } from "./data.js";
import { readExports, writeExports } from "./exports.js";
import { type RewriteOptions, rewriteModule } from "./rewrite.js";
import { readSections, sectionIds, writeSections } from "./sections.js";

const { parseWat } = await wabt();

function assemble(text: string): Uint8Array {
  const parsed = parseWat("test.wat", text, { bulk_memory: true, reference_types: true });
  try {
    return parsed.toBinary({ write_debug_names: true }).buffer;
  } finally {
    parsed.destroy();
  }
}

const counter = assemble(`(module
  (import "host" "start" (global $start i32))
  (import "host" "log" (func $log (param i32)))
  (memory (export "memory") 1)
  (table (export "table") 2 funcref)
  (global $count (mut i32) (i32.const 40))
  (elem (i32.const 0) $next)
  (func $next (export "next") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (call $log (global.get $count))
    (global.get $count))
  (func $read (export "read") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "copy") (memory.init 2 (i32.const 100) (i32.const 0) (i32.const 0)))
  (data (i32.const 8) "active")
  (data (global.get $start) "at a global")
  (data "passive"))`);

function run(
  bytes: Uint8Array,
): Record<string, (...args: number[]) => number> & { count?: { value: number } } {
  assert.ok(WebAssembly.validate(bytes));
  const start = new WebAssembly.Global({ value: "i32" }, 64);
  const imports = { host: { start, log: () => {} } };
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports as ReturnType<typeof run>;
}

const names = (bytes: Uint8Array) =>
  WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map(({ name }) => name);

test("splitting a module into sections and joining them gives the same module", () => {
  assert.deepEqual(writeSections(readSections(counter)), counter);
});

test("a rewritten module keeps the exports asked for, gains those added, and still runs", () => {
  const rewritten = rewriteModule(counter, {
    keepExports: (name) => name === "next" || name === "never there",
    addExports: [{ name: "count", kind: "global", index: 1 }],
  });
  assert.deepEqual(names(rewritten), ["next", "count"]);
  const exports = run(rewritten);
  assert.equal(exports.next?.(), 41);
  assert.equal(exports.next?.(), 42);
  assert.equal(exports.count?.value, 42);
});

test("an export that is there already is not added a second time", () => {
  const rewritten = rewriteModule(counter, { addExports: [{ name: "next", kind: "function", index: 2 }] });
  assert.deepEqual(names(rewritten), names(counter));
  assert.equal(run(rewritten).next?.(), 41);
});

test("custom sections go unless they are to stay", () => {
  const custom = (bytes: Uint8Array) =>
    readSections(bytes).filter(({ id }) => id === sectionIds.custom).length;
  assert.ok(custom(counter) > 0);
  assert.equal(custom(rewriteModule(counter, {})), 0);
  assert.equal(custom(rewriteModule(counter, { keepCustomSections: () => true })), custom(counter));
});

test("emptied data segments of every mode write nothing, and code that names them stays valid", () => {
  const full = run(counter);
  assert.equal(full.read?.(8), "a".charCodeAt(0));
  assert.equal(full.read?.(64), "a".charCodeAt(0));
  const empty = run(rewriteModule(counter, { emptyData: true }));
  assert.equal(empty.read?.(8), 0);
  assert.equal(empty.read?.(64), 0);
  empty.copy?.();
  assert.equal(empty.read?.(100), 0);
});

test("data segments with a memory index and extended constant expressions are emptied as well", () => {
  // Mode 2, memory 0, offset (i64 and i32 arithmetic over a global), two bytes of data.
  const expression = [0x42, 0x80, 0x01, 0x42, 0x01, 0x7d, 0x23, 0x00, 0x41, 0x7f, 0x6a, 0x0b];
  const emptied = emptyDataSegments(Uint8Array.of(1, 2, 0, ...expression, 2, 0xaa, 0xbb));
  assert.deepEqual(emptied, Uint8Array.of(1, 2, 0, ...expression, 0));
});

test("a module without an export section gains one in its place", () => {
  const bytes = assemble(`(module (func $f (result i32) (i32.const 7)) (memory 1) (data (i32.const 0) "x"))`);
  const rewritten = rewriteModule(bytes, { addExports: [{ name: "f", kind: "function", index: 0 }] });
  assert.equal(run(rewritten).f?.(), 7);
  assert.deepEqual(names(rewriteModule(assemble("(module)"), {})), []);
});

test("exports of every kind and odd names are read and written back", () => {
  const exports = (["function", "table", "memory", "global", "tag"] as const).map((kind, index) => ({
    name: ["", "é😀", "\ufeffmark", "a\0b", "x".repeat(300)][index] as string,
    kind,
    index: 2 ** (index * 7),
  }));
  assert.deepEqual(readExports(writeExports(exports)), exports);
});

const preamble = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const malformed: ReadonlyArray<readonly [what: string, bytes: readonly number[], offset: number]> = [
  ["nothing at all", [], 0],
  ["less than a preamble", preamble.slice(0, 7), 0],
  ["another magic number", [0x7f, 0x45, 0x4c, 0x46, 1, 0, 0, 0], 0],
  ["a component", [...preamble.slice(0, 4), 0x0d, 0x00, 0x01, 0x00], 4],
  ["an unknown section", [...preamble, 14, 0], 8],
  ["a section without its length", [...preamble, 7], 9],
  ["a section longer than the module", [...preamble, 7, 5, 0], 10],
  ["a section length of five wrong bytes", [...preamble, 7, 0xff, 0xff, 0xff, 0xff, 0x7f], 9],
  ["two export sections", [...preamble, 7, 1, 0, 7, 1, 0], 11],
  ["more exports announced than there are", [...preamble, 7, 1, 1], 1],
  ["an export of an unknown kind", [...preamble, 7, 5, 1, 1, 0x61, 9, 0], 3],
  ["bytes behind the exports", [...preamble, 7, 2, 0, 0], 1],
  ["an export name that is not UTF-8", [...preamble, 7, 5, 1, 1, 0xff, 0, 0], 1],
  ["a data segment of an unknown mode", [...preamble, 11, 2, 1, 3], 1],
  ["a data segment with a call in its offset", [...preamble, 11, 4, 1, 0, 0x10, 0], 2],
  ["a data segment without the end of its offset", [...preamble, 11, 4, 1, 0, 0x41, 0], 4],
  ["a data segment longer than its section", [...preamble, 11, 3, 1, 1, 9], 3],
  ["bytes behind the data", [...preamble, 11, 2, 0, 0], 1],
];

for (const [what, bytes, offset] of malformed) {
  test(`${what} is refused with the place of the fault`, () => {
    assert.throws(
      () => rewriteModule(Uint8Array.from(bytes), { emptyData: true }),
      (error) => {
        assert.ok(error instanceof MalformedModuleError, String(error));
        assert.equal(error.offset, offset);
        return true;
      },
    );
  });
}

/** A small generator with a seed (mulberry32), so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("20,000 damaged modules are rewritten or refused, never anything else, and allocate little", () => {
  const options: RewriteOptions = {
    keepExports: (name) => name.length % 2 === 0,
    addExports: [{ name: "added", kind: "memory", index: 0 }],
    emptyData: true,
  };
  const next = random(20_251_122);
  const pick = (count: number) => Math.floor(next() * count);
  let refused = 0;
  for (let round = 0; round < 20_000; round++) {
    const length = next() < 0.3 ? pick(counter.length) : counter.length;
    const damaged = counter.slice(0, length);
    for (let flips = pick(4); flips > 0 && length > 0; flips--) damaged[pick(length)] = pick(256);
    try {
      const rewritten = rewriteModule(damaged, options);
      assert.ok(rewritten.length <= damaged.length + 32, `round ${round}`);
    } catch (error) {
      assert.ok(error instanceof MalformedModuleError, `round ${round}: ${error}`);
      assert.ok(
        error.offset >= 0 && error.offset <= damaged.length,
        `round ${round}: offset ${error.offset}`,
      );
      refused++;
    }
  }
  assert.ok(refused > 5000, `only ${refused} were refused`);
});
