import assert from "node:assert/strict";
import { test } from "node:test";
import { captureImage, loadImage, pageBytes } from "../guest/image.js";
import { nodeCodec } from "../node/codec.js";
import { applyChange, type GuestState } from "./guest-state.js";
import { trackMemoryChanges } from "./memory-changes.js";
import { openState } from "./open-state.js";
import { stateFormat } from "./state-identity.js";
import { statePageBytes } from "./state-page.js";

const wasmPages = 32;
const pages = (wasmPages * pageBytes) / statePageBytes;
const identity = { language: "python", runtimeId: "", packageVersion: "0.0.0", format: stateFormat } as const;
const limits = { memoryBytes: 2 ** 30, maxFileBytes: 2 ** 20, maxFiles: 100 };
const process = { workingDirectory: "/", descriptors: [], doors: { monotonicUs: 0 } };

function exampleGuest() {
  const memory = new WebAssembly.Memory({ initial: wasmPages, maximum: 2 * wasmPages });
  new Uint8Array(memory.buffer).fill(7, 0, 10 * pageBytes);
  return { memory, image: captureImage(memory, 0, {}) };
}

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
}

test("the reports of 300 runs make the memory again, in few batches with less than half of their pages superseded", () => {
  const { memory, image } = exampleGuest();
  const random = numbers(1);
  const restored = new WebAssembly.Memory({ initial: 1, maximum: 2 * wasmPages });
  let changes = trackMemoryChanges(memory, image, []);
  let state: GuestState | undefined;
  for (let run = 0; run < 300; run++) {
    const bytes = new Uint8Array(memory.buffer);
    // Mostly the same few pages; at times many, and some become again what they were in the image.
    const count = random(20) === 0 ? 200 : random(12);
    for (let write = 0; write < count; write++) {
      const page = random(2) === 0 ? random(16) : random(pages);
      bytes[page * statePageBytes + random(statePageBytes)] = random(3) === 0 ? 7 : random(256);
    }
    if (run === 100) memory.grow(8);
    if (run === 200) bytes.fill(0, 10 * pageBytes);
    state = applyChange(state, {
      identity,
      memoryBytes: memory.buffer.byteLength,
      batch: changes.collect(),
      process,
      files: new Uint8Array(0),
    });
    const counts = state.batches.map((batch) => batch.pages.length);
    const distinct = new Set(state.batches.flatMap((batch) => [...batch.pages]));
    assert.ok(
      counts.reduce((sum, each) => sum + each, 0) <= 2 * distinct.size,
      `${counts} for ${distinct.size}`,
    );
    assert.ok(counts.length <= 1 + Math.log2(Math.max(1, distinct.size)), `${counts}`);
    if (run % 10 !== 0) continue;
    // As when a session has lost its guest: the next one is made from the state, and reports go on from there.
    new Uint8Array(restored.buffer).fill(0);
    loadImage(image, restored);
    openState(nodeCodec, state, limits).layOver(restored);
    assert.ok(
      Buffer.from(restored.buffer).subarray(0, memory.buffer.byteLength).equals(Buffer.from(memory.buffer)),
    );
    changes = trackMemoryChanges(memory, image, state.batches);
  }
});

test("a batch's bytes are the receiver's own: what is done to them changes no later batch", () => {
  const { memory, image } = exampleGuest();
  const changes = trackMemoryChanges(memory, image, []);
  new Uint8Array(memory.buffer)[5] = 1;
  const first = changes.collect();
  assert.deepEqual([...first.pages], [0]);
  assert.equal(first.bytes.buffer.byteLength, statePageBytes);
  first.bytes.fill(0);
  assert.equal(changes.collect().pages.length, 0);
  new Uint8Array(memory.buffer)[5] = 2;
  assert.deepEqual([...changes.collect().pages], [0]);
});
