import assert from "node:assert/strict";
import { test } from "node:test";
import wabt from "wabt";
import { openDoors } from "../../abi/doors.js";
import { createFileSystem } from "../../vfs/file-system.js";
import { createMemoryVolume } from "../../vfs/memory-volume.js";
import { createStreamFile } from "../../vfs/stream-file.js";
import { GuestCrash } from "../guest.js";
import { CommandError } from "./command-error.js";
import { type CommandOptions, runCommand } from "./run-command.js";

const { parseWat } = await wabt();

function assemble(text: string): Uint8Array {
  return parseWat("guest.wat", text, { exceptions: true }).toBinary({}).buffer;
}

/** Runs a module given as text; gives its exit code and what it wrote to standard output. */
function run(text: string, change: Partial<CommandOptions> = {}, memoryBytes = 2 ** 20) {
  const output: string[] = [];
  const host: CommandOptions["host"] = {
    fileSystem: createFileSystem({ root: createMemoryVolume() }),
    stdin: createStreamFile({ read: () => 0 }),
    stdout: createStreamFile({
      write: (bytes) => output.push(Buffer.from(bytes).toString()) && bytes.length,
    }),
    stderr: createStreamFile({ write: (bytes) => bytes.length }),
    signals: { take: () => 0, wait: () => false },
    ...openDoors(),
    memoryBytes,
  };
  const exitCode = runCommand(assemble(text), { args: ["guest"], env: {}, preopens: [], host, ...change });
  return { exitCode, output: output.join("") };
}

function start(body: string, rest = ""): string {
  return `(module ${rest} (memory (export "memory") 1) (func (export "_start") ${body}))`;
}

const importExit = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))';

test("a command that returns has the exit code 0, and one that exits has its own", () => {
  assert.equal(run(start("")).exitCode, 0);
  assert.equal(run(start("(call $exit (i32.const 33)) unreachable", importExit)).exitCode, 33);
  assert.equal(run(start("(call $exit (i32.const -1))", importExit)).exitCode, 0xffff_ffff);
});

test("what a command writes reaches its standard output", () => {
  const { output } = run(`(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\10\\00\\00\\00\\06\\00\\00\\00")
    (data (i32.const 16) "hello\\n")
    (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);
  assert.equal(output, "hello\n");
});

test("a trap is a crash with a reason in one line", () => {
  const table = "(type $void (func)) (table 2 funcref)";
  const cases: Array<[RegExp, string, string?]> = [
    [/unreachable/, "unreachable"],
    [/memory access out of bounds/, "(drop (i32.load (i32.const -4)))"],
    [/division by zero/, "(drop (i32.div_s (i32.const 1) (i32.const 0)))"],
    [/null function/, "(call_indirect (type $void) (i32.const 0))", table],
    [/out of bounds/, "(call_indirect (type $void) (i32.const 9))", table],
    [/call stack exhausted/, "(call $deep)", "(func $deep (call $deep) (call $deep))"],
  ];
  for (const [reason, body, rest] of cases) {
    assert.throws(
      () => run(start(body, rest)),
      (error) => error instanceof GuestCrash && reason.test(error.message) && !error.message.includes("\n"),
      String(reason),
    );
  }
});

test("a guest that catches its own exit ends with that exit's code all the same", () => {
  const body = "(try (do (call $exit (i32.const 5))) (catch_all))";
  assert.equal(run(start(body, importExit)).exitCode, 5);
  const again = `${body} (call $exit (i32.const 6))`;
  assert.equal(run(start(again, importExit)).exitCode, 5);
});

test("an import that we do not have is named in one clear error", () => {
  const cases: Array<[RegExp, string]> = [
    [/env\.launch/, '(import "env" "launch" (func))'],
    [/wasi_snapshot_preview1\.fd_open/, '(import "wasi_snapshot_preview1" "fd_open" (func))'],
    [/wasi_snapshot_preview1\.toString/, '(import "wasi_snapshot_preview1" "toString" (func))'],
    [/wasi_unstable\.fd_seek.*older/, '(import "wasi_unstable" "fd_seek" (func))'],
    [/as a global/, '(import "wasi_snapshot_preview1" "proc_exit" (global i32))'],
  ];
  for (const [reason, wanted] of cases) {
    assert.throws(() => run(start("", wanted)), errorOf(reason), String(reason));
  }
});

test("what is no command module is refused with the reason", () => {
  assert.throws(() => run("(module)"), errorOf(/no function _start/));
  const options = { args: [], env: {}, preopens: [], host: {} as CommandOptions["host"] };
  const bytes = (...values: number[]) => Uint8Array.from(values);
  assert.throws(() => runCommand(bytes(35, 33), options), errorOf(/not a WebAssembly binary/));
  const component = bytes(0, 0x61, 0x73, 0x6d, 13, 0, 1, 0);
  assert.throws(() => runCommand(component, options), errorOf(/component/));
  assert.throws(
    () => runCommand(bytes(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 9), options),
    errorOf(/malformed/),
  );
});

test("a command cannot have more memory than its limit, from the start or by growing", () => {
  assert.throws(() => run(start("").replace(" 1)", " 32)")), errorOf(/needs 2 MiB .* 1 MiB are allowed/));
  const grow = `(module ${importExit} (memory (export "memory") 1)
    (func (export "_start") (call $exit (memory.grow (i32.const PAGES)))))`;
  assert.equal(run(grow.replace("PAGES", "15")).exitCode, 1);
  assert.equal(run(grow.replace("PAGES", "16")).exitCode, 0xffff_ffff);
});

/** Opens PATH beneath descriptor 3 with these flags, and exits with the errno. */
function opening(path: string, oflags: number): string {
  return `(module ${importExit}
    (import "wasi_snapshot_preview1" "path_symlink" (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "../../../../etc")
    (data (i32.const 16) "ladder")
    (data (i32.const 64) "${path}")
    (func (export "_start")
      (drop (call $symlink (i32.const 0) (i32.const 15) (i32.const 3) (i32.const 16) (i32.const 6)))
      (call $exit (call $open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const ${path.length})
        (i32.const ${oflags}) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))))`;
}

test("a guest cannot leave the directory that is mounted, by name or by a link of its own", () => {
  const eperm = 63;
  for (const path of ["../secret", "/secret", "ladder", "ladder/passwd", "a/../../secret", "./../secret"]) {
    const fileSystem = createFileSystem({ root: createMemoryVolume() });
    fileSystem.makeDirectory("/box");
    fileSystem.makeDirectory("/box/a");
    for (const outside of ["/secret", "/etc"])
      fileSystem.open(outside, { write: true, create: true }).close();
    assert.equal(runBoxed(fileSystem, path), eperm, path);
  }

  function runBoxed(fileSystem: CommandOptions["host"]["fileSystem"], path: string): number {
    const stream = createStreamFile({});
    const signals = { take: () => 0 as const, wait: () => false };
    const streams = { stdin: stream, stdout: stream, stderr: stream };
    const host = { ...streams, ...openDoors(), fileSystem, signals, memoryBytes: 2 ** 20 };
    return run(opening(path, 0), { preopens: [{ path: "/box" }], host }).exitCode;
  }
});

function errorOf(reason: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof CommandError && reason.test(error.message);
}
