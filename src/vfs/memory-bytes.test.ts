import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryBudget } from "./memory-budget.js";
import { MemoryBytes, pieceBytes } from "./memory-bytes.js";

test("3,000 random writes, cuts and allocations leave the bytes that a plain array would have", () => {
  let state = 7;
  const random = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const limit = 5 * pieceBytes;
  const budget = createMemoryBudget({ maxBytes: 2 * limit });
  const bytes = new MemoryBytes(budget);
  const model = new Uint8Array(limit);
  let size = 0;
  for (let count = 0; count < 3000; count++) {
    // Near the borders of pieces as often as anywhere.
    const offset = random(2) === 0 ? random(limit) : Math.max(0, random(5) * pieceBytes + random(5) - 2);
    const length = Math.min(random(random(10) === 0 ? 2 * pieceBytes : 300), limit - offset);
    switch (random(4)) {
      case 0: {
        bytes.truncate(offset);
        if (offset < size) model.fill(0, offset);
        size = offset;
        break;
      }
      case 1: {
        if (length === 0) break;
        bytes.allocate(offset, length);
        size = Math.max(size, offset + length);
        break;
      }
      default: {
        const written = new Uint8Array(length).fill(1 + random(255));
        assert.equal(bytes.write(written, offset), length);
        model.set(written, offset);
        if (length > 0) size = Math.max(size, offset + length);
      }
    }
    assert.equal(bytes.size, size);
    const buffer = new Uint8Array(length + 10).fill(255);
    const read = bytes.read(buffer, offset);
    assert.equal(read, Math.max(0, Math.min(buffer.length, size - offset)));
    assert.ok(Buffer.compare(buffer.subarray(0, read), model.subarray(offset, offset + read)) === 0);
    assert.ok(budget.bytes >= 0 && budget.bytes <= limit + pieceBytes, `${budget.bytes}`);
  }
  const all = new Uint8Array(size);
  bytes.read(all, 0);
  assert.deepEqual(all, model.subarray(0, size));
  bytes.free();
  assert.equal(budget.bytes, 0);
});
