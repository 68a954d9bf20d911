import assert from "node:assert/strict";
import { test } from "node:test";
import { createFixture } from "./wasi-fixture.js";

test("arguments arrive zero-terminated, in order, as UTF-8", () => {
  const { succeed, memory, room } = createFixture();
  const [count, size] = [room(4), room(4)];
  succeed("args_sizes_get", count, size);
  assert.equal(memory.u32(count), 3);
  const [pointers, buffer] = [room(12), room(memory.u32(size))];
  succeed("args_get", pointers, buffer);
  const read = [0, 4, 8].map((offset) => memory.zeroTerminatedString(memory.u32(pointers + offset), 99));
  assert.deepEqual(read, ["program", "one", "zwei ü"]);
});

test("the environment is what the host gave, and nothing else", () => {
  const { succeed, memory, room } = createFixture();
  const [count, size] = [room(4), room(4)];
  succeed("environ_sizes_get", count, size);
  assert.deepEqual([memory.u32(count), memory.u32(size)], [2, "HOME=/".length + "LANG=C".length + 2]);
  const [pointers, buffer] = [room(8), room(memory.u32(size))];
  succeed("environ_get", pointers, buffer);
  const read = [0, 4].map((offset) => memory.zeroTerminatedString(memory.u32(pointers + offset), 99));
  assert.deepEqual(read, ["HOME=/", "LANG=C"]);
});

test("a string that would end early is refused when the guest is made", () => {
  assert.throws(() => createFixture({ args: ["a\0b"] }), TypeError);
  assert.throws(() => createFixture({ env: { A: "b\0" } }), TypeError);
});

test("each clock has a time and a resolution, and unknown clocks have none", () => {
  const { call, succeed, memory, room, host } = createFixture();
  const out = room(8);
  succeed("clock_time_get", 0, 0n, out);
  assert.equal(memory.u64(out), host.clocks.realtimeNs());
  succeed("clock_time_get", 3, 0n, out);
  assert.equal(memory.u64(out), 5n);
  for (const id of [0, 1, 2, 3]) {
    succeed("clock_res_get", id, out);
    assert.ok(memory.u64(out) > 0n);
  }
  assert.equal(call("clock_time_get", 4, 0n, out), "EINVAL");
  assert.equal(call("clock_res_get", -1, out), "EINVAL");
});

test("random bytes fill exactly the buffer", () => {
  const sizes: number[] = [];
  const { succeed, memory, room } = createFixture({
    randomness: {
      fill(buffer) {
        sizes.push(buffer.length);
        buffer.fill(7);
      },
    },
  });
  const at = room(150_008);
  succeed("random_get", at, 150_000);
  assert.deepEqual(sizes, [150_000]);
  assert.deepEqual([memory.u8(at + 149_999), memory.u8(at + 150_000)], [7, 0]);
});
