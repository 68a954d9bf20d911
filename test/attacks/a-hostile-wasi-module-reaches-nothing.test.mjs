// Modules that call every function of WASI with pointers, sizes, descriptors and paths of all kinds: `wasirun` goes on
// to the module's own end, and nothing outside of what it mounts is touched.
import assert from "node:assert/strict";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { finish, run, start } from "../commands.mjs";
import { assemble } from "./assemble.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-hostile-wasi-"));
after(() => rmSync(folder, { recursive: true }));

/** Calls of one module, and modules for each kind of mount. */
const calls = Number(process.env.WASM_REPL_TEST_WASI_CALLS ?? 5000);
const seeds = [1, 2];

/**
 * The functions by what they take: `f` a descriptor, `c` one that may be closed, `p` a pointer, `n` a size, `s` a
 * path (its pointer and its length), `x` any number of 32 bits and `l` one of 64.
 */
const functions = {
  args_get: "pp",
  args_sizes_get: "pp",
  environ_get: "pp",
  environ_sizes_get: "pp",
  clock_res_get: "xp",
  clock_time_get: "xlp",
  fd_advise: "fllx",
  fd_allocate: "fll",
  fd_close: "c",
  fd_datasync: "f",
  fd_fdstat_get: "fp",
  fd_fdstat_set_flags: "fx",
  fd_fdstat_set_rights: "cll",
  fd_filestat_get: "fp",
  fd_filestat_set_size: "fl",
  fd_filestat_set_times: "fllx",
  fd_pread: "fpnlp",
  fd_prestat_get: "fp",
  fd_prestat_dir_name: "fpn",
  fd_pwrite: "fpnlp",
  fd_read: "fpnp",
  fd_readdir: "fpnlp",
  fd_renumber: "cc",
  fd_seek: "flxp",
  fd_sync: "f",
  fd_tell: "fp",
  fd_write: "fpnp",
  path_create_directory: "fs",
  path_filestat_get: "fxsp",
  path_filestat_set_times: "fxsllx",
  path_link: "fxsfs",
  path_open: "fxsxllxp",
  path_readlink: "fspnp",
  path_remove_directory: "fs",
  path_rename: "fsfs",
  path_symlink: "sfs",
  path_unlink_file: "fs",
  poll_oneoff: "ppnp",
  sched_yield: "",
  random_get: "pn",
  sock_accept: "fxp",
  sock_recv: "fpnxpp",
  sock_send: "fpnxp",
  sock_shutdown: "fx",
};

const paths = [
  "file",
  "directory",
  "directory/inside",
  "link",
  "link-out",
  "link-out/secret",
  "link-absolute",
  ".",
  "..",
  "../secret",
  "directory/../../secret",
  "/etc/passwd",
  "new",
  "new/new",
  "",
  "a\\00b",
  "\\ff\\fe",
  "x".repeat(300),
  "directory/".repeat(100),
];

/** The paths' bytes in memory, with the offset and length of each. */
function layPaths() {
  const places = [];
  let text = "";
  let at = 0;
  for (const path of paths) {
    const length = path.replace(/\\../g, ".").length;
    places.push([at, length]);
    text += path;
    at += length;
  }
  return { text, places, bytes: at };
}

function hostileModule(seed) {
  const { text, places, bytes } = layPaths();
  const pathArguments = places
    .map(
      ([at, length], index) => `(if (i32.eq (local.get $which) (i32.const ${index})) (then
      (global.set $path (i32.const ${at})) (global.set $length (i32.const ${length}))))`,
    )
    .join("\n");
  const types = { l: "i64", s: "i32 i32" };
  const typeOf = (kind) => types[kind] ?? "i32";
  const names = Object.keys(functions);
  const imports = names.map((name) => {
    const parameters = [...functions[name]].map(typeOf).join(" ");
    return `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${parameters}) (result i32)))`;
  });
  const expressions = {
    f: "(call $fd)",
    c: "(call $closable)",
    p: "(call $pointer)",
    n: "(call $size)",
    x: "(call $any)",
    l: "(call $long)",
  };
  const callOf = (name) => {
    const values = [...functions[name]].map(
      (kind) => expressions[kind] ?? "(call $choosePath) (global.get $path) (global.get $length)",
    );
    // A subscription of zeros is a clock that is due at once; any other might wait for centuries.
    const before =
      name === "poll_oneoff" ? "(memory.fill (i32.const 0) (i32.const 0) (i32.const 131072))" : "";
    return `(func $call_${name} (result i32) ${before} ${values.join(" ")} (call $${name}))`;
  };
  return assemble(`(module
    ${imports.join("\n")}
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 2 2)
    (data $paths "${text}")
    (global $state (mut i32) (i32.const ${seed}))
    (global $path (mut i32) (i32.const 0))
    (global $length (mut i32) (i32.const 0))
    (type $call (func (result i32)))
    (table funcref (elem ${names.map((name) => `$call_${name}`).join(" ")}))
    (func $random (result i32)
      (global.set $state (i32.xor (global.get $state) (i32.shl (global.get $state) (i32.const 13))))
      (global.set $state (i32.xor (global.get $state) (i32.shr_u (global.get $state) (i32.const 17))))
      (global.set $state (i32.xor (global.get $state) (i32.shl (global.get $state) (i32.const 5))))
      (global.get $state))
    (func $below (param i32) (result i32) (i32.rem_u (call $random) (local.get 0)))
    (func $fd (result i32) (local $kind i32)
      (local.set $kind (call $below (i32.const 8)))
      (if (i32.lt_u (local.get $kind) (i32.const 4)) (then (return (i32.const 3))))
      (if (i32.lt_u (local.get $kind) (i32.const 7)) (then (return (call $below (i32.const 16)))))
      (call $random))
    (func $closable (result i32) (i32.add (i32.const 4) (call $below (i32.const 1030))))
    (func $pointer (result i32) (local $kind i32)
      (local.set $kind (call $below (i32.const 8)))
      (if (i32.lt_u (local.get $kind) (i32.const 5)) (then (return (call $below (i32.const 131072)))))
      (if (i32.eq (local.get $kind) (i32.const 5))
        (then (return (i32.sub (i32.const 131072) (call $below (i32.const 64))))))
      (if (i32.eq (local.get $kind) (i32.const 6)) (then (return (i32.sub (i32.const -1) (call $below (i32.const 64))))))
      (call $random))
    (func $size (result i32) (local $kind i32)
      (local.set $kind (call $below (i32.const 8)))
      (if (i32.lt_u (local.get $kind) (i32.const 5)) (then (return (call $below (i32.const 64)))))
      (if (i32.eq (local.get $kind) (i32.const 5)) (then (return (call $below (i32.const 70000)))))
      (if (i32.eq (local.get $kind) (i32.const 6)) (then (return (i32.const -1))))
      (call $random))
    (func $any (result i32)
      (if (call $below (i32.const 4)) (then (return (call $below (i32.const 16)))))
      (call $random))
    (func $long (result i64)
      (if (call $below (i32.const 4)) (then (return (i64.extend_i32_u (call $below (i32.const 4096))))))
      (i64.or (i64.shl (i64.extend_i32_u (call $random)) (i64.const 32)) (i64.extend_i32_u (call $random))))
    (func $choosePath (local $which i32)
      (memory.init $paths (i32.const 0) (i32.const 0) (i32.const ${bytes}))
      (local.set $which (call $below (i32.const ${places.length + 2})))
      ${pathArguments}
      (if (i32.ge_u (local.get $which) (i32.const ${places.length})) (then
        (global.set $path (call $pointer)) (global.set $length (call $size)))))
    ${names.map(callOf).join("\n")}
    (func (export "_start") (local $left i32) (local $good i32)
      (local.set $left (i32.const ${calls}))
      (loop $more
        (if (i32.eqz (call_indirect (type $call) (call $below (i32.const ${names.length}))))
          (then (local.set $good (i32.add (local.get $good) (i32.const 1)))))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $more (local.get $left)))
      ;; Calls that all fail would show nothing.
      (call $exit (i32.lt_u (local.get $good) (i32.const ${Math.floor(calls / 20)})))))`);
}

/** A directory to mount, with something beside it that is none of the guest's business. */
function makeBox(name) {
  const outside = join(folder, name);
  const box = join(outside, "box");
  mkdirSync(join(box, "directory"), { recursive: true });
  writeFileSync(join(outside, "secret"), "secret");
  writeFileSync(join(box, "file"), "content");
  writeFileSync(join(box, "directory", "inside"), "inside");
  symlinkSync("file", join(box, "link"));
  symlinkSync("..", join(box, "link-out"));
  symlinkSync(join(outside, "secret"), join(box, "link-absolute"));
  return { outside, box };
}

/** All that is below a directory: names, types, contents and times. */
function pictureOf(directory, skip) {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.name !== skip)
    .map((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return [entry.name, pictureOf(path)];
      const { mode, mtimeMs, size } = lstatSync(path);
      return [entry.name, mode, mtimeMs, size, entry.isFile() ? readFileSync(path, "utf8") : ""];
    });
}

for (const mode of ["ro", "rw", "overlay"]) {
  test(`${calls} calls of all kinds in a module with a mount that is ${mode} end with the module, and change nothing else`, async () => {
    for (const seed of seeds) {
      const { outside, box } = makeBox(`${mode}-${seed}`);
      const module = join(folder, `${mode}-${seed}.wasm`);
      writeFileSync(module, hostileModule(seed));
      const before = { outside: pictureOf(outside, "box"), box: pictureOf(box) };
      const stdio = ["ignore", "ignore", "pipe"];
      const child = start(
        "wasirun",
        ["--mount", `${box}:/box:${mode}`, "--env", "A=1", module, "an", "argument"],
        { stdio },
      );
      const { code, signal, stderr } = await finish(child);
      // What the module itself writes to standard error is anything; a message of ours, or of Node's, is text.
      assert.deepEqual({ code, signal }, { code: 0, signal: null }, `seed ${seed}: ${stderr.slice(-500)}`);
      assert.deepEqual(pictureOf(outside, "box"), before.outside, `seed ${seed}`);
      if (mode !== "rw") assert.deepEqual(pictureOf(box), before.box, `seed ${seed}`);
    }
  });
}

function ending(call, value) {
  const [result, instruction] = call === "proc_raise" ? ["(result i32)", "drop"] : ["", "nop"];
  return assemble(`(module
    (import "wasi_snapshot_preview1" "${call}" (func $end (param i32) ${result}))
    (memory (export "memory") 1)
    (func (export "_start") (call $end (i32.const ${value})) ${instruction}))`);
}

test("exits and signals of any number end the module, and leave no trace on standard error but a line", async () => {
  const ends = [
    ["proc_exit", 256],
    ["proc_exit", -1],
    ["proc_raise", 0],
    ["proc_raise", 9],
    ["proc_raise", 10_000],
    ["proc_raise", -1],
  ];
  await Promise.all(
    ends.map(async ([call, value]) => {
      const file = join(folder, `${call}-${value}.wasm`);
      writeFileSync(file, ending(call, value));
      const { code, signal, stderr } = await run("wasirun", [file]);
      assert.ok(code !== null || signal !== null);
      assert.match(stderr, /^(wasirun: [^\n]*\n)?$/, `${call} ${value}`);
    }),
  );
});

test("a module that grows its memory to the limit still has its calls checked against what it has", async () => {
  const file = join(folder, "grow.wasm");
  const errnoFault = 21;
  writeFileSync(
    file,
    assemble(`(module
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start") (local $end i32)
        (loop $more
          (local.set $end (i32.mul (memory.size) (i32.const 65536)))
          (if (call $random (i32.sub (local.get $end) (i32.const 8)) (i32.const 8)) (then (call $exit (i32.const 1))))
          (if (i32.ne (i32.const ${errnoFault}) (call $random (i32.sub (local.get $end) (i32.const 8)) (i32.const 9)))
            (then (call $exit (i32.const 2))))
          (br_if $more (i32.ne (i32.const -1) (memory.grow (i32.const 16)))))
        (call $exit (i32.const 0))))`),
  );
  const { code, stderr } = await run("wasirun", ["--max-memory", "16M", file]);
  assert.deepEqual([code, stderr], [0, ""]);
});

for (const stream of [1, 2]) {
  test(`an endless loop that writes to descriptor ${stream} ends when nobody reads it any more`, async () => {
    const file = join(folder, `endless-${stream}.wasm`);
    writeFileSync(
      file,
      assemble(`(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\\10\\00\\00\\00\\00\\10\\00\\00")
        (func (export "_start")
          (loop $more (drop (call $write (i32.const ${stream}) (i32.const 0) (i32.const 1) (i32.const 8))) (br $more))))`),
    );
    const child = start("wasirun", [file]);
    child.stdio[stream].once("data", () => child.stdio[stream].destroy());
    const [code] = await new Promise((resolve) => child.on("exit", (...ended) => resolve(ended)));
    assert.equal(code, 141);
  });
}
