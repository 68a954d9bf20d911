import assert from "node:assert/strict";
import { test } from "node:test";
import type { StateChange } from "../engine/guest-state.js";
import { statePageBytes } from "../engine/state-page.js";
import { createReturnable } from "../returnable-bytes.js";
import { createLastState } from "./last-state.js";

/** Large enough to be mapped by itself. */
const pageCount = 32;

function change(below: number, files?: Uint8Array): StateChange {
  const bytes = createReturnable(pageCount * statePageBytes);
  return {
    identity: { language: "python", runtimeId: "", packageVersion: "0.0.0", format: 3 },
    memoryBytes: 2 ** 20,
    batch: { pages: Uint32Array.from({ length: pageCount }, (_, page) => page), bytes, below },
    process: { workingDirectory: "/", descriptors: [], doors: { monotonicUs: 0, cpuUs: 0 } },
    ...(files === undefined ? {} : { files }),
  };
}

test("what a report supersedes is freed at once, and all of it when the state is dropped", () => {
  const state = createLastState();
  const [first, second, third] = [change(0, createReturnable(100_000)), change(1), change(1)];
  state.learn(first);
  state.learn(second);
  assert.deepEqual([first, second].map(isFreed), [false, false]);
  state.learn(third);
  assert.deepEqual([first, second, third].map(isFreed), [false, true, false]);
  assert.ok((first.files?.length ?? 0) > 0);
  state.replace(undefined);
  assert.deepEqual([first, second, third].map(isFreed), [true, true, true]);
  assert.equal(first.files?.length, 0);
});

test("what others were given stays as it was, whatever becomes of the session", () => {
  const state = createLastState();
  const [first, second, third] = [change(0, createReturnable(100_000)), change(1), change(0)];
  state.learn(first);
  state.share();
  state.learn(second);
  state.learn(third);
  state.replace(undefined);
  assert.deepEqual([first, second, third].map(isFreed), [false, true, true]);
  assert.equal(first.files?.length, 100_000);
});

test("a state from elsewhere is not freed when it is given up", () => {
  const state = createLastState();
  const own = change(0, createReturnable(100_000));
  state.learn(own);
  const other = createLastState();
  const foreign = change(0, createReturnable(100_000));
  state.replace(other.learn(foreign));
  assert.equal(isFreed(own), true);
  state.replace(undefined);
  assert.equal(isFreed(foreign), false);
});

function isFreed({ batch }: StateChange): boolean {
  return batch.bytes.length === 0;
}
