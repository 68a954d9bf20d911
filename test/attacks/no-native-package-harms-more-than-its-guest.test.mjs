// Native code of packages may be hostile: it runs inside the guest, with all of the guest's memory and function table.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openSession } from "../../build/session/open-session.js";
import { engineWithPackages, sideModule } from "../../build/session/test-side-modules.js";

/** What `call()` does, by the module's name. */
const hostile = {
  traps: "(unreachable)",
  recurses: "(call $number)",
  overwrites: `(local $at i32)
    (loop $again
      (i64.store (local.get $at) (i64.const 0x4141414141414141))
      (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 20000000))))
    (i32.const 0)`,
  reaches_out: "(i32.load (i32.const 0xfffffff0))",
  calls_anything: `(local $slot i32)
    (loop $again
      (br_if $again (i32.lt_u (local.tee $slot (i32.add (local.get $slot) (i32.const 1))) (i32.const 3))))
    (call_indirect (param i32) (result i32) (i32.const 77) (i32.const 9000000))`,
  shifts_stack: "(global.set $stack (i32.const 16)) (i32.const 5)",
  breaks_table: `(table.set 0 (i32.const 1) (ref.null func))
    (table.fill 0 (i32.const 0) (ref.null func) (i32.const 8000)) (i32.const 5)`,
  fills_table: `(loop $again (br_if $again (i32.ne (table.grow 0 (ref.null func) (i32.const 10000)) (i32.const -1))))
    (if (i32.gt_u (table.size 0) (i32.const 1048576)) (then (loop $ever (br $ever)))) (i32.const 5)`,
  throws: "(throw $cpp (i32.const 12))",
};

const imports = `(import "env" "__stack_pointer" (global $stack (mut i32)))
  (import "env" "__cpp_exception" (tag $cpp (param i32)))`;
const files = Object.fromEntries(
  Object.entries(hostile).map(([name, call]) => [
    `${name}.so`,
    sideModule({
      name,
      imports,
      call: `(call $deed)`,
      fields: `(func $deed (result i32) ${call.replace("$number", "$deed")})`,
    }),
  ]),
);
const loops = { call: "(loop $ever (br $ever)) (unreachable)" };
const { engine, remove } = engineWithPackages({
  ...files,
  "loops.so": sideModule({ name: "loops", ...loops }),
  "slow_start.so": sideModule({
    name: "slow_start",
    fields: `(func (export "__wasm_call_ctors") (loop $ever (br $ever)))`,
  }),
  "bad_start.so": sideModule({
    name: "bad_start",
    fields: `(func (export "__wasm_call_ctors") (unreachable))`,
  }),
  "exits.so": sideModule({
    name: "exits",
    imports: `(import "env" "exit" (func $exit (param i32)))`,
    call: "(call $exit (i32.const 3)) (i32.const 0)",
  }),
});
after(remove);

for (const name of [...Object.keys(hostile), "exits"]) {
  test(`a native package that does its worst ends its own guest at most: ${name}`, async () => {
    const [session, other] = await Promise.all([
      openSession(engine, "python", {}),
      openSession(engine, "python", {}),
    ]);
    await other.run("y = 6");
    await session.run("x = 7");
    await session.run(`import ${name}\n${name}.call()`);
    // Whatever has become of it: a crash has put it back to where it was.
    const { result, error } = await session.run("x");
    assert.ok(result === "7" || error !== undefined);
    assert.equal((await other.run("y * 7")).result, "42");
    await session.reset();
    assert.equal((await session.run("'x' in globals()")).result, "False");
    await Promise.all([session.close(), other.close()]);
    const next = await openSession(engine, "python", {});
    assert.equal((await next.run("sum(range(10))")).result, "45");
    await next.close();
  });
}

for (const code of ["import loops; loops.call()", "import slow_start"]) {
  test(`a native package that never ends is stopped in time: ${code}`, async () => {
    const session = await openSession(engine, "python", {});
    await session.run("x = 7");
    assert.equal((await session.run(code, { timeoutMs: 300 })).stopped, "timeout");
    assert.equal((await session.run("x")).result, "7");
    await session.close();
  });
}

test("a native package that traps while it is linked is a crash, after which the session is as it was", async () => {
  const session = await openSession(engine, "python", {});
  await session.run("x = 7");
  const { error } = await session.run("import bad_start");
  assert.match(error ?? "", /crash/i);
  assert.equal((await session.run("x")).result, "7");
  await session.close();
});
