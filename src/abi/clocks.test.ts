import assert from "node:assert/strict";
import { test } from "node:test";
import { firstReadingUs, longestUs, readClock, systemClocks, virtualClocks } from "./clocks.js";

test("the host's monotonic clock goes on from where it is told, and never goes back when it is taken up again.", () => {
  const clocks = systemClocks({ monotonicUs: 5_000_000, cpuUs: 4_000_000 });
  const first = clocks.monotonicNs();
  assert.ok(first >= 5_000_000_000n && first < 6_000_000_000_000n);
  const later = systemClocks(clocks.save());
  assert.ok(later.monotonicNs() >= first);
  assert.ok(later.cpuNs() >= 4_000_000_000n);
});

test("processor time passes in the guest's work alone, and not while that sleeps.", () => {
  const clocks = systemClocks({ monotonicUs: 0, cpuUs: 7 });
  const spin = (untilNs: bigint) => {
    while (clocks.monotonicNs() < untilNs);
    return false;
  };
  spin(3_000_000n);
  assert.equal(clocks.cpuNs(), 7000n);
  clocks.work(() => {
    const before = clocks.cpuNs();
    clocks.sleep(5, () => spin(clocks.monotonicNs() + 5_000_000n));
    assert.ok(clocks.cpuNs() - before < 5_000_000n);
    spin(clocks.monotonicNs() + 1_000_000n);
    assert.ok(clocks.cpuNs() - before >= 1_000_000n);
  });
  const used = clocks.cpuNs();
  spin(clocks.monotonicNs() + 1_000_000n);
  assert.equal(clocks.cpuNs(), used);
  assert.ok(clocks.save().cpuUs >= 1000);
});

test("the host's wall clock is the time of day.", () => {
  const differenceMs =
    Number(systemClocks({ monotonicUs: 0, cpuUs: 0 }).realtimeNs() / 1_000_000n) - Date.now();
  assert.ok(Math.abs(differenceMs) < 60_000);
});

test("virtual clocks move by a microsecond for each reading, and by what sleeps ask for, without waiting.", () => {
  const waits: number[] = [];
  const wait = (timeoutMs: number) => {
    waits.push(timeoutMs);
    return false;
  };
  const clocks = virtualClocks({ monotonicUs: 10, wallOffsetUs: 1_000_000, cpuUs: 0 });
  assert.equal(clocks.monotonicNs(), 11_000n);
  assert.equal(clocks.realtimeNs(), 1_000_012_000n);
  assert.equal(clocks.cpuNs(), 3_000n);
  assert.equal(clocks.sleep(2.5, wait), false);
  assert.equal(clocks.sleep(0.0001, wait), false);
  assert.equal(clocks.monotonicNs(), 2_515_000n);
  assert.equal(clocks.cpuNs(), 5_000n);
  assert.deepEqual(waits, [0, 0]);
  assert.deepEqual(clocks.save(), { monotonicUs: 2516, wallOffsetUs: 1_000_000, cpuUs: 5 });
  assert.deepEqual(virtualClocks(clocks.save()).save(), clocks.save());
});

test("a sleep on virtual clocks that is to be broken off is.", () => {
  const clocks = virtualClocks({ monotonicUs: 0, wallOffsetUs: 0, cpuUs: 0 });
  assert.equal(
    clocks.sleep(5, () => true),
    true,
  );
});

test("no sleep leads virtual clocks out of their range: what has no end in it is waited for.", () => {
  const begin = { monotonicUs: firstReadingUs, wallOffsetUs: 1e15, cpuUs: 0 };
  for (const endless of [Number.POSITIVE_INFINITY, 1e300, 2 ** 53]) {
    const clocks = virtualClocks(begin);
    const waits: number[] = [];
    clocks.sleep(endless, (timeoutMs) => waits.push(timeoutMs) < 0);
    assert.deepEqual(waits, [endless]);
    assert.deepEqual(clocks.save(), begin);
  }
  const clocks = virtualClocks(begin);
  for (const none of [Number.NaN, -1, Number.NEGATIVE_INFINITY, 0]) clocks.sleep(none, (ms) => ms !== 0);
  assert.deepEqual(clocks.save(), begin);
});

test("virtual clocks at their very end stay there.", () => {
  const clocks = virtualClocks({ monotonicUs: longestUs, wallOffsetUs: 0, cpuUs: 7 });
  assert.equal(clocks.monotonicNs(), BigInt(longestUs) * 1000n);
  assert.equal(clocks.realtimeNs(), clocks.monotonicNs());
  assert.ok(clocks.realtimeNs() < 2n ** 63n);
  assert.equal(clocks.save().monotonicUs, longestUs);
});

test("there are four clocks, by their numbers.", () => {
  const clocks = virtualClocks({ monotonicUs: 0, wallOffsetUs: 0, cpuUs: 0 });
  assert.deepEqual(
    [0, 1, 2, 3].map((id) => readClock(clocks, id)),
    [1000n, 2000n, 3000n, 4000n],
  );
  for (const id of [-1, 4, 0.5]) assert.throws(() => readClock(clocks, id), { errno: "EINVAL" });
});
