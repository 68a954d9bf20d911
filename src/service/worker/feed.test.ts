import assert from "node:assert/strict";
import { test } from "node:test";
import { createFeed, type FeedListener } from "./feed.js";

const long = 60_000;
const event = (n: number) => ({ event: "output" as const, cell: "c", data: { n } });

async function numbers(listener: FeedListener): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (;;) {
    const next = await listener.next(0);
    if (next === undefined || next === "quiet") return seen;
    seen.push(next === "gap" ? next : next.data.n);
  }
}

test("each listener gets all events at its own pace, those from before it among them", async () => {
  const feed = createFeed();
  feed.add(event(1), 10);
  const [slow, fast] = [feed.listen(), feed.listen()];
  assert.deepEqual(await numbers(fast), [1]);
  const waiting = fast.next(long);
  feed.add(event(2), 10);
  assert.deepEqual((await waiting) as object, { ...event(2), id: feed.lastId, number: 2, bytes: 10 });
  assert.deepEqual(await numbers(slow), [1, 2]);
  assert.equal(feed.listeners, 2);
  slow.end();
  slow.end();
  assert.equal(feed.listeners, 1);
});

test("a listener goes on behind the event that it names, and from the beginning if it names one of another feed", async () => {
  const [feed, other] = [createFeed(), createFeed()];
  feed.add(event(1), 1);
  const { lastId } = feed;
  feed.add(event(2), 1);
  other.add(event(7), 1);
  assert.deepEqual(await numbers(feed.listen(lastId)), [2]);
  for (const id of [other.lastId, "", "x", `${lastId}0000000000000000`, `${lastId}.1`, "constructor.1"]) {
    assert.deepEqual(await numbers(feed.listen(id)), [1, 2], id);
  }
  assert.deepEqual(await numbers(feed.listen(lastId.replace(/\d+$/, "999"))), []);
});

test("what nobody has read in time is given up, and told as a gap, by number and by size", async () => {
  for (const [count, bytes] of [
    [10_000, 1],
    [10, 2 ** 20],
  ] as const) {
    const feed = createFeed();
    const listener = feed.listen();
    for (let n = 0; n < count; n++) feed.add(event(n), bytes);
    const seen = await numbers(listener);
    assert.equal(seen[0], "gap");
    assert.equal(seen.at(-1), count - 1);
    assert.ok(seen.length * bytes <= 5 * 2 ** 20 && seen.length <= 4097);
  }
  const feed = createFeed();
  feed.add(event(1), 2 ** 30);
  assert.deepEqual(await numbers(feed.listen()), [1]);
});

test("a feed that is closed ends its listeners, once they have what is there", async () => {
  const feed = createFeed();
  const [reading, waiting] = [feed.listen(), feed.listen(feed.lastId)];
  const next = waiting.next(long);
  feed.close();
  feed.add(event(1), 1);
  assert.equal(await next, undefined);
  assert.equal(await reading.next(long), undefined);
});
