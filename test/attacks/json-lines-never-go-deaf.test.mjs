// However many requests wait, the next one is read: an interrupt behind them reaches the run that they wait for, and
// what is too much is answered with an error and costs no memory.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { dialects, serve } from "./jsonl-processes.mjs";

const megabyte = 1_000_000;

for (const [command, dialect] of Object.entries(dialects)) {
  describe(`${command} --jsonl`, () => {
    /** A server with a run that does not end, which has begun. */
    async function busy(t) {
      const server = serve(t, command).read();
      server.send({ id: "first", code: dialect.set(0) });
      server.send({ id: "loop", code: dialect.announceAndLoop, stream: true });
      await server.find(({ event }) => event === "output");
      return server;
    }

    test("an interrupt behind 5,000 requests ends the run that they wait for, and all of them are done then", async (t) => {
      const server = await busy(t);
      const ids = Array.from({ length: 5000 }, (_, id) => id);
      server.send(...ids.map((id) => ({ id, code: dialect.set(id) })));
      server.send({ id: "names", op: "sessions" }, { id: "stop", op: "interrupt", target: "loop" });
      await server.find(({ id }) => id === "names");
      await server.find(({ id }) => id === "stop");
      assert.equal((await server.find(({ id, event }) => id === "loop" && !event)).stopped, "interrupt");
      assert.deepEqual(await server.end(), { code: 0, signal: null, stderr: "" });
      const answered = server.lines.filter(({ id }) => typeof id === "number");
      assert.deepEqual(
        answered.map(({ id, error }) => [id, error]),
        ids.map((id) => [id, undefined]),
      );
    });

    test("one that waits behind thousands can be called off", async (t) => {
      const server = await busy(t);
      server.send(...Array.from({ length: 3000 }, (_, id) => ({ id, code: dialect.set(id) })));
      server.send({ id: "last", code: dialect.set(-1) }, { id: "get", code: dialect.get });
      server.send({ id: 0, op: "interrupt", target: "last" }, { id: 0, op: "interrupt", target: "loop" });
      const { stopped, state } = await server.find(({ id }) => id === "last");
      assert.deepEqual([stopped, state], ["interrupt", "kept"]);
      assert.equal((await server.find(({ id }) => id === "get")).result, "2999");
      await server.end();
    });

    test("what is over the bound is answered at once, and nothing of it is done", async (t) => {
      const server = await busy(t);
      const padding = `${command === "pyrunner" ? "#" : "//"}${"x".repeat(10 * megabyte)}`;
      const ids = Array.from({ length: 12 }, (_, id) => id);
      server.send(...ids.map((id) => ({ id, code: dialect.set(id) + padding })));
      const { id: refused } = await server.find(({ error }) => error?.startsWith("Too many requests"));
      assert.ok(refused > 0);
      server.send({ id: "small", code: dialect.set(50) });
      server.send({ id: "stop", op: "interrupt", target: "loop" });
      await server.find(({ id }) => id === "stop");
      await server.find(({ id }) => id === ids.length - 1);
      // There is room again.
      await server.find(({ id }) => id === refused - 1);
      server.send({ id: "get", code: dialect.get });
      const { result } = await server.find(({ id }) => id === "get");
      assert.ok([String(refused - 1), "50"].includes(result), result);
      assert.equal((await server.end()).code, 0);
      for (const id of ids) assert.equal(server.lines.filter((line) => line.id === id).length, 1);
    });
  });
}

test("100,000 requests and as many interrupts that wait, all of whose answers are read, take a bounded amount of memory", async (t) => {
  const server = serve(t, "jsrunner").read();
  server.send({ id: "loop", code: dialects.jsrunner.announceAndLoop, stream: true });
  await server.find(({ event }) => event === "output");
  for (let batch = 0; batch < 100; batch++) {
    const requests = Array.from({ length: 1000 }, (_, at) => ({ id: 1000 * batch + at, code: "0" }));
    server.send(...requests, { id: `nobody ${batch}`, op: "interrupt", target: "nobody" });
    await server.find(({ id }) => id === `nobody ${batch}`);
  }
  const peak = server.peakBytes();
  assert.ok(peak < 400 * megabyte, `${Math.round(peak / megabyte)} MB`);
  server.send({ id: "stop", op: "interrupt", target: "loop" });
  assert.equal((await server.end()).code, 0);
  const seen = new Set(server.lines.map(({ id }) => id));
  for (let id = 0; id < 100_000; id++) assert.ok(seen.has(id), `${id} has no answer`);
});

test("a client that reads nothing of what is answered at once takes a bounded amount of memory, and gets all of it", async (t) => {
  const server = serve(t, "jsrunner");
  const count = 60_000;
  const target = "x".repeat(900);
  for (let id = 0; id < count; id++) server.send({ id, op: "interrupt", target });
  await server.rest();
  const peak = server.peakBytes();
  assert.ok(peak < 300 * megabyte, `${Math.round(peak / megabyte)} MB`);
  server.read();
  assert.equal((await server.end()).code, 0);
  assert.equal(server.lines.length, count);
});
