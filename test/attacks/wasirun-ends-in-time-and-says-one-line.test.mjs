// Modules and standard inputs that are made to keep `wasirun` from its end, or to make it say more than a line: it ends
// at its time limit with 124, and what it says of a module is one short line that steers no terminal.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { commandPath, finish, run, start } from "../commands.mjs";
import { assemble } from "./assemble.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-wasirun-ends-"));
after(() => rmSync(folder, { recursive: true }));

const exit = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))';
const limit = ["--timeout", "300ms"];
const timedOut = { code: 124, signal: null, stderr: "wasirun: stopped at its time limit of 0.3 s\n" };

function fileOf(name, text) {
  const file = join(folder, name);
  writeFileSync(file, assemble(text));
  return file;
}

/** How `wasirun` ends whose input never comes and never ends, and whose output nobody reads. */
async function endAlone(words) {
  const child = start("wasirun", words);
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const closed = once(child.stderr, "close");
  const [code, signal] = await once(child, "exit");
  await closed;
  return { code, signal, stderr };
}

test("a module that loops, from whichever place, ends at its time limit", async () => {
  const modules = [
    ["start", '(func $loop (loop br 0)) (start $loop) (func (export "_start"))'],
    ["caught", '(func (export "_start") (loop (try (do (call $exit (i32.const 7))) (catch_all)) br 0))'],
    [
      "filling",
      '(func (export "_start") (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) br 0))',
    ],
    ["initialize", '(func (export "_initialize") (loop br 0)) (func (export "f"))', "--invoke", "f"],
    ["invoked", '(func (export "f") (result i32) (loop br 0) (i32.const 1))', "--invoke", "f"],
  ];
  for (const [name, functions, ...words] of modules) {
    const file = fileOf(`${name}.wasm`, `(module ${exit} (memory (export "memory") 1) ${functions})`);
    assert.deepEqual(await endAlone([...limit, ...words, file]), timedOut, name);
  }
});

test("a module that waits without end, for input, a reader or a clock, ends at its time limit", async () => {
  const waiting = (name, call, parameters) =>
    fileOf(
      `${name}.wasm`,
      `(module (import "wasi_snapshot_preview1" "${call}" (func $wait (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 2)
        (data (i32.const 0) "\\40\\00\\00\\00\\00\\00\\01\\00")
        (data (i32.const 256) "\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\01\\00\\00\\00\\00\\00\\00\\00\\ff\\ff\\ff\\ff\\ff\\ff\\ff\\0f")
        (func (export "_start") (loop (drop (call $wait ${parameters})) br 0)))`,
    );
  const numbers = (...list) => list.map((number) => `(i32.const ${number})`).join(" ");
  const modules = [
    waiting("reader", "fd_read", numbers(0, 0, 1, 16)),
    waiting("writer", "fd_write", numbers(1, 0, 1, 16)),
    waiting("sleeper", "poll_oneoff", numbers(256, 512, 1, 16)),
  ];
  for (const file of modules) assert.deepEqual(await endAlone([...limit, file]), timedOut, file);
});

test("a module on standard input that never comes ends at the time limit", async () => {
  assert.deepEqual(await endAlone([...limit, "-"]), timedOut);
});

test("standard input without end is not read to its end: it is no module, or too large", async () => {
  const endless = async (first, rest) => {
    const child = spawn(process.execPath, [commandPath("wasirun"), "--max-memory", "16M", "-"]);
    child.stdin.on("error", () => {});
    let written = 0;
    const pour = () => {
      while (!child.stdin.destroyed) {
        written += rest.length;
        if (!child.stdin.write(rest)) return;
      }
    };
    child.stdin.on("drain", pour);
    child.stdin.write(first);
    pour();
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, "close");
    assert.ok(written < 64 * 2 ** 20, `${written} bytes were taken`);
    return { code, stderr };
  };
  const zeros = Buffer.alloc(65_536);
  const header = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  assert.deepEqual(await endless(zeros, zeros), {
    code: 2,
    stderr: "wasirun: cannot run -: it is not a WebAssembly binary\n",
  });
  assert.deepEqual(await endless(header, zeros), {
    code: 2,
    stderr: "wasirun: cannot run -: it has more than the 16 MiB that are allowed\n",
  });
});

test("names that a module gives stay on one short line, and steer no terminal", async () => {
  const name = (index) => `${index}\\0a\\1b[31m\\c2\\9b\\e2\\80\\a8\\e2\\80\\ae${"x".repeat(5000)}`;
  const functions = Array.from({ length: 500 }, (_, index) => `(func (export "${name(index)}"))`).join("");
  const library = fileOf("names.wasm", `(module ${functions})`);
  const importer = fileOf(
    "importer.wasm",
    `(module (import "${name(1)}" "${name(2)}" (func)) (func (export "_start")) (func (export "f")))`,
  );
  for (const words of [[library], ["--invoke", "none", library], [importer], ["--invoke", "f", importer]]) {
    const { code, stdout, stderr } = await run("wasirun", words);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^wasirun: [^\p{C}\p{Zl}\p{Zp}]*\n$/u);
    assert.ok(stderr.length < 5000, String(stderr.length));
  }
});

test("a function with as many results as there can be gives a line for each", async () => {
  const count = 1000;
  const values = Array.from({ length: count }, (_, index) => `(i32.const ${index})`).join(" ");
  const file = fileOf("many.wasm", `(module (func (export "f") (result ${"i32 ".repeat(count)}) ${values}))`);
  const { code, stdout, stderr } = await run("wasirun", ["--invoke", "f", file]);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.equal(stdout, Array.from({ length: count }, (_, index) => `${index}\n`).join(""));
});

test("a guest that catches its own exit has no results: its exit code is the one that it gave", async () => {
  const caught = "(try (do (call $exit (i32.const 7))) (catch_all))";
  for (const functions of [
    `(func (export "f") (result i32) ${caught} (i32.const 1))`,
    `(func (export "_initialize") ${caught}) (func (export "f") (result i32) (i32.const 1))`,
  ]) {
    const file = fileOf("caught.wasm", `(module ${exit} (memory (export "memory") 1) ${functions})`);
    const { code, stdout, stderr } = await finish(start("wasirun", ["--invoke", "f", file]));
    assert.deepEqual({ code, stdout, stderr }, { code: 7, stdout: "", stderr: "" });
  }
});
