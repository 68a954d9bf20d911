import assert from "node:assert/strict";
import { test } from "node:test";
import { createRequestQueue } from "./request-queue.js";

/** Adds actions that end when they are told to, and tells which have begun. */
function controlled(most: number) {
  const queue = createRequestQueue(most);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    add(label: string, ...names: string[]) {
      queue.add(names, () => {
        begun.push(label);
        return new Promise((resolve) => ends.set(label, resolve));
      });
    },
    async end(label: string) {
      ends.get(label)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("what is asked of one name is done in order, and other names do not wait for it", async () => {
  const { begun, add, end } = controlled(10);
  add("a1", "a");
  add("a2", "a");
  add("b1", "b");
  add("a3", "a");
  assert.deepEqual(begun, ["a1", "b1"]);
  await end("b1");
  assert.deepEqual(begun, ["a1", "b1"]);
  await end("a1");
  await end("a2");
  assert.deepEqual(begun, ["a1", "b1", "a2", "a3"]);
});

test("what is asked of two names waits for both, and both wait for it", async () => {
  const { begun, add, end } = controlled(10);
  add("a1", "a");
  add("b1", "b");
  add("ab", "a", "b");
  add("b2", "b");
  add("a2", "a");
  await end("a1");
  assert.deepEqual(begun, ["a1", "b1"]);
  await end("b1");
  assert.deepEqual(begun, ["a1", "b1", "ab"]);
  await end("ab");
  assert.deepEqual(begun.slice(3).sort(), ["a2", "b2"]);
});

test("the same name twice is one", async () => {
  const { begun, add, end } = controlled(10);
  add("aa", "a", "a");
  add("a", "a");
  await end("aa");
  assert.deepEqual(begun, ["aa", "a"]);
});

test("no more than so many are done at one time, and the others follow in the order in which they became ready", async () => {
  const { begun, add, end } = controlled(2);
  for (const name of ["a", "b", "c", "d"]) add(name, name);
  add("c2", "c");
  assert.deepEqual(begun, ["a", "b"]);
  await end("b");
  await end("a");
  assert.deepEqual(begun, ["a", "b", "c", "d"]);
  await end("c");
  assert.deepEqual(begun, ["a", "b", "c", "d", "c2"]);
});

test("very many may wait", async () => {
  const queue = createRequestQueue(10);
  const done: number[] = [];
  await new Promise<void>((resolve) => {
    for (let number = 0; number < 100_000; number++) {
      queue.add(["a"], async () => {
        done.push(number);
        if (number === 99_999) resolve();
      });
    }
  });
  assert.deepEqual(
    done,
    Array.from({ length: 100_000 }, (_, number) => number),
  );
});
