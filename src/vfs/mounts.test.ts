import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { checkHostMounts, openHostDirectories } from "../node/files/host-mounts.js";
import { createHostVolume } from "../node/files/host-volume.js";
import { createFileSystem } from "./file-system.js";
import { createMemoryVolume } from "./memory-volume.js";
import { type Mount, MountError, parseMount } from "./mount-spec.js";
import { openMounts } from "./mounts.js";
import type { OverlayDirectory } from "./overlay-nodes.js";
import { createOverlayVolume, type OverlayVolume } from "./overlay-volume.js";

let host: string;
beforeEach(() => {
  host = mkdtempSync(join(tmpdir(), "mounts-"));
});
afterEach(() => rmSync(host, { recursive: true, force: true }));

/** What was done to an overlay, a word and a path each, sorted by path. */
function changesOf(volume: OverlayVolume, path: string): string[] {
  return [...volume.changes(path)]
    .filter((each) => each !== undefined)
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    .map(({ change, path }) => `${change} ${path}`);
}

function mounted(mounts: readonly Mount[]) {
  const opened = openMounts(mounts, openHostDirectories);
  const fs = createFileSystem({ root: opened.root ?? createMemoryVolume(), mounts: opened.mounts });
  const changes = () => opened.overlays.flatMap(({ path, volume }) => changesOf(volume, path));
  return { fs, changes };
}

test("a mount is written HOST:GUEST, with a mode behind it or not", () => {
  const cases: Record<string, [string, string, string]> = {
    "/a:/b": ["/a", "/b", "ro"],
    "/a:/b:ro": ["/a", "/b", "ro"],
    "a/b:/b:rw": ["a/b", "/b", "rw"],
    ".:/:overlay": [".", "/", "overlay"],
    "C:\\data:/data:rw": ["C:\\data", "/data", "rw"],
    "C:\\data:/data": ["C:\\data", "/data", "ro"],
    "/with:colon:/data": ["/with:colon", "/data", "ro"],
    "rw:/data:rw": ["rw", "/data", "rw"],
  };
  for (const [spec, [hostPath, guestPath, mode]] of Object.entries(cases)) {
    assert.deepEqual(parseMount(spec), { hostPath, guestPath, mode }, spec);
  }
});

test("a mount that makes no sense is refused in one line that says why", () => {
  const cases: Record<string, RegExp> = {
    "": /expected HOST:GUEST/,
    "/a": /expected HOST:GUEST/,
    "/a:ro": /expected HOST:GUEST/,
    ":/b": /expected HOST:GUEST/,
    "/a:": /expected HOST:GUEST/,
    "/a:b": /guest path "b" is not absolute/,
    "/a:b:rw": /guest path "b" is not absolute/,
    "/a:/b:rx": /unknown mode "rx"/,
    "/a:/b/../c": /without \. and \.\./,
    "/a:/b\n/..": /without/,
  };
  for (const [spec, pattern] of Object.entries(cases)) {
    assert.throws(
      () => parseMount(spec),
      (error) => {
        assert.ok(error instanceof MountError);
        assert.match(error.message, pattern);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      },
    );
  }
});

test("missing directories, files and duplicates are told before anything is opened", () => {
  const file = join(host, "file");
  writeFileSync(file, "");
  const refused = (mounts: readonly Mount[], pattern: RegExp) => {
    assert.throws(() => checkHostMounts(mounts), pattern);
    assert.throws(() => openMounts(mounts, openHostDirectories), pattern);
  };
  refused([{ hostPath: join(host, "none"), guestPath: "/d" }], /does not exist/);
  refused([{ hostPath: file, guestPath: "/d" }], /is not a directory/);
  refused([{ hostPath: `${host}\0`, guestPath: "/d" }], /NUL/);
  refused([{ hostPath: host, guestPath: "d" }], /not absolute/);
  refused([{ hostPath: host, guestPath: "/d", mode: "w" as "rw" }], /unknown mode/);
  const twice = [
    { hostPath: host, guestPath: "/d" },
    { hostPath: host, guestPath: "//d/" },
  ];
  refused(twice, /mounted twice/);
});

test("mounts nest, in any order, and show below a mount that lacks their mount point", () => {
  const inner = join(host, "inner");
  const outer = join(host, "outer");
  mkdirSync(inner);
  mkdirSync(outer);
  writeFileSync(join(inner, "i"), "in");
  writeFileSync(join(outer, "o"), "out");
  const { fs } = mounted([
    { hostPath: inner, guestPath: "/data/a/b" },
    { hostPath: outer, guestPath: "/data" },
    { hostPath: inner, guestPath: "/rw", mode: "rw" },
  ]);
  assert.equal(fs.stat("/data/o").size, 3);
  assert.equal(fs.stat("/data/a/b/i").size, 2);
  assert.equal(fs.stat("/data/a/b/../../o").size, 3);
  const directory = fs.open("/data", { directory: true });
  assert.deepEqual(
    directory.readDirectory(0n, 10).map(({ name }) => name),
    [".", "..", "o", "a"],
  );
  directory.close();
  fs.open("/rw/new", { write: true, create: true }).close();
  assert.equal(fs.stat("/data/a/b/new").type, "file");
  fs.close();
  assert.deepEqual(readdirSync(outer), ["o"]);
});

test("an overlay shows the directory, keeps it as it is, and lists what changed", () => {
  mkdirSync(join(host, "sub/deep"), { recursive: true });
  for (const name of [
    "keep",
    "edit",
    "append",
    "cut",
    "mode",
    "gone",
    "moved",
    "replaced",
    "sub/x",
    "sub/deep/y",
  ]) {
    writeFileSync(join(host, name), `old ${name}`);
  }
  const { fs, changes } = mounted([{ hostPath: host, guestPath: "/w", mode: "overlay" }]);
  const read = (path: string) => {
    const file = fs.open(path, { read: true });
    const buffer = new Uint8Array(100);
    const value = new TextDecoder().decode(buffer.subarray(0, file.read(buffer)));
    file.close();
    return value;
  };
  const write = (path: string, value: string, options: object) => {
    const file = fs.open(path, { write: true, ...options });
    file.write(new TextEncoder().encode(value));
    file.close();
  };
  assert.equal(read("/w/keep"), "old keep");
  assert.deepEqual(changes(), []);

  const reader = fs.open("/w/edit", { read: true });
  write("/w/edit", "NEW", {});
  const buffer = new Uint8Array(8);
  assert.equal(reader.read(buffer), 8, "a descriptor opened before sees the change");
  assert.equal(new TextDecoder().decode(buffer), "NEW edit");
  reader.close();
  write("/w/append", "+", { append: true });
  fs.truncate("/w/cut", 3);
  fs.setMode("/w/mode", 0o600);
  fs.unlink("/w/gone");
  fs.rename("/w/moved", "/w/here");
  write("/w/replaced", "all new", { truncate: true });
  write("/w/added", "1", { create: true });
  fs.link("/w/sub/x", "/w/hard");
  write("/w/hard", "NEW", {});
  fs.rename("/w/sub/deep", "/w/deeper");

  assert.equal(read("/w/edit"), "NEW edit");
  assert.equal(read("/w/append"), "old append+");
  assert.equal(read("/w/cut"), "old");
  assert.equal(read("/w/here"), "old moved");
  assert.equal(read("/w/replaced"), "all new");
  assert.equal(read("/w/sub/x"), "NEW sub/x", "both names of a hard link show the change");
  assert.equal(read("/w/deeper/y"), "old sub/deep/y");
  assert.equal(fs.stat("/w/mode").mode, 0o600);
  assert.throws(() => fs.stat("/w/gone"), /ENOENT/);
  assert.throws(() => fs.stat("/w/sub/deep"), /ENOENT/);
  assert.throws(() => fs.removeDirectory("/w/sub"), /ENOTEMPTY/);
  assert.deepEqual(changes(), [
    "created /w/added",
    "changed /w/append",
    "changed /w/cut",
    "created /w/deeper",
    "created /w/deeper/y",
    "changed /w/edit",
    "removed /w/gone",
    "created /w/hard",
    "created /w/here",
    "changed /w/mode",
    "removed /w/moved",
    "changed /w/replaced",
    "removed /w/sub/deep",
    "changed /w/sub/x",
  ]);

  fs.unlink("/w/sub/x");
  fs.removeDirectory("/w/sub");
  fs.makeDirectory("/w/sub");
  const sub = fs.open("/w/sub", { directory: true });
  assert.equal(
    sub.readDirectory(0n, 10).length,
    2,
    "a directory made anew does not show the old one's entries",
  );
  sub.close();
  const ofSub = () => changes().filter((line) => line.endsWith("/w/sub"));
  assert.deepEqual(ofSub(), ["removed /w/sub", "created /w/sub"], "another directory in its place");
  fs.removeDirectory("/w/sub");
  write("/w/sub", "a file now", { create: true });
  assert.deepEqual(ofSub(), ["removed /w/sub", "created /w/sub"]);
  fs.close();
  for (const name of ["edit", "append", "cut", "gone", "moved", "replaced", "sub/x", "sub/deep/y"]) {
    assert.equal(readFileSync(join(host, name), "utf8"), `old ${name}`);
  }
  assert.deepEqual(readdirSync(host).length, 9);
});

test("an overlay forgets directories that were only visited, and none with changes or in use", () => {
  for (let index = 0; index < 3000; index++) mkdirSync(join(host, `d${index}/sub`), { recursive: true });
  const volume = createOverlayVolume(createHostVolume(host));
  const fs = createFileSystem({ root: volume });
  fs.makeDirectory("/d5/sub/made");
  fs.setMode("/d6/sub", 0o700);
  fs.removeDirectory("/d7/sub");
  const base = fs.open("/d8/sub", { directory: true });
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 3000; index++) if (index !== 7) fs.stat(`/d${index}/sub`);
  }
  const root = volume.root as OverlayDirectory;
  assert.ok(root.kept.size < 1500, `${root.kept.size}`);
  fs.makeDirectory("made", 0o777, { base });
  base.close();
  for (let index = 0; index < 3000; index++) if (index !== 7) fs.stat(`/d${index}/sub`);
  assert.deepEqual(changesOf(volume, "/"), [
    "created /d5/sub/made",
    "changed /d6/sub",
    "removed /d7/sub",
    "created /d8/sub/made",
  ]);
  assert.equal(fs.stat("/d8/sub/made").type, "directory");
  fs.close();
});

test("an overlay takes no more memory than its limit, and gives it back", () => {
  writeFileSync(join(host, "large"), new Uint8Array(200_000));
  const budget = { maxBytes: 100_000, maxNodes: 10, bytes: 0, nodes: 0, changes: 0 };
  const opened = openMounts(
    [{ hostPath: host, guestPath: "/w", mode: "overlay" }],
    openHostDirectories,
    budget,
  );
  const fs = createFileSystem({ root: createMemoryVolume(), mounts: opened.mounts });
  assert.throws(() => fs.truncate("/w/large", 150_000), /ENOSPC|EFBIG/);
  assert.equal(fs.stat("/w/large").size, 200_000);
  const file = fs.open("/w/large", { read: true, write: true });
  assert.throws(() => file.write(new Uint8Array(1)), /ENOSPC/);
  assert.equal(file.read(new Uint8Array(200_000)), 200_000);
  file.close();
  fs.truncate("/w/large", 50_000);
  fs.unlink("/w/large");
  assert.deepEqual([budget.bytes, budget.nodes], [0, 0]);
  fs.close();
});
