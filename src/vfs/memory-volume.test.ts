import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrnoError } from "../errno.js";
import { createFileSystem } from "./file-system.js";
import { restoreMemoryVolume, snapshotMemoryVolume } from "./memory-snapshot.js";
import { createMemoryVolume } from "./memory-volume.js";
import type { FileSystem } from "./types.js";

const hasErrno = (errno: string) => (error: unknown) => error instanceof ErrnoError && error.errno === errno;

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
  fs.setTimes("/d", { modifyTimeNs: 123_456_789_123_456_789n });
  const bytes = snapshotMemoryVolume(volume);
  assert.ok(bytes.length < 140_000, `${bytes.length}`);

  const restored = restoreMemoryVolume(bytes);
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
  assert.deepEqual(snapshotMemoryVolume(restoreMemoryVolume(bytes)), bytes);
});

test("a snapshot larger than the limits is refused", () => {
  const volume = createMemoryVolume();
  const fs = createFileSystem({ root: volume });
  put(fs, "/f", new Uint8Array(100_000).fill(1));
  put(fs, "/g", new Uint8Array(1));
  const bytes = snapshotMemoryVolume(volume);
  assert.throws(() => restoreMemoryVolume(bytes, { maxBytes: 90_000 }), hasErrno("ENOSPC"));
  assert.throws(() => restoreMemoryVolume(bytes, { maxNodes: 1 }), hasErrno("ENOSPC"));
});

test("hostile snapshots are refused with EINVAL, whatever is wrong in them", () => {
  const meta = { mode: 0o755, times: ["0", "0", "0"] };
  const root = (entries: unknown) => ({ inode: 1, ...meta, entries });
  const directory = (inode: number, entries: unknown) => ({ inode, ...meta, entries });
  const file = (inode: number, size: unknown, stretches: unknown) => ({
    inode,
    ...meta,
    file: { size, stretches },
  });
  const link = (target: unknown) => ({ inode: 2, ...meta, target });
  const encode = (index: unknown, data = 0) => {
    const header = new TextEncoder().encode(JSON.stringify(index));
    const bytes = new Uint8Array(4 + header.length + data);
    new DataView(bytes.buffer).setUint32(0, header.length, true);
    bytes.set(header, 4);
    return bytes;
  };
  const nodes = (...list: unknown[]) => encode({ version: 1, nodes: list });
  restoreMemoryVolume(nodes(root([["a", 1]]), file(2, 0, [])));
  const hostile: Record<string, Uint8Array> = {
    empty: new Uint8Array(),
    "length beyond the end": Uint8Array.of(255, 255, 255, 255, 1),
    "no JSON": Uint8Array.of(1, 0, 0, 0, 0x7b),
    version: encode({ version: 2, nodes: [root([])] }),
    "no nodes": nodes(),
    "null node": nodes(null),
    "root is a file": nodes(file(1, 0, [])),
    "root named": nodes(root([["a", 0]])),
    "no such node": nodes(root([["a", 7]])),
    "fraction of a node": nodes(root([["a", 0.5]])),
    "directory twice": nodes(
      root([
        ["a", 1],
        ["b", 1],
      ]),
      directory(2, []),
    ),
    cycle: nodes(root([]), directory(2, [["x", 2]]), directory(3, [["y", 1]])),
    orphan: nodes(root([]), file(2, 0, [])),
    dots: nodes(root([["..", 1]]), file(2, 0, [])),
    slash: nodes(root([["a/b", 1]]), file(2, 0, [])),
    "long name": nodes(root([["n".repeat(256), 1]]), file(2, 0, [])),
    "negative size": nodes(root([["a", 1]]), file(2, -1, [])),
    "stretch without bytes": nodes(root([["a", 1]]), file(2, 10, [[0, 10]])),
    "stretch beyond the size": encode({ version: 1, nodes: [root([["a", 1]]), file(2, 5, [[0, 10]])] }, 10),
    "bytes left over": encode({ version: 1, nodes: [root([])] }, 10),
    "inode twice": nodes(root([["a", 1]]), file(1, 0, [])),
    "mode too large": nodes({ ...root([]), mode: 0o10000 }),
    "time is no number": nodes({ ...root([]), times: ["0", "x", "0"] }),
    "time too long": nodes({ ...root([]), times: ["0", "9".repeat(100_000), "0"] }),
    "empty target": nodes(root([["a", 1]]), link("")),
    "long target": nodes(root([["a", 1]]), link("t".repeat(5000))),
    "two kinds at once": nodes({ ...root([]), target: "x" }),
  };
  for (const [what, bytes] of Object.entries(hostile)) {
    assert.throws(() => restoreMemoryVolume(bytes), hasErrno("EINVAL"), what);
  }
  const twice = nodes(
    root([
      ["a", 1],
      ["a", 1],
    ]),
    file(2, 0, []),
  );
  assert.throws(() => restoreMemoryVolume(twice), hasErrno("EEXIST"));
  const huge = nodes(root([["a", 1]]), file(2, 2 ** 50, []));
  assert.throws(() => restoreMemoryVolume(huge), hasErrno("EFBIG"));
});
