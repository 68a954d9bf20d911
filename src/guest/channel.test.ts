import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrnoError } from "../errno.js";
import { createChannel } from "./channel.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);
const isTooBig = (error: unknown) => error instanceof ErrnoError && error.errno === "EFBIG";

test("The guest reads a message with its length before it, in pieces of any size.", () => {
  const { file, put } = createChannel();
  put({ text: "é" }, 10);
  const pieces: number[] = [];
  const buffer = new Uint8Array(3);
  for (let count = file.read(buffer); count > 0; count = file.read(buffer))
    pieces.push(...buffer.subarray(0, count));
  assert.deepEqual(pieces, [13, 0, 0, 0, ...bytesOf('{"text":"é"}')]);
});

test("The host takes what was written, once, in however many pieces it came.", () => {
  const { file, put, take } = createChannel();
  put({}, 1000);
  assert.equal(take(), undefined);
  for (let count = 0; count < 100; count++) assert.equal(file.write(bytesOf("a")), 1);
  file.write(bytesOf("whole"));
  const taken = take();
  assert.equal(take(), undefined);
  file.write(bytesOf("later"));
  assert.equal(textOf(taken), `${"a".repeat(100)}whole`);
});

test("A write over the limit is cut short, and the next one fails.", () => {
  const { file, put, take } = createChannel();
  put({}, 10);
  assert.equal(file.write(bytesOf("1234567")), 7);
  assert.equal(file.write(bytesOf("89abc")), 3);
  assert.throws(() => file.write(bytesOf("b")), isTooBig);
  assert.equal(textOf(take()), "123456789a");
});

test("A message begins the answer anew, with its own limit.", () => {
  const { file, put, take } = createChannel();
  assert.throws(() => file.write(bytesOf("early")), isTooBig);
  put({}, 5);
  file.write(bytesOf("old"));
  put({}, 2);
  assert.equal(take(), undefined);
  assert.equal(file.write(bytesOf("new")), 2);
  assert.equal(textOf(take()), "ne");
});
