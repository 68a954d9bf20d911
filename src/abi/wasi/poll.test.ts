import assert from "node:assert/strict";
import { test } from "node:test";
import { errnoNumbers } from "../../errno.js";
import { createStreamFile } from "../../vfs/stream-file.js";
import { createFixture, type Fixture } from "./wasi-fixture.js";

interface Wanted {
  readonly clock?: number;
  readonly timeoutNs?: bigint;
  readonly absolute?: boolean;
  readonly read?: number;
  readonly write?: number;
}

/** Waits for these, whose places in the list are their `userdata`; gives the outcome and the events. */
function poll(fixture: Fixture, wanted: Wanted[]) {
  const { memory, room, call } = fixture;
  const [input, output, count] = [room(48 * wanted.length), room(32 * wanted.length), room(4)];
  wanted.forEach(({ clock = 1, timeoutNs = 0n, absolute, read, write }, index) => {
    const at = input + index * 48;
    memory.setU64(at, BigInt(index));
    memory.setU8(at + 8, read !== undefined ? 1 : write !== undefined ? 2 : 0);
    memory.setU32(at + 16, read ?? write ?? clock);
    memory.setU64(at + 24, timeoutNs);
    memory.setU16(at + 40, absolute === true ? 1 : 0);
  });
  const outcome = call("poll_oneoff", input, output, wanted.length, count);
  const events = Array.from({ length: outcome === "OK" ? memory.u32(count) : 0 }, (_, index) => ({
    from: Number(memory.u64(output + index * 32)),
    errno: memory.u16(output + index * 32 + 8),
    type: memory.u8(output + index * 32 + 10),
    bytes: Number(memory.u64(output + index * 32 + 16)),
    flags: memory.u16(output + index * 32 + 24),
  }));
  return { outcome, events };
}

test("a relative clock waits for its span, once", () => {
  const fixture = createFixture();
  const { events } = poll(fixture, [{ timeoutNs: 250_000_000n }]);
  assert.deepEqual(events, [{ from: 0, errno: 0, type: 0, bytes: 0, flags: 0 }]);
  assert.deepEqual(fixture.waits, [250]);
});

test("an absolute clock waits for its moment, and one that has passed does not wait", () => {
  const fixture = createFixture();
  const now = fixture.host.clocks.realtimeNs();
  poll(fixture, [{ clock: 0, timeoutNs: now + 3_000_000n, absolute: true }]);
  assert.deepEqual(fixture.waits, [3]);
  poll(fixture, [{ clock: 0, timeoutNs: now, absolute: true }]);
  assert.deepEqual(fixture.waits, [3]);
});

test("of several clocks the first one due ends the wait, and only it is reported", () => {
  const fixture = createFixture();
  const { events } = poll(fixture, [{ timeoutNs: 9_000_000n }, { timeoutNs: 4_000_000n }]);
  assert.deepEqual(
    events.map(({ from }) => from),
    [1],
  );
  assert.deepEqual(fixture.waits, [4]);
});

test("files and streams that are ready are reported without a wait, with the bytes at hand", () => {
  const stdin = createStreamFile({
    type: "fifo",
    read: () => 0,
    poll: () => ({ ready: true, bytes: 12, hangup: true }),
  });
  const fixture = createFixture({ stdin });
  const { events } = poll(fixture, [{ timeoutNs: 10n ** 12n }, { read: 0 }, { write: 1 }]);
  assert.deepEqual(events, [
    { from: 1, errno: 0, type: 1, bytes: 12, flags: 1 },
    { from: 2, errno: 0, type: 2, bytes: 0, flags: 0 },
  ]);
  assert.deepEqual(fixture.waits, []);
});

test("a stream that is not ready is asked again until it is, or until the clock is due", () => {
  let asked = 0;
  const poller = () => ({ ready: ++asked > 4, bytes: 1, hangup: false });
  const stdin = createStreamFile({ type: "fifo", read: () => 0, poll: poller });
  const patient = createFixture({ stdin });
  assert.deepEqual(
    poll(patient, [{ read: 0 }]).events.map(({ from }) => from),
    [0],
  );
  assert.deepEqual(patient.waits, [1, 2, 4, 8]);
  asked = -1000;
  const timed = createFixture({ stdin });
  const { events } = poll(timed, [{ read: 0 }, { timeoutNs: 5_000_000n }]);
  assert.deepEqual(
    events.map(({ from }) => from),
    [1],
  );
  assert.equal(
    timed.waits.reduce((sum, each) => sum + each),
    5,
  );
});

test("what is wrong with one subscription is its event; the others still count", () => {
  const fixture = createFixture();
  const { outcome, events } = poll(fixture, [
    { read: 77 },
    { clock: 9 },
    { read: 3 },
    { write: 0 },
    { timeoutNs: 0n },
  ]);
  assert.equal(outcome, "OK");
  assert.deepEqual(
    events.map(({ from, errno }) => [from, errno]),
    [
      [0, errnoNumbers.EBADF],
      [1, errnoNumbers.EINVAL],
      [2, errnoNumbers.EISDIR],
      [3, errnoNumbers.EBADF],
      [4, 0],
    ],
  );
});

test("a wait that the host breaks off is EINTR", () => {
  assert.equal(poll(createFixture({ wait: () => true }), [{ timeoutNs: 10n ** 18n }]).outcome, "EINTR");
});

test("no subscription, too many, and unknown kinds are refused", () => {
  const { call, memory, room } = createFixture();
  assert.equal(call("poll_oneoff", 0, 0, 0, 0), "EINVAL");
  assert.equal(call("poll_oneoff", 0, 0, 4097, 0), "EINVAL");
  const at = room(48);
  memory.setU8(at + 8, 3);
  assert.equal(call("poll_oneoff", at, room(32), 1, room(4)), "EINVAL");
});
