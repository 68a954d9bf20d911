import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame, encodeFrame, FrameError } from "./frames.js";

const bounds = { parts: 3, head: { bytes: 100, depth: 2, members: 5 } };
const bytesOf = (text: string) => new TextEncoder().encode(text);
const plain = encodeFrame({ head: { a: 0 }, parts: [bytesOf("é"), bytesOf("")] });

/** The frame with some of its bytes changed. */
function changed(change: (view: DataView) => void, frame: Uint8Array = plain): Uint8Array {
  const copy = frame.slice();
  change(new DataView(copy.buffer));
  return copy;
}

test("A frame is a length, a count, sizes, a head and parts.", () => {
  const expected = [20, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, ...bytesOf('{"a":0}é')];
  assert.deepEqual([...plain], [21, ...expected.slice(1)]);
});

test("What was encoded is decoded, wherever it lies in memory.", () => {
  for (const parts of [[], [bytesOf("x")], [bytesOf(""), bytesOf("é😀"), new Uint8Array([0, 255])]]) {
    const frame = encodeFrame({ head: { list: [1, "é"] }, parts });
    const larger = new Uint8Array(frame.length + 7);
    larger.set(frame, 3);
    for (const bytes of [frame, larger.subarray(3, 3 + frame.length)]) {
      const decoded = decodeFrame(bytes, bounds);
      assert.deepEqual(decoded.head, { list: [1, "é"] });
      assert.deepEqual(
        decoded.parts.map((part) => [...part]),
        parts.map((part) => [...part]),
      );
    }
  }
});

test("What is no frame, or over a bound, is refused.", () => {
  const withHead = (head: string) => {
    const frame = encodeFrame({ head: {}, parts: [bytesOf(head)] });
    // The part becomes the head: its size is 0, and the old head is overwritten.
    const bytes = new Uint8Array([...frame.subarray(0, 12), ...bytesOf(head)]);
    new DataView(bytes.buffer).setUint32(0, bytes.length - 4, true);
    new DataView(bytes.buffer).setUint32(8, 0, true);
    return bytes;
  };
  assert.deepEqual(decodeFrame(withHead('{"x":[1]}'), bounds).head, { x: [1] });
  const refused: Array<readonly [string, Uint8Array]> = [
    ["nothing", new Uint8Array(0)],
    ["less than its numbers", plain.subarray(0, 7)],
    ["a part of a frame", plain.subarray(0, plain.length - 1)],
    ["more than a frame", new Uint8Array([...plain, 0])],
    ["another length", changed((view) => view.setUint32(0, 2 ** 32 - 1, true))],
    ["more parts than allowed", encodeFrame({ head: {}, parts: Array(4).fill(bytesOf("")) })],
    [
      "more parts than it has room for",
      changed((view) => view.setUint32(4, 3, true), encodeFrame({ head: {}, parts: [] })),
    ],
    ["the largest count", changed((view) => view.setUint32(4, 2 ** 32 - 1, true))],
    ["a size beyond its end", changed((view) => view.setUint32(8, 1000, true))],
    ["sizes that add up to more", changed((view) => view.setUint32(12, 2 ** 32 - 1, true))],
    ["no head", withHead("")],
    ["no JSON", withHead("{a}")],
    ["a list", withHead("[]")],
    ["null", withHead("null")],
    ["a string", withHead('"x"')],
    ["a long head", withHead(`{"x":"${"y".repeat(100)}"}`)],
    ["a deep head", withHead('{"x":[[1]]}')],
    ["a head of many members", withHead('{"x":[1,2,3,4,5]}')],
  ];
  for (const [what, bytes] of refused) assert.throws(() => decodeFrame(bytes, bounds), FrameError, what);
});
