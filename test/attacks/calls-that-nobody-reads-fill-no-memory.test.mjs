// A client that declares functions and reads no calls costs a bounded amount of memory, and no call is lost to it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serve } from "./jsonl-processes.mjs";

const megabyte = 1_000_000;

test("10,000 calls at once, and calls with many megabytes, wait for their reader, who gets each of them", async (t) => {
  const server = serve(t, "pyrunner", ["--max-calls", "20000"]);
  server.send({ id: "f", op: "functions", functions: { ask: {} } });
  const many =
    "import asyncio\nr = await asyncio.gather(*[ask.aio(n, 'x' * 1000) for n in range(10_000)])\nsum(r)";
  const large = "r = await asyncio.gather(*[ask.aio(n, b'x' * 3_000_000) for n in range(15)])\nsum(r)";
  server.send({ id: "many", code: many }, { id: "large", code: large });
  await server.rest();
  assert.ok(server.peakBytes() < 500 * megabyte, `${Math.round(server.peakBytes() / megabyte)} MB`);
  let answered = 0;
  server.read();
  server.child.stdout.on("data", () => {
    for (; answered < server.lines.length; answered++) {
      const { event, call, args } = server.lines[answered];
      if (event === "call") server.send({ op: "return", call, value: args[0] });
    }
  });
  assert.equal((await server.answer("many")).result, String((10_000 * 9_999) / 2));
  assert.equal((await server.answer("large")).result, String((15 * 14) / 2));
  assert.equal(server.lines.filter(({ event }) => event === "call").length, 10_015);
  assert.ok(server.peakBytes() < 900 * megabyte, `${Math.round(server.peakBytes() / megabyte)} MB`);
  assert.equal((await server.end()).code, 0);
});

test("a run whose calls nobody reads is reached by an interrupt, and by the end of the input", async (t) => {
  const server = serve(t, "pyrunner");
  server.send({ id: "f", op: "functions", functions: { ask: {} } });
  const code = "import asyncio\nawait asyncio.gather(*[ask.aio(b'x' * 3_000_000) for n in range(10)])";
  server.send({ id: 1, code }, { id: 2, code });
  await server.rest();
  server.send({ id: 3, op: "interrupt", target: 1 });
  await server.rest();
  const ended = server.end();
  server.read();
  assert.equal((await ended).code, 1);
  const stopped = server.lines.filter(({ stopped }) => stopped === "interrupt").map(({ id }) => id);
  assert.deepEqual(stopped, [1, 2]);
});

test("code that catches its stop and calls again ends all the same when the input has ended", async (t) => {
  const server = serve(t, "pyrunner").read();
  await server.ask({ id: "f", op: "functions", functions: { ask: {} } });
  server.send({ id: 1, code: "while True:\n    try: ask()\n    except BaseException: pass" });
  await server.event(1);
  assert.equal((await server.end()).code, 1);
  assert.equal(server.lines.at(-1).stopped, "interrupt");
});
