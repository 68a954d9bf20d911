import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { StoreUnavailable, StoreUnusable } from "../store/store-unavailable.js";
import { openBlobDirectory } from "./directory.js";
import { blobsContract } from "./test-blobs-contract.js";

const home = mkdtempSync(join(tmpdir(), "wasm-repl-blobs-"));
after(() => rmSync(home, { recursive: true }));

blobsContract("blobs in a directory", {
  open: () => openBlobDirectory(join(home, "contract/blobs")),
  close: async () => {},
});

test("what a killed process has left unfinished is no blob, and goes once it is old", async () => {
  const directory = join(home, "left");
  const blobs = await openBlobDirectory(directory);
  await blobs.put("abc", Buffer.from("whole"));
  const [recent, old] = [join(directory, "ab/.abd.0123"), join(directory, "ab/.abe.4567")];
  for (const path of [recent, old]) writeFileSync(path, "half");
  const longAgo = new Date(Date.now() - 48 * 60 * 60_000);
  utimesSync(old, longAgo, longAgo);
  writeFileSync(join(directory, "stray"), "");
  mkdirSync(join(directory, "ab/abdirectory"));
  const names: string[] = [];
  for await (const { name } of blobs.list()) names.push(name);
  assert.deepEqual(names, ["abc"]);
  assert.deepEqual([existsSync(recent), existsSync(old)], [true, false]);
});

test("a write that fails leaves nothing, and says which file and why", async () => {
  const directory = join(home, "failing");
  const blobs = await openBlobDirectory(directory);
  mkdirSync(join(directory, "ab/abc"), { recursive: true });
  await assert.rejects(blobs.put("abc", Buffer.from("x")), (error: Error) => {
    assert.ok(error instanceof StoreUnavailable);
    assert.match(error.message, /^cannot write .*abc: it is a directory$/);
    return true;
  });
  assert.deepEqual(readdirSync(join(directory, "ab")), ["abc"]);
  await assert.rejects(blobs.get("abc"), StoreUnavailable);
  rmSync(directory, { recursive: true });
  await assert.rejects(async () => {
    for await (const _ of blobs.list());
  }, StoreUnavailable);
});

test("a directory that cannot be one is refused", async () => {
  writeFileSync(join(home, "file"), "");
  await assert.rejects(openBlobDirectory(join(home, "file")), StoreUnusable);
  await assert.rejects(openBlobDirectory(join(home, "file/below")), StoreUnusable);
});
