import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { GuestLimit } from "../engine/messages.js";
import { createStopper } from "./stopper.js";

/** A thread that takes as much processor time as it is told, and notes what its owner does to it. */
function thread() {
  const done: string[] = [];
  const state = { cpuMs: 100, met: undefined as GuestLimit | undefined };
  return {
    done,
    state,
    handle: {
      notify: (level: 1 | 2) => void done.push(`notice ${level}`),
      metLimit: () => state.met,
      terminate: async () => void done.push("end"),
      cpuMs: () => state.cpuMs,
    },
  };
}

function withTimers(name: string, action: () => void): void {
  test(name, () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      action();
    } finally {
      mock.timers.reset();
    }
  });
}

withTimers("a run is asked, asked again, and ended", () => {
  const { handle, done } = thread();
  const stopper = createStopper(handle, { timeoutMs: 1000 });
  mock.timers.tick(999);
  assert.deepEqual([done, stopper.reason], [[], undefined]);
  mock.timers.tick(1);
  assert.deepEqual([done, stopper.reason], [["notice 1"], "timeout"]);
  mock.timers.tick(250);
  mock.timers.tick(750);
  assert.deepEqual(done, ["notice 1", "notice 2", "end"]);
});

withTimers("a run that waits for its processor keeps its processor time, however long that takes", () => {
  const { handle, state, done } = thread();
  const stopper = createStopper(handle, { cpuTimeoutMs: 500 });
  for (let second = 0; second < 60; second++) {
    mock.timers.tick(1000);
    state.cpuMs += 8;
  }
  assert.deepEqual([done, stopper.reason], [[], undefined]);
  state.cpuMs += 20;
  mock.timers.tick(1000);
  assert.deepEqual([done.slice(0, 1), stopper.reason], [["notice 1"], "cpu"]);
});

withTimers("a run is stopped for its processor time at once when that is used up", () => {
  const { handle, state } = thread();
  const stopper = createStopper(handle, { cpuTimeoutMs: 500 });
  for (let ms = 0; ms < 500; ms++) {
    assert.equal(stopper.reason, undefined);
    state.cpuMs++;
    mock.timers.tick(1);
  }
  mock.timers.tick(4);
  assert.equal(stopper.reason, "cpu");
});

withTimers("a limit that the guest has met comes before what its owner finds out later", () => {
  const { handle, state, done } = thread();
  const stopper = createStopper(handle, { timeoutMs: 1000 });
  // The owner was too busy to hear of it in time.
  state.met = "memory";
  mock.timers.tick(1000);
  assert.equal(stopper.reason, "memory");
  assert.deepEqual(done, [], "the guest has given itself the first notice");
  mock.timers.tick(250);
  assert.deepEqual(done, ["notice 2"]);
});

withTimers("a limit that is met is insisted on, and one that is not is nothing", () => {
  const { handle, state, done } = thread();
  const stopper = createStopper(handle, {});
  stopper.insist();
  mock.timers.tick(10_000);
  assert.deepEqual([done, stopper.reason], [[], undefined]);
  state.met = "output";
  stopper.insist();
  mock.timers.tick(250);
  mock.timers.tick(750);
  assert.deepEqual([done, stopper.reason], [["notice 2", "end"], "output"]);
});

withTimers("a limit that is longer than timers can be is kept to as well", () => {
  const { handle } = thread();
  const stopper = createStopper(handle, { timeoutMs: 2 ** 31 + 5 });
  mock.timers.tick(2 ** 31 - 1);
  assert.equal(stopper.reason, undefined);
  mock.timers.tick(6);
  assert.equal(stopper.reason, "timeout");
});

withTimers("nothing is done to a run that is over", () => {
  const { handle, done } = thread();
  const stop = new AbortController();
  const stopper = createStopper(handle, { timeoutMs: 10, cpuTimeoutMs: 10, signal: stop.signal });
  stopper.dispose();
  stop.abort();
  mock.timers.tick(10_000);
  assert.deepEqual(done, []);
});
