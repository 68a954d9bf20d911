import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { BlobMissing, type Blobs } from "./blobs.js";

/** Runs what all blobs must do against one kind of them, which is empty at first. */
export function blobsContract(name: string, kind: { open(): Promise<Blobs>; close(): Promise<void> }): void {
  describe(name, () => {
    let blobs: Blobs;
    before(async () => {
      blobs = await kind.open();
    });
    after(() => kind.close());

    async function names(): Promise<string[]> {
      const found: string[] = [];
      for await (const { name } of blobs.list()) found.push(name);
      return found.sort();
    }

    test("a blob is there byte for byte until it is deleted, which may be done again", async () => {
      const name = randomUUID();
      const bytes = Uint8Array.from({ length: 3_000_000 }, (_, index) => index >> (index % 7));
      await blobs.put(name, bytes.subarray(1));
      assert.ok(Buffer.from(await blobs.get(name)).equals(bytes.subarray(1)));
      await blobs.delete(name);
      await blobs.delete(name);
      await assert.rejects(blobs.get(name), BlobMissing);
    });

    test("an empty blob, and the longest and the oddest name, are as good as others", async () => {
      for (const name of ["empty", "x".repeat(200), "-_.9", "a"]) {
        await blobs.put(name, new Uint8Array(0));
        assert.equal((await blobs.get(name)).length, 0);
        await blobs.delete(name);
      }
    });

    test("all are listed with their ages, in as many pages as it takes", async () => {
      const before = Date.now();
      const made = Array.from({ length: 11 }, () => randomUUID());
      await Promise.all(made.map((name) => blobs.put(name, Buffer.from(name))));
      assert.deepEqual(await names(), [...made].sort());
      for await (const { modifiedAt } of blobs.list())
        assert.ok(Math.abs(modifiedAt.getTime() - before) < 60_000, String(modifiedAt));
      await Promise.all(made.map((name) => blobs.delete(name)));
      assert.deepEqual(await names(), []);
    });

    test("many at once are each whole", async () => {
      const made = Array.from(
        { length: 20 },
        (_, index) => [randomUUID(), Buffer.alloc(100_000, index)] as const,
      );
      await Promise.all(made.map(([name, bytes]) => blobs.put(name, bytes)));
      const read = await Promise.all(made.map(([name]) => blobs.get(name)));
      for (const [index, bytes] of read.entries()) assert.ok(made[index]?.[1].equals(bytes));
      await Promise.all(made.map(([name]) => blobs.delete(name)));
    });

    test("a name that leads elsewhere is refused by all of it", async () => {
      const wrong = [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        ".hidden",
        "a\0b",
        "ä",
        "a b",
        "x".repeat(201),
        "a?b",
        "a%2fb",
        "a\n",
      ];
      for (const name of wrong) {
        await assert.rejects(blobs.put(name, new Uint8Array(1)), RangeError, JSON.stringify(name));
        await assert.rejects(blobs.get(name), RangeError);
        await assert.rejects(blobs.delete(name), RangeError);
      }
      assert.deepEqual(await names(), []);
    });
  });
}
