// `wasirun --max-memory` bounds all that a module makes the host allocate: its memory, its tables, what it is itself,
// and what compiling it takes.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { commandPath } from "../commands.mjs";
import { assemble, body, command, number, repeat, section } from "./assemble.mjs";
import { runMeasured } from "./measured-run.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-wasirun-memory-"));
after(() => rmSync(folder, { recursive: true }));

/** What a process of `wasirun` that does nothing may take itself. */
const ownMb = 110;
/** What a process that is watched may have taken before it is ended: its margin, and a slow machine's delay. */
const watchedMb = 128 + 200;

let files = 0;
async function run(module, memory) {
  const file = join(folder, `${++files}.wasm`);
  writeFileSync(file, module);
  return runMeasured([
    commandPath("wasirun"),
    ...(memory === undefined ? [] : ["--max-memory", memory]),
    file,
  ]);
}

const nothing = body([], []);
const start = '(func (export "_start")';
const i32 = 0x7f;

/** Modules that begin with too much, by what that is, and what they are told. */
const tooMuch = {
  "20 tables of 10,000,000 entries": [
    assemble(`(module ${"(table 10000000 funcref)".repeat(20)} ${start}))`),
    /needs 6104 MiB for its tables to begin with, and 1024 MiB are allowed/,
  ],
  "18 tables of references to the host": [
    assemble(`(module ${"(table 10000000 externref)".repeat(18)} ${start}))`),
    /needs 1374 MiB for its tables/,
  ],
  "100,000 tables": [
    command(nothing, { 4: section(4, number(100_000), repeat([0x70, 0, 16], 100_000)) }),
    /has 100000 tables, and 10000 are allowed/,
  ],
  "1,000,000 functions": [
    command(nothing, {
      3: section(3, number(1_000_000), repeat([0], 1_000_000)),
      10: section(10, number(1_000_000), repeat(nothing, 1_000_000)),
    }),
    /needs \d+ MiB for itself and its code to begin with, and 128 MiB are allowed/,
    "128M",
  ],
  "500,000 globals of 128 bits": [
    command(nothing, {
      6: section(6, number(500_000), repeat([0x7b, 1, 0xfd, 0x0c, ...new Array(16).fill(0), 0x0b], 500_000)),
    }),
    /needs 13\d\d MiB for itself and its code/,
  ],
  "1,000,000 exports": [
    command(nothing, {
      7: section(
        7,
        number(1_000_000),
        Buffer.concat(
          Array.from({ length: 1_000_000 }, (_, index) => {
            const name = index === 0 ? "_start" : index.toString(36);
            return Buffer.concat([Buffer.of(name.length), Buffer.from(name), Buffer.of(0, 0)]);
          }),
        ),
      ),
    }),
    /needs \d+ MiB for itself and its code to begin with, and 64 MiB are allowed/,
    "64M",
  ],
  "3,000,000 expressions for tables": [
    command(nothing, {
      9: section(9, [1, 5, 0x70], number(3_000_000), repeat([0xd0, 0x70, 0x0b], 3_000_000)),
    }),
    /needs \d+ MiB for itself and its code to begin with, and 64 MiB are allowed/,
    "64M",
  ],
  "100,000 data segments": [
    command(nothing, { 11: section(11, number(100_000), repeat([1, 0], 100_000)) }),
    /needs 7 MiB for itself and its code to begin with, and 4 MiB are allowed/,
    "4M",
  ],
  "8 MB of code": [
    command(body([], repeat([0x41, 0, 0x1a], 2_500_000))),
    /needs \d+ MiB for itself and its code to begin with, and 64 MiB are allowed/,
    "64M",
  ],
  "100,000 types": [
    command(nothing, {
      1: section(1, number(100_001), [0x60, 0, 0], repeat([0x60, 1, i32, 0], 100_000)),
    }),
    /has 100001 types, and 20000 are allowed/,
  ],
  "50,000 local variables, 3,000 times": [
    command(nothing, {
      3: section(3, number(3000), repeat([0], 3000)),
      10: section(10, number(3000), repeat(body([[50_000, i32]], []), 3000)),
    }),
    /functions have 150000000 local variables, and 100000000 are allowed/,
  ],
  "20,000 custom sections": [
    Buffer.concat([command(nothing), repeat(section(0, [0]), 20_000)]),
    /more than 10000 sections/,
  ],
};

for (const [what, [module, reason, memory]] of Object.entries(tooMuch)) {
  test(`${what}: refused in one line, before anything is made of them`, async () => {
    const { code, stdout, stderr, peakMb } = await run(module, memory);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^wasirun: cannot run [^\n]*\n$/);
    assert.match(stderr, reason);
    assert.ok(peakMb < ownMb + (3 * module.length) / 2 ** 20, `${peakMb} MB`);
  });
}

test("tables and a memory that grow as far as they can stay within the limit together", async () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const grow = (name, index) => `
    (loop $${name} (br_if $${name} (i32.ne (i32.const -1)
      (table.grow $${name} (ref.null ${index % 2 === 0 ? "func" : "extern"}) (i32.const 10000)))))`;
  const module = assemble(`(module
    ${names.map((name, index) => `(table $${name} 1 ${index % 2 === 0 ? "funcref" : "externref"})`).join(" ")}
    (memory 1)
    ${start}
      ${names.map(grow).join("")}
      (loop $more (br_if $more (i32.ne (i32.const -1) (memory.grow (i32.const 16)))))
      (memory.fill (i32.const 0) (i32.const 1) (i32.mul (memory.size) (i32.const 65536)))))`);
  const { code, stderr, peakMb } = await run(module, "256M");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.ok(peakMb > 200 && peakMb < 256 + ownMb, `${peakMb} MB`);
});

/** Small modules that V8 takes gigabytes to compile. */
const compileBombs = {
  "10,000 branches over 50,000 local variables": command(
    body([[50_000, i32]], repeat([0x41, 0, 0x04, 0x40, 0x05, 0x0b], 10_000)),
  ),
  "2,000,000 blocks in one another": command(
    body([], Buffer.concat([repeat([0x02, 0x40], 2_000_000), repeat([0x0b], 2_000_000)])),
  ),
  "100,000 loops over 2,000 values on the stack": command(
    body(
      [],
      Buffer.concat([repeat([0x41, 0], 2000), repeat([0x03, 0x40, 0x0b], 100_000), repeat([0x1a], 2000)]),
    ),
  ),
};

for (const [what, module] of Object.entries(compileBombs)) {
  test(`${what}: ended in one line when they take more than they may`, async () => {
    const memory = module.length > 2 ** 20 ? "128M" : "16M";
    const { signal, stderr, peakMb } = await run(module, memory);
    assert.equal(signal, "SIGKILL");
    assert.match(stderr, /^wasirun: [^\n]*\.wasm took more than the \d+ MiB of memory that it may have\n$/);
    assert.ok(peakMb < Number.parseInt(memory, 10) + ownMb + watchedMb, `${peakMb} MB`);
  });
}

test("features that the limit cannot reach are refused by name", async () => {
  const cases = {
    "memory is shared": section(5, [1, 3, 1, 2]),
    "memory is a 64-bit one": section(5, [1, 4, 1]),
    "more than one memory": section(5, [2, 0, 1, 0, 1]),
    "table is a 64-bit one": section(4, [1, 0x70, 4, 1]),
    "entries begin with a value": section(4, [1, 0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b]),
    "imports wasi_snapshot_preview1.t": section(
      2,
      [1, 22],
      Buffer.from("wasi_snapshot_preview1"),
      [1, 0x74, 1, 0x70, 0, 1],
    ),
  };
  for (const [reason, contents] of Object.entries(cases)) {
    const { code, stderr } = await run(command(nothing, { [contents[0]]: contents }));
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`^wasirun: cannot run [^\n]*${reason}[^\n]*\n$`));
  }
});

test("a module that keeps to its limit runs as before: its start function first, and then _start", async () => {
  const module = assemble(`(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory 16 16)
    (global $begun (mut i32) (i32.const 0))
    (func $begin (global.set $begun (i32.const 7)))
    (start $begin)
    ${start} (call $exit (global.get $begun))))`);
  const { code, stderr } = await run(module, "1M");
  assert.deepEqual([code, stderr], [7, ""]);
});
