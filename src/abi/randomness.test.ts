import assert from "node:assert/strict";
import { test } from "node:test";
import { randomStateOf, seededRandomness, systemRandomness } from "./randomness.js";

const take = (randomness: { fill(bytes: Uint8Array): void }, count: number) => {
  const bytes = new Uint8Array(count);
  randomness.fill(bytes);
  return Buffer.from(bytes);
};

test("the host's randomness fills a buffer of any length, in shared memory too.", () => {
  for (const buffer of [new ArrayBuffer(200_000), new SharedArrayBuffer(200_000)]) {
    const bytes = new Uint8Array(buffer);
    systemRandomness().fill(bytes);
    for (const at of [0, 65_536, 131_072, 199_000]) {
      assert.ok(
        bytes.subarray(at, at + 1000).some((byte) => byte !== 0),
        `at ${at}`,
      );
    }
  }
});

test("the generator gives the words that its authors' code gives.", () => {
  const bytes = take(seededRandomness([1, 2, 3, 4]), 16);
  const words = [0, 4, 8, 12].map((at) => bytes.readUInt32LE(at));
  assert.deepEqual(words, [11520, 0, 5927040, 70819200]);
});

test("the same seed gives the same bytes, another seed others, and a stored generator goes on.", () => {
  const first = seededRandomness(randomStateOf("1"));
  const head = take(first, 1001);
  const rest = take(seededRandomness(first.save()), 64);
  const again = seededRandomness(randomStateOf("1"));
  assert.deepEqual(take(again, 1001), head);
  assert.deepEqual(take(again, 64), rest);
  const seeds = ["", "1", "2", "11", "é", "seed", "1".repeat(1000)];
  const beginnings = seeds.map((seed) => take(seededRandomness(randomStateOf(seed)), 32).toString("hex"));
  assert.equal(new Set(beginnings).size, seeds.length);
});

test("the bytes of the generator are spread evenly.", () => {
  const counts = new Array<number>(256).fill(0);
  for (const byte of take(seededRandomness(randomStateOf("spread")), 256 * 1000)) {
    counts[byte] = (counts[byte] ?? 0) + 1;
  }
  assert.ok(Math.min(...counts) > 850 && Math.max(...counts) < 1150);
});
