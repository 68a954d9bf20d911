import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import wabt from "wabt";

const command = fileURLToPath(new URL("wasirun.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasirun-test-"));
after(() => rmSync(folder, { recursive: true }));

const { parseWat } = await wabt();

function assemble(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, parseWat(name, text, {}).toBinary({}).buffer);
  return path;
}

function wasirun(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
}

const wasi = (name: string, type: string) =>
  `(import "wasi_snapshot_preview1" "${name}" (func $${name} ${type}))`;

/** Writes its arguments and its environment to standard output, each with its zero byte, and exits with 3. */
const report = assemble(
  "report.wasm",
  `(module
    ${wasi("args_sizes_get", "(param i32 i32) (result i32)")}
    ${wasi("args_get", "(param i32 i32) (result i32)")}
    ${wasi("environ_sizes_get", "(param i32 i32) (result i32)")}
    ${wasi("environ_get", "(param i32 i32) (result i32)")}
    ${wasi("fd_write", "(param i32 i32 i32 i32) (result i32)")}
    ${wasi("proc_exit", "(param i32)")}
    (memory (export "memory") 1)
    (func (export "_start")
      (drop (call $args_sizes_get (i32.const 0) (i32.const 12)))
      (drop (call $args_get (i32.const 1024) (i32.const 4096)))
      (drop (call $environ_sizes_get (i32.const 0) (i32.const 20)))
      (drop (call $environ_get (i32.const 2048) (i32.const 8192)))
      (i32.store (i32.const 8) (i32.const 4096))
      (i32.store (i32.const 16) (i32.const 8192))
      (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 2) (i32.const 0)))
      (call $proc_exit (i32.const 3))))`,
);

/** Copies standard input to standard output; exits with the errno of a failed read. */
const cat = assemble(
  "cat.wasm",
  `(module
    ${wasi("fd_read", "(param i32 i32 i32 i32) (result i32)")}
    ${wasi("fd_write", "(param i32 i32 i32 i32) (result i32)")}
    ${wasi("proc_exit", "(param i32)")}
    (memory (export "memory") 1)
    (func (export "_start") (local $errno i32)
      (i32.store (i32.const 8) (i32.const 1024))
      (loop $more
        (i32.store (i32.const 12) (i32.const 4096))
        (local.set $errno (call $fd_read (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 0)))
        (if (local.get $errno) (then (call $proc_exit (local.get $errno))))
        (i32.store (i32.const 12) (i32.load (i32.const 0)))
        (if (i32.load (i32.const 0)) (then
          (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)))
          (br $more))))))`,
);

/** Opens PATH beneath descriptor 3, made or emptied if it asks for writing, and exits with the errno. */
function opener(path: string, write: boolean): string {
  return assemble(
    "opener.wasm",
    `(module
      ${wasi("path_open", "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)")}
      ${wasi("proc_exit", "(param i32)")}
      (memory (export "memory") 1)
      (data (i32.const 0) "${path}")
      (func (export "_start")
        (call $proc_exit (call $path_open (i32.const 3) (i32.const 1) (i32.const 0) (i32.const ${path.length})
          (i32.const ${write ? 9 : 0}) (i64.const ${write ? 64 : 2}) (i64.const 0) (i32.const 0) (i32.const 512)))))`,
  );
}

test("arguments, environment and exit code pass through, and nothing of the host's own", () => {
  const { status, stdout } = wasirun("--env", "A=1", "--env", "B=x y", report, "one", "--env", "C=2");
  assert.equal(status, 3);
  assert.deepEqual(stdout.split("\0"), [report, "one", "--env", "C=2", "A=1", "B=x y", ""]);
});

test("a double dash may stand before the module", () => {
  assert.equal(wasirun("--", report, "-e", "1").stdout, `${[report, "-e", "1"].join("\0")}\0`);
});

test("standard input is read to its end, as it comes", async () => {
  const child = spawn(process.execPath, [command, cat], { stdio: ["pipe", "pipe", "inherit"] });
  let echoed = "";
  for (const line of ["first\n", "second\n", "x".repeat(100_000)]) {
    child.stdin.write(line);
    const wanted = echoed.length + line.length;
    while (echoed.length < wanted) {
      const part = child.stdout.read();
      if (part === null) await new Promise((resolve) => child.stdout.once("readable", resolve));
      else echoed += part;
    }
    assert.ok(echoed.endsWith(line));
  }
  child.stdin.end();
  assert.equal(await new Promise((resolve) => child.once("exit", resolve)), 0);
});

test("a standard input that another program has made non-blocking is waited for", () => {
  // Node makes a pipe that it opens as its standard input non-blocking, for everyone who shares it.
  const spoil = `"$0" -e 'process.stdin.pause(); process.stdin._handle; setTimeout(() => {}, 400)' <&3 &`;
  const script = `(sleep 0.8; echo late) | (exec 3<&0; ${spoil} sleep 0.3; "$0" "$1" "$2")`;
  const { status, stdout } = spawnSync("sh", ["-c", script, process.execPath, command, cat], {
    encoding: "utf8",
  });
  assert.deepEqual({ status, stdout }, { status: 0, stdout: "late\n" });
});

test("a reader that goes away ends the guest quietly", () => {
  const script = `(while echo y; do :; done) 2>/dev/null | ("$0" "$1" "$2"; echo $? >&2) | head -c 2`;
  const { stdout, stderr } = spawnSync("sh", ["-c", script, process.execPath, command, cat], {
    encoding: "utf8",
  });
  assert.deepEqual({ stdout, stderr }, { stdout: "y\n", stderr: "141\n" });
});

test("a crash is one line on standard error and exit code 134", () => {
  const module = assemble("trap.wasm", '(module (func (export "_start") unreachable))');
  const { status, stdout, stderr } = wasirun(module);
  assert.deepEqual([status, stdout], [134, ""]);
  assert.match(stderr, /^wasirun: .*trap\.wasm crashed: .*unreachable[^\n]*\n$/);
});

test("what cannot be started is one line on standard error and exit code 2", () => {
  const text = join(folder, "text.wasm");
  writeFileSync(text, "no module");
  const cases: Array<[RegExp, ...string[]]> = [
    [/unknown option --nope.*see wasirun --help/, "--nope"],
    [/no module is given.*see wasirun --help/],
    [/no such file.*missing\.wasm/, "missing.wasm"],
    [/text\.wasm: it is not a WebAssembly binary/, text],
    [/missing-directory/, "--mount", "missing-directory:/", cat],
    [/env\.go/, assemble("import.wasm", '(module (import "env" "go" (func)) (func (export "_start")))')],
    [
      /needs 128 MiB/,
      "--max-memory=64M",
      assemble("large.wasm", '(module (memory 2048) (func (export "_start")))'),
    ],
  ];
  for (const [reason, ...words] of cases) {
    const { status, stdout, stderr } = wasirun(...words);
    assert.deepEqual([status, stdout], [2, ""], stderr);
    assert.match(stderr, reason);
    assert.match(stderr, /^wasirun: [^\n]*\n$/);
  }
});

test("help and version go to standard output", () => {
  const help = wasirun("--help");
  assert.equal(help.status, 0);
  assert.match(help.stdout, /^Usage: wasirun /);
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  assert.equal(wasirun("--version").stdout, `wasirun ${version}\n`);
});

test("a mount is what its mode says: read-only, writable, or an overlay that leaves the host's files alone", () => {
  const [enoent, erofs] = [44, 69];
  const mounted = join(folder, "mounted");
  mkdirSync(mounted);
  const file = join(mounted, "file");
  writeFileSync(file, "content");
  assert.equal(wasirun("--mount", `${mounted}:/`, opener("file", false)).status, 0);
  assert.equal(wasirun("--mount", `${mounted}:/`, opener("none", false)).status, enoent);
  assert.equal(wasirun("--mount", `${mounted}:/`, opener("file", true)).status, erofs);
  assert.equal(wasirun("--mount", `${mounted}:/:overlay`, opener("file", true)).status, 0);
  assert.equal(readFileSync(file, "utf8"), "content");
  assert.equal(wasirun("--mount", `${mounted}:/:rw`, opener("file", true)).status, 0);
  assert.equal(readFileSync(file, "utf8"), "");
});

test("a guest cannot leave its mount, by name or by a link that lies in it", () => {
  const [eperm, ebadf] = [63, 8];
  const box = join(folder, "box");
  mkdirSync(box);
  writeFileSync(join(folder, "secret"), "secret");
  symlinkSync("../secret", join(box, "relative"));
  symlinkSync(join(folder, "secret"), join(box, "absolute"));
  symlinkSync("/etc", join(box, "etc"));
  for (const path of ["../secret", "/etc/passwd", "relative", "absolute", "etc/passwd", "etc/../../secret"]) {
    for (const mode of ["ro", "rw", "overlay"]) {
      const mount = `${box}:/box:${mode}`;
      assert.equal(wasirun("--mount", mount, opener(path, false)).status, eperm, `${path} ${mode}`);
    }
  }
  assert.equal(wasirun(opener("secret", false)).status, ebadf);
});
