import assert from "node:assert/strict";
import { test } from "node:test";
import { sameBytes, sameBytesAnywhere } from "./same-bytes.js";

for (const [platform, same] of [
  ["with Node.js", sameBytes],
  ["without it", sameBytesAnywhere],
] as const) {
  test(`every byte counts when bytes are compared ${platform}, wherever they begin`, () => {
    for (const [start, otherStart, length] of [
      [0, 0, 16],
      [4, 8, 12],
      [1, 0, 9],
      [3, 3, 7],
      [0, 4, 0],
    ] as const) {
      const bytes = Uint8Array.from({ length: 24 }, (_, index) => index + 1);
      const other = new Uint8Array(24);
      other.set(bytes.subarray(start, start + length), otherStart);
      assert.ok(same(bytes, start, other, otherStart, length));
      for (let index = 0; index < length; index++) {
        const changed = other.slice();
        changed[otherStart + index] = 0;
        assert.ok(!same(bytes, start, changed, otherStart, length), `${start} ${otherStart} ${index}`);
      }
      other.fill(0, 0, otherStart);
      other.fill(0, otherStart + length);
      assert.ok(same(bytes, start, other, otherStart, length));
    }
  });
}
