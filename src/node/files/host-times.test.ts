import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { createFileSystem } from "../../vfs/file-system.js";
import type { FileSystem } from "../../vfs/types.js";
import { createHostVolume } from "./host-volume.js";

const exact = 1_234_567_890_123_456_789n;
let folder: string;
let fs: FileSystem;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "host-times-"));
  writeFileSync(join(folder, "file"), "content");
  symlinkSync("file", join(folder, "link"));
  fs = createFileSystem({ root: createHostVolume(folder, { writable: true }) });
});

afterEach(() => {
  fs.close();
  rmSync(folder, { recursive: true });
});

test("times that a guest sets are reported to the nanosecond, and stored to the microsecond", () => {
  fs.setTimes("/file", { accessTimeNs: exact, modifyTimeNs: exact + 1n });
  assert.equal(fs.stat("/file").accessTimeNs, exact);
  assert.equal(fs.stat("/file").modifyTimeNs, exact + 1n);
  const stored = statSync(join(folder, "file"), { bigint: true }).mtimeNs;
  assert.ok(exact - stored < 1000n && stored - exact < 1000n);
});

test("a time that is not set stays as it is, to the nanosecond", () => {
  const before = fs.stat("/file");
  fs.setTimes("/file", { modifyTimeNs: exact });
  assert.equal(fs.stat("/file").accessTimeNs, before.accessTimeNs);
  fs.setTimes("/file", { accessTimeNs: exact + 5n });
  assert.equal(fs.stat("/file").modifyTimeNs, exact);
});

test("an open file, a directory and a link itself keep exact times as well", () => {
  const file = fs.open("/file", { read: true });
  file.setTimes({ modifyTimeNs: exact });
  assert.equal(file.stat().modifyTimeNs, exact);
  assert.equal(fs.stat("/file").modifyTimeNs, exact);
  file.close();
  fs.setTimes("/link", { modifyTimeNs: exact + 2n }, { followSymlinks: false });
  assert.equal(fs.stat("/link", { followSymlinks: false }).modifyTimeNs, exact + 2n);
  assert.equal(fs.stat("/file").modifyTimeNs, exact);
  fs.makeDirectory("/directory");
  fs.setTimes("/directory", { modifyTimeNs: exact });
  assert.equal(fs.stat("/directory").modifyTimeNs, exact);
});

test("a change from elsewhere, or a write, is seen at once", () => {
  fs.setTimes("/file", { modifyTimeNs: exact });
  utimesSync(join(folder, "file"), 5, 5);
  assert.equal(fs.stat("/file").modifyTimeNs, 5_000_000_000n);
  fs.setTimes("/file", { modifyTimeNs: exact });
  writeFileSync(join(folder, "file"), "other");
  assert.ok(fs.stat("/file").modifyTimeNs > exact + 1_000_000_000n);
});
