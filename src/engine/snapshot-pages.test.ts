import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceOf } from "../vfs/byte-source.js";
import { layPagesOver, maxPageRecordBytes, wordsPerPage, writePages } from "./snapshot-pages.js";
import { finish } from "./steps.js";

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * end);
  };
}

function examplePages(): Map<number, Uint32Array> {
  const random = numbers(3);
  const pages = new Map<number, Uint32Array>();
  let page = 0;
  for (let count = 0; count < 400; count++) {
    page += random(4) === 0 ? 1 + random(100_000) : 1;
    const words = new Uint32Array(wordsPerPage);
    const kind = random(5);
    for (let word = 0; word < wordsPerPage; word++) {
      const isSet =
        kind === 0 ? random(100) === 0 : kind === 1 ? word % 3 === 0 : kind === 2 ? true : word % 2 === 0;
      if (isSet) words[word] = 1 + random(2 ** 32 - 1);
    }
    if (kind === 4) words.fill(0, 0, random(wordsPerPage));
    pages.set(page, words);
  }
  return pages;
}

function encode(pages: ReadonlyMap<number, Uint32Array>): { bytes: Uint8Array; count: number } {
  const parts: Uint8Array[] = [];
  const writer = writePages((bytes) => parts.push(bytes.slice()));
  for (const [page, words] of pages) writer.add(page, words);
  writer.flush();
  const bytes = Buffer.concat(parts);
  assert.equal(writer.length, bytes.length);
  return { bytes, count: writer.count };
}

test("pages of all kinds come back as they were, in no more bytes than they may take", () => {
  const pages = examplePages();
  const { bytes, count } = encode(pages);
  const differing = [...pages].filter(([, words]) => words.some((word) => word !== 0));
  assert.equal(count, differing.length);
  assert.ok(bytes.length <= count * maxPageRecordBytes);
  const read = new Map<number, Uint32Array>();
  const wordsOf = (page: number) => {
    const words = new Uint32Array(wordsPerPage);
    read.set(page, words);
    return words;
  };
  finish(layPagesOver(sourceOf(bytes), count, 2 ** 26, wordsOf));
  assert.deepEqual([...read], differing);
});

test("each single page, whatever it holds, takes no more than the most that is announced", () => {
  for (let gap = 1; gap < wordsPerPage; gap++) {
    const words = Uint32Array.from({ length: wordsPerPage }, (_, word) => (word % gap === 0 ? 1 : 0));
    assert.ok(encode(new Map([[2 ** 20 - 1, words]])).bytes.length <= maxPageRecordBytes, `${gap}`);
  }
});

test("records that are cut short, run over or leave something over are damaged, and lay over no more than their pages", () => {
  const pages = new Map([...examplePages()].slice(0, 20));
  const { bytes, count } = encode(pages);
  const lay = (source: Uint8Array, pageCount: number) => {
    const wordsOf = (page: number) => {
      assert.ok(page >= 0 && page < 2 ** 20);
      return new Uint32Array(wordsPerPage);
    };
    finish(layPagesOver(sourceOf(source), pageCount, 2 ** 20, wordsOf));
  };
  lay(bytes, count);
  for (let length = 0; length < bytes.length; length += 13) {
    assert.throws(() => lay(bytes.subarray(0, length), count), { name: "DamagedError" });
  }
  assert.throws(() => lay(bytes, count - 1), { name: "DamagedError" });
  assert.throws(() => lay(bytes, count + 1), { name: "DamagedError" });
  const random = numbers(9);
  for (let attempt = 0; attempt < 2000; attempt++) {
    const changed = Uint8Array.from(bytes);
    changed[random(changed.length)] = random(256);
    try {
      lay(changed, count);
    } catch (error) {
      assert.equal((error as Error).name, "DamagedError");
    }
  }
});
