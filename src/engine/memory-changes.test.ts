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
const process = { workingDirectory: "/", descriptors: [], doors: { monotonicUs: 0, cpuUs: 0 } };

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

test("what changed since any of the last points is told, through reports, growth and other points", () => {
  const { memory, image } = exampleGuest();
  const random = numbers(5);
  const changes = trackMemoryChanges(memory, image, []);
  /** What the memory was at each point that should be known still, the one used longest ago first. */
  const known = new Map<string, Buffer>();
  const files = { changes: 0, contentChanges: 0 };
  const differencesFrom = (before: Buffer, differences: Iterable<readonly [number, Uint32Array]>) => {
    const after = Buffer.alloc(memory.buffer.byteLength);
    before.copy(after);
    for (const [page, words] of differences) {
      const target = new Uint32Array(after.buffer, after.byteOffset + page * statePageBytes, words.length);
      for (const [index, word] of words.entries()) target[index] = (target[index] as number) ^ word;
    }
    return after;
  };
  for (let run = 0; run < 400; run++) {
    const bytes = new Uint8Array(memory.buffer);
    for (let write = random(12); write > 0; write--) {
      const page = random(2) === 0 ? random(8) : random(pages);
      bytes[page * statePageBytes + random(4)] = random(3) === 0 ? 7 : random(4);
    }
    if (run === 150) memory.grow(4);
    if (random(2) === 0) changes.collect();
    const now = Buffer.from(memory.buffer.slice(0));
    const id = `${run}`;
    if (random(10) === 0) {
      // One that was forgotten, or never known, is told of by its difference from the image.
      const imageOnly = Buffer.alloc(now.length);
      imageOnly.fill(7, 0, 10 * pageBytes);
      const earlier = Buffer.from(now);
      for (let change = 0; change < 5; change++) earlier[random(earlier.length)] = random(256);
      changes.addEarlierPoint({ id, files }, (wordsOf) => {
        for (let page = 0; page * statePageBytes < now.length; page++) {
          const [then, first] = [earlier, imageOnly].map((each) =>
            each.subarray(page * statePageBytes, (page + 1) * statePageBytes),
          ) as [Buffer, Buffer];
          if (then.equals(first)) continue;
          const words = wordsOf(page);
          const mask = Uint8Array.from(then, (byte, index) => byte ^ (first[index] as number));
          words.set(new Uint32Array(mask.buffer));
        }
      });
      known.set(id, earlier);
    } else if (random(3) === 0) {
      [...changes.differences()];
      changes.addPoint({ id, files });
      known.set(id, now);
    }
    while (known.size > 4) known.delete([...known.keys()][0] as string);
    const chosen = [...known.keys()][random(Math.max(1, known.size))];
    if (chosen === undefined) continue;
    const point = changes.findPoint(chosen);
    assert.ok(point !== undefined, `${chosen} is forgotten in run ${run}`);
    const before = known.get(chosen) as Buffer;
    known.delete(chosen);
    known.set(chosen, before);
    assert.ok(
      differencesFrom(before, changes.differencesSince(point)).equals(now),
      `run ${run} since ${chosen}`,
    );
  }
});
