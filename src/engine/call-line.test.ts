import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostAnswer } from "../guest/host-line.js";
import { createCallLine } from "./call-line.js";

/** A line whose owner hears nothing, and says nothing, while the guest runs. */
function openAlone() {
  const mailed: HostAnswer[] = [];
  const posted: number[][] = [];
  let hasCome = () => {};
  const line = createCallLine(
    {
      unreachable: {
        reason: "nobody can",
        waitForMail: () =>
          new Promise((resolve) => {
            hasCome = resolve;
          }),
      },
      post: (calls) => void posted.push(calls.map(({ id }) => id)),
      wokeBySelf() {},
      take: () => mailed.shift(),
      signals: { events: () => 0, pending: () => false, waitForEvent() {} },
    },
    { maxCalls: 10, maxCallBytes: 1000 },
    1000,
    { isVirtual: false, sleep: () => assert.fail("it waits") },
    () => {},
  );
  const call = (id: number) => line.call({ id, name: "f", args: { json: "[[],{}]", bytes: [] } });
  const mail = (...answers: HostAnswer[]) => {
    mailed.push(...answers);
    hasCome();
  };
  return { line, call, mail, posted };
}

const value = (id: number): HostAnswer => ({ id, value: { json: "1", bytes: [] } });

test("where nothing reaches the guest, what awaits hears that its answer comes later, and is sent when the run waits", async () => {
  const { line, call, mail, posted } = openAlone();
  line.begin();
  call(1);
  call(2);
  assert.deepEqual(
    [line.receive(0), line.receive(0), line.receive(0)],
    [{ id: 1, isSuspended: true }, { id: 2, isSuspended: true }, undefined],
  );
  assert.deepEqual(posted, []);
  assert.deepEqual(line.suspended().calls, []);
  const goesOn = line.waitForAnswer();
  mail(value(2));
  assert.equal(await goesOn, true);
  assert.deepEqual(posted, [[1, 2]]);
  assert.deepEqual(line.receive(0), value(2));
  // The owner says that the other one comes another day: then the run is suspended.
  const ends = line.waitForAnswer();
  mail({ id: 1, isSuspended: true });
  assert.equal(await ends, false);
  assert.equal(line.receive(0), undefined);
  assert.deepEqual(line.suspended().calls, [1]);
});

test("where nothing reaches the guest, a call that waits fails at once, and is never made", async () => {
  const { line, call, posted } = openAlone();
  line.begin();
  call(1);
  call(2);
  assert.deepEqual(line.receive(Number.POSITIVE_INFINITY), {
    id: 2,
    error: { type: "HostError", message: "nobody can" },
  });
  line.cancel(1);
  assert.equal(await line.waitForAnswer(), false);
  line.end();
  assert.deepEqual(posted.flat(), []);
});
