import assert from "node:assert/strict";
import { test } from "node:test";
import { longestUs } from "./clocks.js";
import { type DoorsState, isDoorsState, latestStartMs, openDoors } from "./doors.js";

const settings = { seed: "7", startTimeMs: 1_000_000_000_000 };

const readAll = ({ clocks, randomness }: ReturnType<typeof openDoors>) => {
  const bytes = new Uint8Array(5);
  randomness.fill(bytes);
  return [clocks.realtimeNs(), clocks.monotonicNs(), clocks.cpuNs(), ...bytes].join(" ");
};

test("doors with the same settings give the same, and so do those that go on from their state.", () => {
  const [first, second] = [openDoors(settings), openDoors(settings)];
  assert.equal(readAll(first), readAll(second));
  const third = openDoors();
  third.restore(first.save());
  assert.equal(readAll(third), readAll(first));
  assert.notEqual(readAll(openDoors({ ...settings, seed: "8" })), readAll(openDoors(settings)));
});

test("a wall clock begins with the start time, and storing it does not move it.", () => {
  const doors = openDoors(settings);
  doors.save();
  assert.equal(doors.clocks.realtimeNs(), 1_000_000_000_000_001_000n);
});

test("doors that begin anew keep their monotonic clock.", () => {
  for (const doors of [openDoors(), openDoors(settings)]) {
    const before = doors.clocks.monotonicNs();
    doors.begin({ seed: "1", startTimeMs: 5000 });
    assert.ok(doors.clocks.monotonicNs() > before);
    assert.equal(doors.clocks.realtimeNs(), 5_000_002_000n);
    assert.equal(doors.clocks.isVirtual, true);
  }
});

test("the state of doors comes through JSON, and what no door can be in is refused.", () => {
  for (const doors of [openDoors(), openDoors(settings), openDoors({ seed: "", startTimeMs: 0 })]) {
    assert.ok(isDoorsState(JSON.parse(JSON.stringify(doors.save()))));
  }
  const good = openDoors({ seed: "1", startTimeMs: latestStartMs }).save();
  const { virtual } = good;
  assert.ok(virtual !== undefined && isDoorsState(good));
  const wrong: unknown[] = [
    undefined,
    null,
    7,
    [],
    {},
    { monotonicUs: -1, cpuUs: 0 },
    { monotonicUs: 0.5, cpuUs: 0 },
    { monotonicUs: 2 ** 53, cpuUs: 0 },
    { monotonicUs: 0 },
    { monotonicUs: 0, cpuUs: -1 },
    { monotonicUs: 0, cpuUs: 2 ** 53 },
    { monotonicUs: "1", cpuUs: 0 },
    { ...good, virtual: null },
    { ...good, virtual: {} },
    { ...good, virtual: { ...virtual, wallOffsetUs: longestUs } },
    { ...good, virtual: { ...virtual, wallOffsetUs: -good.monotonicUs - 1 } },
    { ...good, virtual: { ...virtual, wallOffsetUs: Number.NaN } },
    { ...good, virtual: { ...virtual, random: [0, 0, 0, 0] } },
    { ...good, virtual: { ...virtual, random: [1, 2, 3] } },
    { ...good, virtual: { ...virtual, random: [1, 2, 3, 2 ** 32] } },
    { ...good, virtual: { ...virtual, random: [1, 2, 3, 0.5] } },
  ];
  for (const state of wrong) assert.equal(isDoorsState(state), false, JSON.stringify(state));
});

test("whatever accepted state doors begin from, what they read fits into 63 bits and does not go back.", () => {
  const random = [1, 2, 3, 4] as const;
  const states: DoorsState[] = [
    { monotonicUs: longestUs, cpuUs: longestUs },
    { monotonicUs: longestUs, cpuUs: longestUs, virtual: { wallOffsetUs: -longestUs, random } },
    { monotonicUs: 0, cpuUs: 0, virtual: { wallOffsetUs: longestUs, random } },
  ];
  for (const state of states) {
    assert.ok(isDoorsState(state));
    const doors = openDoors();
    doors.restore(state);
    let last = -1n;
    for (let count = 0; count < 5; count++) {
      doors.clocks.sleep(1e9, () => false);
      const reading = doors.clocks.monotonicNs();
      assert.ok(reading >= last && reading < 2n ** 63n);
      assert.ok(doors.clocks.realtimeNs() >= 0n && doors.clocks.realtimeNs() < 2n ** 63n);
      last = reading;
      assert.ok(isDoorsState(doors.save()));
    }
  }
});
