import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrnoError } from "../errno.js";
import { sourceOf } from "./byte-source.js";
import { createFileSystem } from "./file-system.js";
import { restoreMemoryVolume, snapshotMemoryVolume } from "./memory-snapshot.js";
import { createMemoryVolume, type MemoryVolumeOptions } from "./memory-volume.js";
import type { FileSystem } from "./types.js";

const hasErrno = (errno: string) => (error: unknown) => error instanceof ErrnoError && error.errno === errno;

const restore = (bytes: Uint8Array, options?: MemoryVolumeOptions) =>
  restoreMemoryVolume(sourceOf(bytes), options);

function put(fs: FileSystem, path: string, bytes: Uint8Array): void {
  const file = fs.open(path, { write: true, create: true });
  file.write(bytes);
  file.close();
}

function get(fs: FileSystem, path: string): Uint8Array {
  const file = fs.open(path, { read: true });
  const buffer = new Uint8Array(file.stat().size);
  assert.equal(file.read(buffer), buffer.length);
  file.close();
  return buffer;
}

test("a hole costs nothing, and no seek or truncation reaches beyond the cap", () => {
  const volume = createMemoryVolume({ maxBytes: 1 << 20 });
  const fs = createFileSystem({ root: volume });
  const file = fs.open("/f", { write: true, create: true });
  const before = volume.budget.bytes;
  file.truncate(1 << 20);
  assert.equal(volume.budget.bytes, before);
  assert.throws(() => file.truncate(2 ** 40), hasErrno("EFBIG"));
  assert.throws(() => file.allocate(0, 2 ** 40), hasErrno("EFBIG"));
  assert.throws(() => file.write(new Uint8Array(1), 2 ** 40), hasErrno("EFBIG"));
  file.seek(2 ** 40, "start");
  assert.throws(() => file.write(new Uint8Array(1)), hasErrno("EFBIG"));
  assert.equal(volume.budget.bytes, before);
  assert.ok(file.write(new Uint8Array(1), (1 << 20) - 1) === 1);
  assert.ok(volume.budget.bytes - before <= 65536);
  file.close();
});

test("a full volume takes what fits, then fails, and everything is given back", () => {
  const volume = createMemoryVolume({ maxBytes: 300_000 });
  const fs = createFileSystem({ root: volume });
  const file = fs.open("/f", { write: true, create: true });
  const taken = file.write(new Uint8Array(400_000).fill(1));
  assert.ok(taken > 200_000 && taken <= 300_000, `${taken}`);
  const other = fs.open("/g", { write: true, create: true });
  assert.throws(() => other.write(new Uint8Array(100_000).fill(1)), hasErrno("ENOSPC"));
  assert.equal(other.stat().size, 0);
  fs.unlink("/f");
  assert.ok(volume.budget.bytes > 200_000, "open files keep their bytes");
  file.close();
  assert.equal(other.write(new Uint8Array(100_000).fill(1)), 100_000);
  other.close();
  fs.unlink("/g");
  assert.deepEqual([volume.budget.bytes, volume.budget.nodes], [0, 0]);
});

test("files, directories, links and hard links count, and stop counting when they go", () => {
  const volume = createMemoryVolume({ maxNodes: 4 });
  const fs = createFileSystem({ root: volume });
  put(fs, "/f", new Uint8Array(10));
  fs.makeDirectory("/d");
  fs.symlink("f", "/s");
  fs.link("/f", "/h");
  assert.throws(() => fs.makeDirectory("/e"), hasErrno("ENOSPC"));
  assert.throws(() => put(fs, "/e", new Uint8Array(1)), hasErrno("ENOSPC"));
  assert.throws(() => fs.symlink("f", "/e"), hasErrno("ENOSPC"));
  assert.throws(() => fs.link("/f", "/e"), hasErrno("ENOSPC"));
  fs.rename("/f", "/a longer name");
  fs.rename("/s", "/h");
  fs.unlink("/a longer name");
  fs.unlink("/h");
  fs.removeDirectory("/d");
  assert.deepEqual([volume.budget.bytes, volume.budget.nodes], [0, 0]);
});

test("names and link targets are paid for", () => {
  const volume = createMemoryVolume({ maxBytes: 10_000 });
  const fs = createFileSystem({ root: volume });
  fs.symlink("t".repeat(4000), "/a");
  assert.throws(() => fs.symlink("t".repeat(4000), "/b"), hasErrno("ENOSPC"));
});

test("sequential writes and reads in odd sizes keep every byte", () => {
  const fs = createFileSystem({ root: createMemoryVolume() });
  const file = fs.open("/f", { read: true, write: true, create: true });
  const expected = Uint8Array.from({ length: 500_000 }, (_, index) => (index * 31) & 255);
  for (let offset = 0; offset < expected.length; ) {
    offset += file.write(expected.subarray(offset, offset + 7919));
  }
  file.write(expected.subarray(65_530, 65_545), 65_530);
  assert.deepEqual(get(fs, "/f"), expected);
  file.close();
});

test("a snapshot brings back contents, holes, hard links, links, modes, times and inodes", () => {
  const volume = createMemoryVolume();
  const fs = createFileSystem({ root: volume });
  fs.makeDirectory("/d", 0o711);
  put(fs, "/d/f", new TextEncoder().encode("hello"));
  fs.link("/d/f", "/hard");
  fs.symlink("d/f", "/soft");
  const sparse = fs.open("/sparse", { write: true, create: true });
  sparse.write(Uint8Array.of(1), 100_000_000);
  sparse.truncate(200_000_000);
  sparse.close();
  fs.setTimes("/d", { modifyTimeNs: 123_456_789_123_456_789n, accessTimeNs: 2n ** 64n - 1n });
  fs.setTimes("/sparse", { modifyTimeNs: -1n, accessTimeNs: -(10n ** 9n) });
  const bytes = snapshotMemoryVolume(volume);
  assert.ok(bytes.length < 140_000, `${bytes.length}`);

  const restored = restore(bytes);
  const copy = createFileSystem({ root: restored });
  for (const path of ["/", "/d", "/d/f", "/hard", "/soft", "/sparse"]) {
    const options = { followSymlinks: false };
    assert.deepEqual(copy.stat(path, options), fs.stat(path, options), path);
  }
  assert.equal(new TextDecoder().decode(get(copy, "/soft")), "hello");
  assert.equal(copy.readLink("/soft"), "d/f");
  assert.deepEqual(restored.budget.nodes, volume.budget.nodes);
  put(copy, "/new", new Uint8Array(1));
  assert.ok(copy.stat("/new").inode > copy.stat("/sparse").inode);
  assert.deepEqual(snapshotMemoryVolume(restore(bytes)), bytes);
});

test("a snapshot larger than the limits is refused", () => {
  const volume = createMemoryVolume();
  const fs = createFileSystem({ root: volume });
  put(fs, "/f", new Uint8Array(100_000).fill(1));
  put(fs, "/g", new Uint8Array(1));
  const bytes = snapshotMemoryVolume(volume);
  assert.throws(() => restore(bytes, { maxBytes: 90_000 }), hasErrno("ENOSPC"));
  assert.throws(() => restore(bytes, { maxNodes: 1 }), hasErrno("ENOSPC"));
});

/** Numbers as they stand in a snapshot: `[bits, value]`. */
function bytes(...parts: ReadonlyArray<readonly [8 | 16 | 32 | 64, number | bigint]>): number[] {
  return parts.flatMap(([bits, value]) =>
    Array.from({ length: bits / 8 }, (_, index) => Number((BigInt(value) >> BigInt(8 * index)) & 0xffn)),
  );
}

const text = (value: string) =>
  bytes([16, value.length], ...[...value].map((unit) => [16, unit.charCodeAt(0)] as const));
const time = (seconds: number, nanoseconds: number) => bytes([64, seconds], [32, nanoseconds]);
const metadata = (inode: number, mode = 0o755) => [
  ...bytes([64, inode], [16, mode]),
  ...[0, 0, 0].flatMap(() => time(0, 0)),
];
const root = (...entries: number[][]) => [
  2,
  ...metadata(1),
  ...bytes([32, entries.length]),
  ...entries.flat(),
];
const directory = (name: string, inode: number) => [1, ...text(name), ...metadata(inode)];
const file = (name: string, inode: number, size: number, ...stretches: number[][]) => [
  2,
  ...text(name),
  ...metadata(inode),
  ...bytes([64, size], [32, stretches.length]),
  ...stretches.flat(),
];
const stretch = (offset: number, length: number) => [
  ...bytes([64, offset], [32, length]),
  ...Array.from({ length }, () => 1),
];
const link = (name: string, inode: number, target: string) => [
  3,
  ...text(name),
  ...metadata(inode),
  ...text(target),
];
const hardLink = (name: string, number: number) => [4, ...text(name), ...bytes([32, number])];
const none = bytes([32, 0]);

test("hostile snapshots are refused with EINVAL, whatever is wrong in them", () => {
  const sound = [
    ...root(directory("d", 2), file("f", 3, 100, stretch(10, 5)), hardLink("g", 0), link("l", 4, "f")),
    ...none,
  ];
  assert.deepEqual([...restore(Uint8Array.from(sound)).root.entries.keys()], ["d", "f", "g", "l"]);
  const hostile: Record<string, number[]> = {
    empty: [],
    "another version": [1, ...root().slice(1)],
    "too short": sound.slice(0, -1),
    "bytes left over": [...sound, 0],
    "no entries of a directory": sound.slice(0, -4),
    "entries that do not come": bytes([8, 2]).concat(metadata(1), bytes([32, 2 ** 32 - 1])),
    "inode of the root twice": root(file("f", 1, 0)),
    "inode twice": root(file("f", 2, 0), file("g", 2, 0)),
    "inode 0": root(file("f", 0, 0)),
    "inode that is no number here": root([
      2,
      ...text("f"),
      ...bytes([64, 2n ** 53n]),
      ...metadata(1).slice(8),
    ]),
    "mode too large": [2, ...metadata(1, 0o10000), ...none],
    "nanoseconds beyond a second": [2, ...metadata(1).slice(0, -12), ...time(0, 1_000_000_000), ...none],
    "name twice": root(file("f", 2, 0), directory("f", 3)),
    "no name": root(file("", 2, 0)),
    dots: root(directory("..", 2)).concat(none),
    slash: root(file("a/b", 2, 0)),
    "NUL in a name": root(file("a\0b", 2, 0)),
    "long name": root(file("n".repeat(256), 2, 0)),
    "name without end": [2, ...metadata(1), ...bytes([32, 1], [8, 2], [16, 65_535])],
    "no kind": root([5, ...text("f")]),
    "hard link to nothing": root(hardLink("f", 0)),
    "hard link to itself": root(file("f", 2, 0), hardLink("g", 1)),
    "hard link to a directory": root(directory("d", 2), hardLink("g", 0)).concat(none),
    "empty target": root(link("l", 2, "")),
    "long target": root(link("l", 2, "t".repeat(4097))),
    "size that is no number here": root([
      2,
      ...text("f"),
      ...metadata(2),
      ...bytes([64, 2n ** 63n], [32, 0]),
    ]),
    "stretch beyond the size": root(file("f", 2, 5, stretch(0, 10))),
    "stretch of nothing": root(file("f", 2, 5, stretch(0, 0))),
    "stretches one over the other": root(file("f", 2, 20, stretch(0, 10), stretch(5, 10))),
    "stretches that do not come": root([
      ...[2, ...text("f"), ...metadata(2), ...bytes([64, 2 ** 40], [32, 2 ** 32 - 1])],
    ]),
    "stretch without bytes": root([
      ...[2, ...text("f"), ...metadata(2), ...bytes([64, 2 ** 32], [32, 1], [64, 0], [32, 2 ** 32 - 1])],
    ]),
  };
  for (const [what, wrong] of Object.entries(hostile)) {
    assert.throws(() => restore(Uint8Array.from(wrong)), hasErrno("EINVAL"), what);
  }
  const huge = Uint8Array.from(root(file("f", 2, 2 ** 50)));
  assert.throws(() => restore(huge), hasErrno("EFBIG"));
  const beyond = Uint8Array.from(root(file("f", 2, 2 ** 50, stretch(2 ** 49, 1))));
  assert.throws(() => restore(beyond), hasErrno("EFBIG"));
});

test("a tree of 60,000 directories in one another comes back", () => {
  const volume = createMemoryVolume();
  let directory = volume.root;
  for (let depth = 0; depth < 60_000; depth++) {
    directory.makeDirectory("d", 0o755);
    directory = directory.lookup("d") as typeof directory;
  }
  const snapshot = snapshotMemoryVolume(volume);
  assert.deepEqual(snapshotMemoryVolume(restore(snapshot)), snapshot);
});
