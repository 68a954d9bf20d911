// Cells that wait for answers from outside: for days, at any worker.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gathered, startService } from "./service.mjs";

let service;
before(async () => {
  service = await startService();
});
after(() => service.end());

const functions = {
  approve: { parameters: { type: "object", properties: { amount: { type: "number" } } } },
  ask: {},
};

test("a cell that calls a function of the outside is suspended, and goes on when the call is answered by its id", async () => {
  await service.create("pay", { language: "python", functions });
  const { body } = await service.cell(
    "pay",
    "ok = await approve.aio(250)\n'paid' if ok else 'refused'",
    "p1",
  );
  assert.equal(body.status, "suspended");
  const [{ call, ...rest }] = body.result.suspended;
  assert.deepEqual(rest, { function: "approve", args: [], kwargs: { amount: 250 } });
  assert.equal((await service.ask("GET", "/v1/sessions/pay")).body.suspended_cell, "p1");
  const refused = await service.cell("pay", "1 + 1");
  assert.deepEqual([refused.status, refused.body.code], [409, "SUSPENDED"]);
  assert.equal(
    (await service.cell("pay", "ok = await approve.aio(250)\n'paid' if ok else 'refused'", "p1")).body.status,
    "suspended",
  );
  // Its interpreter is not needed meanwhile.
  await service.ask("POST", "/v1/sessions/pay/evict");
  const answer = await service.ask("POST", `/v1/calls/${call}`, { value: true });
  assert.deepEqual([answer.status, answer.body.cell, answer.body.status], [200, "p1", "ended"]);
  assert.equal(answer.body.result.result, "'paid'");
  const again = await service.ask("POST", `/v1/calls/${call}`, { value: true });
  assert.equal(again.body.result.result, "'paid'");
  const other = await service.ask("POST", `/v1/calls/${call}`, { value: false });
  assert.deepEqual([other.status, other.body.code], [409, "CALL_ANSWERED"]);
  assert.equal((await service.run("pay", "ok, 1")).result, "(True, 1)");
});

test("answers come one by one or together, as values, bytes or errors, and calls that still wait keep their ids", async () => {
  await service.create("many", { language: "javascript", functions });
  const code =
    "const r = await Promise.allSettled([approve(1), approve(2), ask({ q: 3 })]); JSON.stringify(r.map((x) => x.value ?? x.reason.message))";
  const { body } = await service.cell("many", { code, value: true }, "m1");
  const [one, two, three] = body.result.suspended.map(({ call }) => call);
  const first = await service.ask("POST", `/v1/calls/${two}`, { error: { type: "Error", message: "no" } });
  assert.deepEqual(
    first.body.result.suspended.map(({ call }) => call),
    [one, three],
  );
  const both = await service.ask("POST", "/v1/sessions/many/resume", {
    answers: [
      { call: one, value: { $bytes: "AAE=" } },
      { call: three, value: 9 },
    ],
  });
  assert.equal(both.body.result.value, '[{"0":0,"1":1},"no",9]');
  const late = await service.ask("POST", "/v1/sessions/many/resume", { answers: [{ call: one, value: 1 }] });
  assert.equal(late.body.code, "CALL_ANSWERED");
});

test("a cell that goes on is told of as events, and can be interrupted", async () => {
  await service.create("flow", { language: "python", functions });
  const code = "import time\na = await approve.aio(1)\nprint('on')\nwhile True: time.sleep(0.01)";
  const { body } = await service.cell("flow", code, "f1");
  const [{ call }] = body.result.suspended;
  const events = service.events("POST", `/v1/calls/${call}`, { value: 1 });
  while ((await events.next()).value.event !== "output");
  assert.equal((await service.ask("POST", "/v1/sessions/flow/cells/f1/interrupt")).status, 204);
  const { event, data } = (await gathered(events)).at(-1);
  assert.deepEqual([event, data.cell, data.result.stopped], ["result", "f1", "interrupt"]);
});

test("what is no answer leaves the cell as it waits", async () => {
  await service.create("strict", { language: "python", functions });
  const { body } = await service.cell("strict", "v = await approve.aio(1)\nv", "s1");
  const [{ call }] = body.result.suspended;
  for (const [answer, status] of [
    [{}, 400],
    [{ value: 1, error: { message: "x" } }, 400],
    [{ error: { type: "X" } }, 400],
    [{ value: { $bytes: "!" } }, 400],
    [{ value: 1, more: 2 }, 400],
    [{ value: 2 ** 60 }, 400],
  ]) {
    assert.equal(
      (await service.ask("POST", `/v1/calls/${call}`, answer)).status,
      status,
      JSON.stringify(answer),
    );
  }
  assert.equal((await service.ask("POST", `/v1/calls/${call.slice(0, -1)}`, { value: 1 })).status, 404);
  assert.equal(
    (await service.ask("POST", "/v1/sessions/pay/resume", { answers: [{ call, value: 1 }] })).status,
    404,
  );
  assert.equal(
    (await service.ask("POST", "/v1/sessions/strict/fork", { key: "strict-2" })).body.code,
    "SUSPENDED",
  );
  assert.equal((await service.ask("POST", `/v1/calls/${call}`, { value: 5 })).body.result.result, "5");
});

test("a reset is a way out of waiting: the cell is lost with its calls", async () => {
  await service.create("out", { language: "python", functions });
  const { body } = await service.cell("out", "await approve.aio(1)", "o1");
  const [{ call }] = body.result.suspended;
  assert.equal((await service.ask("POST", "/v1/sessions/out/reset")).status, 204);
  assert.equal((await service.ask("POST", `/v1/calls/${call}`, { value: 1 })).status, 404);
  assert.equal((await service.ask("GET", "/v1/sessions/out/cells/o1")).body.status, "lost");
  assert.equal((await service.run("out", "x = 1; x")).result, "1");
});

test("arguments without a name are those of the schema in its own order, whatever the store does with it", async () => {
  const properties = { what: { type: "string" }, amount: { type: "number" } };
  const spec = { language: "python", functions: { pay: { parameters: { type: "object", properties } } } };
  await service.create("order", spec);
  // Members in another order are the same spec.
  assert.equal(
    (await service.ask("PUT", "/v1/sessions/order", Object.fromEntries(Object.entries(spec).reverse())))
      .status,
    200,
  );
  await service.ask("POST", "/v1/sessions/order/evict");
  const { suspended } = await service.run("order", "await pay.aio('tea', 3)");
  assert.deepEqual(suspended[0].kwargs, { what: "tea", amount: 3 });
});
