import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import type { LinkedState } from "../abi/emscripten/linker/libraries.js";
import { openSession } from "./open-session.js";
import type { Session } from "./session.js";
import { engineWithPackages, sideModule } from "./test-side-modules.js";

/** Counts in its own data, from what its constructor has put there. */
const counter = sideModule({
  name: "counter",
  call: `(i32.store (global.get $memory_base) (i32.add (i32.load (global.get $memory_base)) (i32.const 1)))
    (i32.load (global.get $memory_base))`,
  fields: `(func (export "__wasm_call_ctors")
      (i32.store (global.get $memory_base) (i32.add (i32.load (global.get $memory_base)) (i32.const 10))))
    (func (export "__wasm_apply_data_relocs")
      (i32.store (global.get $memory_base) (i32.add (i32.load (global.get $memory_base)) (i32.const 100))))`,
  data: [1024],
});

/** The address of a function of the interpreter's, of its own and of its data, by way of the offset tables. */
const addresses = sideModule({
  name: "addresses",
  imports: `(import "GOT.func" "PyLong_FromLong" (global $from_long (mut i32)))
    (import "GOT.func" "own" (global $own_slot (mut i32)))
    (import "GOT.mem" "number" (global $number_at (mut i32)))
    (type $number (func (result i32)))`,
  call: `(i32.add
      (i32.add (call_indirect (type $number) (global.get $own_slot)) (i32.load (global.get $number_at)))
      (i32.ne (global.get $from_long) (i32.const 0)))`,
  fields: `(func $own (export "own") (result i32) (i32.const 40))
    (global (export "number") i32 (i32.const 16))`,
  data: [0, 0, 0, 0, 1],
});

const base = sideModule({
  fields: `(import "env" "__cpp_exception" (tag $cpp (param i32)))
    (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func (export "throw_seven") (throw $cpp (i32.const 7)))
    (global (export "shared") i32 (i32.const 0))`,
  data: [5],
});

const user = sideModule({
  name: "user",
  needed: ["libbase.so"],
  imports: `(import "env" "twice" (func $twice (param i32) (result i32)))
    (import "GOT.mem" "shared" (global $shared (mut i32)))`,
  call: "(call $twice (i32.load (global.get $shared)))",
});

const catcher = sideModule({
  name: "catcher",
  needed: ["libbase.so"],
  imports: `(import "env" "__cpp_exception" (tag $cpp (param i32)))
    (import "env" "throw_seven" (func $raise))`,
  call: "(try (result i32) (do (call $raise) (i32.const 0)) (catch $cpp))",
});

/** As compilers have it: `longjmp` throws, and what has set the jump catches it. */
const jumper = sideModule({
  name: "jumper",
  imports: `(import "env" "__c_longjmp" (tag $longjmp (param i32)))
    (import "env" "__wasm_longjmp" (func $jump (param i32 i32)))`,
  call: `(try (result i32) (do (call $jump (global.get $memory_base) (i32.const 3)) (i32.const 0))
      (catch $longjmp (i32.ne (i32.const 0))))`,
});

const weak = sideModule({
  name: "weak",
  weak: ["nowhere"],
  imports: `(import "env" "nowhere" (func $nowhere (result i32)))
    (import "GOT.func" "nowhere" (global $slot (mut i32)))`,
  call: "(if (result i32) (global.get $slot) (then (call $nowhere)) (else (i32.const 9)))",
});

/** Grows the memory without asking, until it may not. Gives the pages that there are then. */
const grower = sideModule({
  name: "grower",
  call: "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) (memory.size)",
});

const lacking = sideModule({
  name: "lacking",
  imports: `(import "env" "nowhere" (func $nowhere (result i32)))`,
  call: "(call $nowhere)",
});
const scripted = sideModule({
  name: "scripted",
  fields: `(global (export "__em_js__run") i32 (i32.const 0))`,
});

const { engine, remove } = engineWithPackages({
  "counter.so": counter,
  "addresses.so": addresses,
  "libs/libbase.so": base,
  "user.so": user,
  "catcher.so": catcher,
  "jumper.so": jumper,
  "weak.so": weak,
  "grower.so": grower,
  "lacking.so": lacking,
  "scripted.so": scripted,
  "liar.so": sideModule({
    name: "liar",
    imports: `(import "env" "random_get" (func $random (param f64 externref)))`,
    call: "(call $random (f64.const 1e300) (ref.null extern)) (i32.const 0)",
  }),
  "caller.so": sideModule({
    name: "caller",
    imports: `(import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))`,
    call: "(call $random (i32.add (global.get $memory_base) (i32.const 64)) (i32.const 8))",
  }),
  "lone.so": sideModule({ name: "lone", needed: ["libgone.so"] }),
  "circle.so": sideModule({ name: "circle", needed: ["libother.so"] }),
  "libother.so": sideModule({ needed: ["circle.so"] }),
  "huge.so": sideModule({ name: "huge", memoryBytes: 0xffff_fff0 }),
  "wide.so": sideModule({ name: "wide", tableSlots: 0xffff_fff0 }),
  "tabled.so": sideModule({ name: "tabled", fields: "(table $own 5 funcref)" }),
  "empty.so": "",
  "cut.so": counter.subarray(0, 40),
  "plain.so": new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
  "pure/__init__.py": "value = 42",
});
after(remove);

async function resultOf(session: Session, code: string): Promise<string | undefined> {
  const { result, error } = await session.run(code);
  assert.equal(error, undefined);
  return result;
}

async function withSession(action: (session: Session) => Promise<void>): Promise<void> {
  const session = await openSession(engine, "python", {});
  try {
    await action(session);
  } finally {
    await session.close();
  }
}

test("native modules run: data, relocations, constructors, and addresses of functions and data", async () => {
  await withSession(async (session) => {
    // 0x400 from its data, 100 from relocating, 10 from its constructor.
    assert.equal(await resultOf(session, "import counter; counter.call(), counter.call()"), "(1135, 1136)");
    assert.equal(await resultOf(session, "import addresses; addresses.call()"), "42");
    assert.equal(
      await resultOf(session, "import pure; pure.value, pure.__file__"),
      "(42, '/usr/local/packages/pure/__init__.py')",
    );
  });
});

test("native modules use the libraries that they need, and throw and jump across them", async () => {
  await withSession(async (session) => {
    assert.equal(await resultOf(session, "import user; user.call()"), "10");
    assert.equal(await resultOf(session, "import catcher; catcher.call()"), "7");
    assert.equal(await resultOf(session, "import jumper; jumper.call()"), "1");
    assert.equal(await resultOf(session, "import weak; weak.call()"), "9");
    // A function of the host's, by the type that the interpreter itself has for it.
    assert.equal(await resultOf(session, "import caller; caller.call()"), "0");
  });
});

test("what cannot be linked is an ImportError with the reason, and the session goes on", async () => {
  await withSession(async (session) => {
    const reasons = {
      lacking: "has an undefined symbol: nowhere",
      scripted: "has JavaScript of its own, which is not run here",
      liar: "cannot be linked: ",
      lone: "needs libgone.so, which there is not",
      circle:
        "needs /usr/local/packages/libother.so, which needs /usr/local/packages/circle.so, which needs itself",
      huge: "asks for 4294967280 bytes of memory, which are not left",
      wide: "asks for 4294967280 slots of the function table, which are not left",
      tabled: "has a memory or a table of its own",
      empty: "is a malformed WebAssembly module: too short for a module at byte 0",
      cut: "is a malformed WebAssembly module",
      plain: "is no side module of Emscripten's: it has no section dylink.0",
    };
    for (const [name, reason] of Object.entries(reasons)) {
      const { exception } = await session.run(`import ${name}`);
      assert.equal(exception?.type, "ImportError", name);
      assert.ok(exception.message.startsWith(`/usr/local/packages/${name}.so ${reason}`), exception.message);
    }
    assert.equal(await resultOf(session, "import counter; counter.call()"), "1135");
  });
});

test("native code is loaded only from packages, never from what the guest wrote", async () => {
  await withSession(async (session) => {
    const { exception } = await session.run(`
import shutil, sys, os
shutil.copy("/usr/local/packages/counter.so", "/tmp/counter.so")
os.symlink("/usr/local/packages/jumper.so", "/tmp/jumper.so")
sys.path.insert(0, "/tmp")
import counter`);
    const reason = "is a native module of no package that the session was given";
    assert.equal(exception?.message, `/tmp/counter.so ${reason}`);
    const linked = await session.run("import jumper");
    assert.equal(linked.exception?.message, `/tmp/jumper.so ${reason}`);
    const write = await session.run("open('/usr/local/packages/counter.so', 'wb')");
    assert.equal(write.exception?.type, "OSError");
  });
});

test("a file of packages that was changed on the disk is not read", async () => {
  const other = engineWithPackages({
    "counter.so": counter,
    "pure.py": "value = 42",
    "good.py": "value = 1",
  });
  try {
    const bytes = readFileSync(other.path);
    for (const part of ["value = 42", "call\0"]) {
      const at = bytes.indexOf(part);
      assert.ok(at > 0);
      bytes[at] = 0x20;
    }
    writeFileSync(other.path, bytes);
    const session = await openSession(other.engine, "python", {});
    assert.equal((await session.run("import pure")).exception?.type, "OSError");
    const { exception } = await session.run("import counter");
    assert.equal(exception?.type, "ImportError");
    assert.equal(await resultOf(session, "import good; good.value"), "1");
    await session.close();
  } finally {
    other.remove();
  }
});

test("a native module cannot grow the memory past the session's maximum", async () => {
  const memoryBytes = 64 * 1024 * 1024;
  const session = await openSession(engine, "python", { memoryBytes });
  const pages = Number(await resultOf(session, "import grower; grower.call()"));
  assert.ok(pages * 65536 <= memoryBytes && (pages + 16) * 65536 > memoryBytes, String(pages));
  await session.close();
});

test("snapshots, forks, hibernation and rollbacks keep linked libraries, their data and their functions", async () => {
  const session = await openSession(engine, "python", {});
  await resultOf(session, "import counter, user, addresses, catcher, jumper; counter.call()");
  const everything = "counter.call(), user.call(), addresses.call(), catcher.call(), jumper.call()";
  const expected = "(1136, 10, 42, 7, 1)";
  const saved = await session.capture();

  const fork = await session.fork();
  assert.equal(await resultOf(fork, everything), expected);
  assert.equal(await resultOf(fork, "import weak; weak.call()"), "9");
  const again = await fork.snapshot();
  await fork.close();

  assert.equal(await resultOf(session, everything), expected);
  await session.restore(saved);
  await session.hibernate();
  assert.equal((await session.stats()).state, "hibernated");
  assert.equal(await resultOf(session, everything), expected);

  const other = await openSession(engine, "python", { snapshot: again });
  assert.equal(await resultOf(other, `${everything}, weak.call()`), "(1137, 10, 42, 7, 1, 9)");
  // The guest is ended by force; the session goes back to what it was.
  const stopped = await other.run("while True: pass", { timeoutMs: 50 });
  assert.equal(stopped.stopped, "timeout");
  assert.equal(await resultOf(other, "counter.call()"), "1138");
  await other.reset();
  assert.equal(await resultOf(other, "import counter; counter.call()"), "1135");
  await other.close();
  await session.close();
});

test("a forged record of linked libraries is refused, or harms only the forger's session", async () => {
  const session = await openSession(engine, "python", {});
  await resultOf(session, "import counter, user; counter.call()");
  const snapshot = await session.snapshot();
  await session.close();
  const [first, ...rest] = linkedOf(snapshot).libraries;
  assert.ok(first !== undefined && rest.length === 2);
  const forgeries: Record<string, unknown> = {
    "another file": { libraries: [{ ...first, path: "/tmp/counter.so" }], slots: [] },
    "another hash": { libraries: [{ ...first, hash: "0".repeat(64) }], slots: [] },
    "the same one twice": { libraries: [first, first], slots: [] },
    "without what it needs": { libraries: rest.slice(1), slots: [] },
    "over the interpreter's own slots": { libraries: [{ ...first, tableBase: 1 }], slots: [] },
    "beyond the table": { libraries: [{ ...first, tableBase: 2 ** 20 - 1 }], slots: [] },
    "beyond the memory": { libraries: [{ ...first, memoryBase: 2 ** 32 - 4 }], slots: [] },
    "at no place": { libraries: [{ ...first, memoryBase: 0 }], slots: [] },
    "not a list": { libraries: 1e9, slots: [] },
    "too many": { libraries: Array(1000).fill(first), slots: [] },
    "a slot that is no number": {
      libraries: [first],
      slots: [{ slot: "1", library: 0, name: "PyInit_counter" }],
    },
    "a slot too far": { libraries: [first], slots: [{ slot: 1e9, library: 0, name: "PyInit_counter" }] },
  };
  for (const [name, linked] of Object.entries(forgeries)) {
    await assert.rejects(
      openSession(engine, "python", { snapshot: forge(snapshot, linked) }),
      (error: { code?: string }) => /^(SNAPSHOT_DAMAGED|INVALID_SNAPSHOT)$/.test(error.code ?? ""),
      name,
    );
  }
  const odd = forge(snapshot, {
    libraries: [first, ...rest],
    slots: [{ slot: 5, library: 0, name: "PyInit_counter" }],
  });
  const other = await openSession(engine, "python", { snapshot: odd });
  await other.run("counter.call()");
  await other.close();
});

const headerStart = 8 + 4 + 32;

function headerOf(snapshot: Uint8Array) {
  const length = new DataView(snapshot.buffer, snapshot.byteOffset).getUint32(8, true);
  const text = snapshot.subarray(headerStart, headerStart + length);
  return {
    header: JSON.parse(new TextDecoder().decode(text)),
    body: snapshot.subarray(headerStart + length),
  };
}

function linkedOf(snapshot: Uint8Array): LinkedState {
  return headerOf(snapshot).header.process.linked;
}

function forge(snapshot: Uint8Array, linked: unknown): Uint8Array {
  const { header, body } = headerOf(snapshot);
  const text = Buffer.from(JSON.stringify({ ...header, process: { ...header.process, linked } }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const digest = createHash("sha256").update(text).digest();
  return Buffer.concat([snapshot.subarray(0, 8), length, digest, text, body]);
}
