// Answers over JSON lines reach the call that they name, once, and only while it waits; everything else is one error.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "./jsonl-processes.mjs";

async function open(t, args = []) {
  const server = serve(t, "pyrunner", args).read();
  await server.ask({ id: "f", op: "functions", functions: { ask: {} } });
  return server;
}

test("an answer to a call that does not wait is refused, whatever it is named", async (t) => {
  const server = await open(t);
  await server.ask({ id: "g", op: "functions", functions: { ask: {} }, session: "other" });
  server.send({ id: 1, code: "ask()" });
  await server.event(1);
  const forged = [
    "c0",
    "c2",
    "c01",
    "C1",
    "c1 ",
    " c1",
    "c1 default",
    "1",
    "__proto__",
    "constructor",
    "x".repeat(1000),
  ];
  for (const [index, call] of forged.entries()) {
    const id = `forged ${index}`;
    const { error } = await server.ask({
      id,
      op: index % 2 ? "return" : "suspend",
      call,
      ...(index % 2 ? { value: 1 } : {}),
    });
    assert.match(error, /^no call ".*" waits for an answer$/, call);
    assert.ok(error.length < 200);
  }
  for (const session of ["other", "none", "default default"]) {
    const { error } = await server.ask({ id: `of ${session}`, op: "return", call: "c1", value: 1, session });
    assert.match(error, /^no call "c1" waits/);
  }
  server.send({ op: "return", call: "c1", value: "right" });
  assert.equal((await server.answer(1)).result, "'right'");
  assert.deepEqual((await server.ask({ id: 2, op: "sessions" })).sessions.sort(), ["default", "other"]);
});

test("what is wrong with an answer leaves the call as it was", async (t) => {
  const server = await open(t);
  server.send({ id: 1, code: "ask()" });
  await server.event(1);
  const wrong = [
    [{}, /either the field "value" or the field "error"/],
    [{ value: 1, error: { message: "x" } }, /either the field/],
    [{ error: "no" }, /"error" is an object/],
    [{ error: { message: 5 } }, /"error" is \{/],
    [{ error: { message: "x", stack: "y" } }, /"error" is \{/],
    [{ value: { $bytes: "?" } }, /base64/],
    [{ value: { $object: 5 } }, /is not an object/],
    [{ value: 1, call: 1 }, /"call" is a string/],
    [{ value: 1, extra: 1 }, /there is no field "extra"/],
  ];
  for (const [index, [fields, reason]] of wrong.entries()) {
    const { error } = await server.ask({ id: `w${index}`, op: "return", call: "c1", ...fields });
    assert.match(error ?? "none", reason, JSON.stringify(fields));
  }
  server.sendLine('{"id":"n","op":"return","call":"c1","value":[12345678901234567890]}');
  assert.match((await server.answer("n")).error, /would be rounded/);
  server.sendLine('{"id":"d","op":"return","call":"c1","value":1,"value":2}');
  assert.match((await server.answer("d")).error, /given twice/);
  server.send({ op: "return", call: "c1", value: null });
  assert.deepEqual(await server.answer(1), { id: 1 });
});

test("the second answer to a call is refused, and so is one that comes after its run was stopped", async (t) => {
  const server = await open(t);
  server.send({ id: 1, code: "ask()" });
  await server.event(1);
  server.send({ op: "return", call: "c1", value: 1 }, { id: "again", op: "return", call: "c1", value: 2 });
  assert.match((await server.answer("again")).error, /no call "c1" waits/);
  assert.equal((await server.answer(1)).result, "1");
  server.send({ id: 2, code: "ask()" });
  await server.event(2);
  server.send({ id: 3, op: "interrupt", target: 2 });
  await server.answer(2);
  assert.match((await server.ask({ id: 4, op: "return", call: "c2", value: 1 })).error, /no call "c2" waits/);
  // What begins anew numbers its calls anew, and is not given what was for the one before.
  server.send({ id: 5, code: "ask()" });
  await server.event(5);
  server.send({ id: 6, op: "interrupt", target: 5 }, { id: 7, op: "reset" }, { id: 8, code: "ask()" });
  const { call } = await server.event(8);
  server.send({ op: "return", call, value: "new" });
  assert.equal((await server.answer(8)).result, "'new'");
});

test("a member __proto__ of a value is one like any other, and 64 MiB are one error", async (t) => {
  const server = await open(t, ["--max-call-bytes", "100MB"]);
  server.send({ id: 1, code: "r = ask()\nr['__proto__']['a'], len(r)", value: true });
  await server.event(1);
  server.sendLine('{"op":"return","call":"c1","value":{"__proto__":{"a":5}}}');
  assert.deepEqual((await server.answer(1)).value, [5, 1]);
  server.send({ id: 2, code: "len(ask(x={'__proto__': 1}))" });
  const { kwargs } = await server.event(2);
  assert.deepEqual(Object.keys(kwargs.x), ["__proto__"]);
  server.sendLine(`{"id":"big","op":"return","call":"c2","value":"${"x".repeat(64 * 2 ** 20)}"}`);
  const bytes = Buffer.alloc(45_000_000);
  server.send({ op: "return", call: "c2", value: { $bytes: bytes.toString("base64") } });
  assert.equal((await server.answer(2)).result, String(bytes.length));
  assert.match((await server.find(({ error }) => error !== undefined)).error, /longer than 67108864 bytes/);
});

test("a value that is larger than it may be is an error in the code, and the session goes on", async (t) => {
  const server = await open(t, ["--max-call-bytes", "1000"]);
  server.send({ id: 1, code: "ask()" });
  await server.event(1);
  server.send({ op: "return", call: "c1", value: "x".repeat(1001) });
  assert.match(
    (await server.answer(1)).error,
    /TypeError: what ask gave cannot cross: it is larger than 1000 bytes$/,
  );
  assert.match(
    (await server.ask({ id: 2, code: "ask('x' * 1001)" })).error,
    /ValueError: .* 1000 are allowed/,
  );
  assert.equal((await server.ask({ id: 3, code: "1" })).result, "1");
});
