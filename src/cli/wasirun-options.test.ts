import assert from "node:assert/strict";
import { type SpawnSyncOptions, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import wabt from "wabt";

const command = fileURLToPath(new URL("../../dist/wasirun.cjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasirun-options-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const { parseWat } = await wabt();

function assemble(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, parseWat(name, text, { exceptions: true }).toBinary({}).buffer);
  return path;
}

function wasirun(words: readonly string[], options: SpawnSyncOptions = {}) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [command, ...words], {
    cwd: folder,
    ...options,
  });
  return { status: status ?? signal, stdout: String(stdout), stderr: String(stderr) };
}

const wasi = (name: string, type: string) =>
  `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${type}) (result i32)))`;

const library = assemble(
  "library.wasm",
  `(module
    (memory (export "memory") 1)
    (global $base (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $base (i32.const 1000)))
    (func (export "add") (param i32 i32) (result i32)
      (i32.add (global.get $base) (i32.add (local.get 0) (local.get 1))))
    (func (export "turn") (param i64 f32 f64) (result f64 f32 i64) (local.get 2) (local.get 1) (local.get 0))
    (func (export "nothing"))
    (func (export "vector") (param v128))
    (func (export "reference") (result externref) (ref.null extern))
    (func (export "trap") unreachable)
    (func (export "forever") (loop br 0)))`,
);

test("--invoke calls a function of a library, after _initialize, and prints what it returns, a line each", () => {
  const cases: Array<[words: string[], stdout: string]> = [
    [["add", library, "1", "2"], "1003\n"],
    [["add", library, "--", "-1", "0x10"], "1015\n"],
    [["turn", library, "18446744073709551615", "0.1", "-2.5e3"], "-2500\n0.1\n-1\n"],
    [["turn", library, "-9223372036854775808", "-inf", "nan"], "nan\n-inf\n-9223372036854775808\n"],
    [["nothing", library], ""],
    [["_initialize", library], ""],
  ];
  for (const [words, stdout] of cases)
    assert.deepEqual(wasirun(["--invoke", ...words]), { status: 0, stdout, stderr: "" });
  const { status, stderr } = wasirun(["--invoke", "trap", library]);
  assert.equal(status, 134);
  assert.match(stderr, /^wasirun: .*library\.wasm crashed: an unreachable instruction.*\n$/);
});

test("what cannot be invoked so is exit code 2 and one line that says why", () => {
  const cases: Array<[words: string[], reason: RegExp]> = [
    [["none", library], /exports no function none; it exports _initialize, add, turn/],
    [["memory", library], /exports no function memory/],
    [["__proto__", library], /exports no function __proto__/],
    [["add", library, "1"], /add takes 2 arguments \(i32, i32\), and 1 are given/],
    [["nothing", library, "1"], /nothing takes no arguments, and 1 are given/],
    [
      ["add", library, "1", "1.5"],
      /argument 2 is a whole number from -2147483648 to 4294967295 \(i32\), not 1\.5/,
    ],
    [["turn", library, "1", "", "1"], /argument 2 is a number \(f32\), not ""/],
    [["vector", library, "1"], /vector takes a v128/],
    [["reference", library], /reference gives a reference/],
    [["line\nbreak\u001b[31m\u009b", library], /no function "line\\nbreak\\u001b\[31m\\u\{9b\}"/],
  ];
  for (const [words, reason] of cases) {
    const { status, stdout, stderr } = wasirun(["--invoke", ...words]);
    assert.deepEqual([status, stdout], [2, ""], stderr);
    assert.match(stderr, reason);
    assert.match(stderr, /^wasirun: [^\n]*\n$/);
  }
});

test("a library without --invoke is refused with the names of its functions", () => {
  const { status, stderr } = wasirun([library]);
  assert.equal(status, 2);
  assert.match(
    stderr,
    /exports no function _start, so it is a library and not a command; it exports add, turn/,
  );
});

test("a module comes from standard input with -, and its own input is at its end then", () => {
  const echo = assemble(
    "input.wasm",
    `(module ${wasi("fd_read", "i32 i32 i32 i32")}
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\\40\\00\\00\\00\\40\\00\\00\\00")
      (func (export "_start")
        (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
        (call $exit (i32.add (i32.const 40) (i32.load (i32.const 16))))))`,
  );
  assert.deepEqual(wasirun(["-"], { input: readFileSync(echo) }), { status: 40, stdout: "", stderr: "" });
  const input = readFileSync(library);
  assert.equal(wasirun(["--invoke", "add", "-", "1", "2"], { input }).stdout, "1003\n");
  assert.match(
    wasirun(["-"], { input: "" }).stderr,
    /^wasirun: cannot run -: it is not a WebAssembly binary\n$/,
  );
});

/** Reads the name of descriptor 3, opens `file` below it for writing, and prints the name. */
const opener = assemble(
  "opener.wasm",
  `(module ${wasi("fd_prestat_get", "i32 i32")} ${wasi("fd_prestat_dir_name", "i32 i32 i32")}
    ${wasi("path_open", "i32 i32 i32 i32 i32 i64 i64 i32 i32")} ${wasi("fd_write", "i32 i32 i32 i32")}
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1) (data (i32.const 32) "file")
    (func (export "_start") (local $errno i32)
      (drop (call $fd_prestat_get (i32.const 3) (i32.const 0)))
      (i32.store (i32.const 16) (i32.const 1024))
      (i32.store (i32.const 20) (i32.load (i32.const 4)))
      (drop (call $fd_prestat_dir_name (i32.const 3) (i32.const 1024) (i32.load (i32.const 4))))
      (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
      (call $exit (call $path_open (i32.const 3) (i32.const 0) (i32.const 32) (i32.const 4) (i32.const 9)
        (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 28)))))`,
);

test("--dir gives a directory to write in, by the name that is given", () => {
  mkdirSync(join(folder, "in/side"), { recursive: true });
  const cwd = join(folder, "in");
  const cases: Array<[spec: string, name: string, at: string]> = [
    [".", ".", "in"],
    ["side", "side", "in/side"],
    ["..", "..", ""],
    [`${folder}/in`, `${folder}/in`, "in"],
    [".::/work", "/work", "in"],
    ["side::data", "data", "in/side"],
    [".::/", "/", "in"],
  ];
  for (const [spec, stdout, at] of cases) {
    assert.deepEqual(wasirun(["--dir", spec, opener], { cwd }), { status: 0, stdout, stderr: "" }, spec);
    rmSync(join(folder, at, "file"));
  }
});

test("a --dir or --mount that cannot be is exit code 2 and one line", () => {
  const cases: Array<[words: string[], reason: RegExp]> = [
    [["--dir", "none"], /the host directory "none" does not exist/],
    [["--dir", ""], /--dir takes HOST or HOST::GUEST, not ""/],
    [["--dir", ".::"], /--dir takes HOST or HOST::GUEST, not "\.::"/],
    [["--dir", "."], /"\/" is mounted twice/],
    [["--dir", opener], /is not a directory/],
    [["--dir", "a\nb"], /"a\\nb"/],
    [["--mount", "a\nb:/x"], /"a\\nb"/],
  ];
  for (const [words, reason] of cases) {
    const { status, stderr } = wasirun([...words, "--dir", ".", opener]);
    assert.equal(status, 2, stderr);
    assert.match(stderr, reason);
    assert.match(stderr, /^wasirun: [^\n]*\n$/);
  }
});

test("--timeout ends a module that computes without end: exit code 124, after what it has written", () => {
  const { status, stderr } = wasirun(["--timeout", "200ms", "--invoke", "forever", library]);
  assert.deepEqual(
    { status, stderr },
    { status: 124, stderr: "wasirun: stopped at its time limit of 0.2 s\n" },
  );
  const writer = assemble(
    "writer.wasm",
    `(module ${wasi("fd_write", "i32 i32 i32 i32")}
      (memory (export "memory") 1)
      (data (i32.const 0) "\\10\\00\\00\\00\\07\\00\\00\\00") (data (i32.const 16) "before\\n")
      (func (export "_start")
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))) (loop br 0)))`,
  );
  const end = wasirun(["--timeout", "2s", writer]);
  assert.deepEqual([end.status, end.stdout], [124, "before\n"]);
});

test("with a time limit everything else ends as it does without", () => {
  const limits = ["--timeout", "1h"];
  assert.equal(wasirun([...limits, "--invoke", "add", library, "1", "2"]).stdout, "1003\n");
  assert.equal(wasirun([...limits, "--invoke", "add", library, "1"]).status, 2);
  assert.match(wasirun([...limits, "--invoke", "trap", library]).stderr, /crashed: an unreachable/);
  assert.match(wasirun([...limits, "none.wasm"]).stderr, /^wasirun: ENOENT[^\n]*\n$/);
  assert.equal(wasirun([...limits, "--dir", ".::/d", opener]).stdout, "/d");
  const grow = assemble(
    "grow.wasm",
    '(module (memory (export "memory") 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))',
  );
  const invoke = [...limits, "--max-memory", "1M", "--invoke", "grow", grow];
  assert.equal(wasirun([...invoke, "15"]).stdout, "1\n");
  assert.equal(wasirun([...invoke, "16"]).stdout, "-1\n");
});

const deep = assemble(
  "deep.wasm",
  `(module (memory (export "memory") 1)
    (func $deep (export "deep") (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
        (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))))))`,
);

test("a module that recurses too deep is a crash, whatever the stack, and one with more of it recurses deeper", () => {
  const invoke = ["--invoke", "deep", deep];
  assert.equal(wasirun([...invoke, "1000"]).stdout, "1000\n");
  assert.equal(wasirun(["--max-stack", "256M", ...invoke, "300000"]).stdout, "300000\n");
  for (const limits of [[], ["--timeout", "1h"], ["--max-stack", "2M"], ["--max-stack", "1G"]]) {
    assert.deepEqual(
      wasirun([...limits, ...invoke, "-1"]),
      { status: 134, stdout: "", stderr: `wasirun: ${deep} crashed: call stack exhausted\n` },
      limits.join(" "),
    );
  }
});

test("where the system gives less stack than V8 believes in, deep recursion is a crash all the same", {
  skip: process.platform !== "linux" && "Linux tells what it gives",
}, () => {
  for (const [flags, limit] of [
    ["", 500],
    ["--stack-size=60000", 8192],
  ] as const) {
    const script = `ulimit -s ${limit} && exec "$0" ${flags} "$@"`;
    const words = [script, process.execPath, command, "--invoke", "deep", deep, "-1"];
    const { status, stderr } = spawnSync("sh", ["-c", ...words], { encoding: "utf8" });
    assert.deepEqual([status, stderr], [134, `wasirun: ${deep} crashed: call stack exhausted\n`]);
  }
});
