import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { test } from "node:test";
import { ErrnoError } from "../errno.js";
import { createBundleVolume } from "./bundle-volume.js";
import { createDeviceVolume } from "./device-volume.js";
import { createFileSystem } from "./file-system.js";
import { createMemoryVolume } from "./memory-volume.js";
import type { FileSystem } from "./types.js";

const hasErrno = (errno: string) => (error: unknown) => error instanceof ErrnoError && error.errno === errno;

const pack = new TextEncoder().encode("import os\nprint(1)\n");
const bundle = () =>
  createBundleVolume({
    entries: { "os.py": { offset: 0, size: 10 }, "json/__init__.py": { offset: 10, size: 9 } },
    read: (offset, buffer) => {
      buffer.set(pack.subarray(offset, offset + buffer.length));
      return buffer.length;
    },
    timeNs: 5n,
  });

function names(fs: FileSystem, path: string): string[] {
  const file = fs.open(path, { directory: true });
  const entries = file.readDirectory(0n, 100).map(({ name }) => name);
  file.close();
  return entries;
}

test("volumes appear at their mount points, which exist whatever lies below", () => {
  const root = createMemoryVolume();
  const fs = createFileSystem({
    root,
    mounts: [
      { path: "/data/deep/inner", volume: createMemoryVolume() },
      { path: "/data", volume: createMemoryVolume() },
      { path: "/lib/python", volume: bundle() },
    ],
  });
  assert.deepEqual(names(fs, "/"), [".", "..", "data", "lib"]);
  assert.deepEqual(names(fs, "/data"), [".", "..", "deep"]);
  fs.makeDirectory("/data/deep/inner/x");
  assert.deepEqual(names(fs, "/data/deep"), [".", "..", "inner"]);
  assert.equal(fs.stat("/data/deep/inner/x/../../../..").inode, fs.stat("/").inode);
  assert.equal(fs.stat("/data/deep/inner/..").inode, fs.stat("/data/deep").inode);
  const inner = fs.open("/data/deep/inner/x", { directory: true });
  assert.equal(fs.pathOf(inner), "/data/deep/inner/x");
  inner.close();
  const devices = ["/", "/data", "/data/deep", "/data/deep/inner", "/lib/python"];
  assert.equal(new Set(devices.map((path) => fs.stat(path).device)).size, devices.length);
});

test("mount points cannot be moved, removed or replaced, and files do not move across them", () => {
  const fs = createFileSystem({
    root: createMemoryVolume(),
    mounts: [{ path: "/data/inner", volume: createMemoryVolume() }],
  });
  fs.makeDirectory("/d");
  for (const path of ["/data", "/data/inner"]) {
    assert.throws(() => fs.removeDirectory(path), hasErrno(path === "/data" ? "EBUSY" : "EROFS"));
    assert.throws(
      () => fs.unlink(path),
      (error) => hasErrno("EISDIR")(error) || hasErrno("EROFS")(error),
    );
    assert.throws(() => fs.makeDirectory(path), hasErrno("EEXIST"));
  }
  assert.throws(() => fs.rename("/data", "/x"), hasErrno("EBUSY"));
  assert.throws(() => fs.rename("/d", "/data"), hasErrno("EBUSY"));
  assert.throws(() => fs.rename("/d", "/data/inner/d"), hasErrno("EXDEV"));
  fs.open("/f", { write: true, create: true }).close();
  assert.throws(() => fs.link("/f", "/data/inner/f"), hasErrno("EXDEV"));
  assert.throws(() => fs.rename("/f", "/data/inner/f"), hasErrno("EXDEV"));
});

test("a link below a mount resolves in the guest's name space", () => {
  const fs = createFileSystem({
    root: createMemoryVolume(),
    mounts: [{ path: "/data", volume: createMemoryVolume() }],
  });
  fs.open("/data/f", { write: true, create: true }).close();
  fs.symlink("/data/f", "/data/absolute");
  fs.symlink("../data/f", "/data/up");
  assert.equal(fs.stat("/data/absolute").inode, fs.stat("/data/f").inode);
  assert.equal(fs.stat("/data/up").inode, fs.stat("/data/f").inode);
});

test("a mount below a base directory is beneath it, and its .. leads no further than the base", () => {
  const fs = createFileSystem({
    root: createMemoryVolume(),
    mounts: [
      { path: "/data", volume: createMemoryVolume() },
      { path: "/data/inner", volume: createMemoryVolume() },
    ],
  });
  const base = fs.open("/data", { directory: true });
  const stat = (path: string) => fs.stat(path, {}, { base, beneath: true });
  assert.equal(stat("inner").inode, fs.stat("/data/inner").inode);
  assert.equal(stat("inner/..").device, fs.stat("/data").device);
  assert.throws(() => stat("inner/../.."), hasErrno("EPERM"));
  base.close();
});

test("mount points must be absolute, plain and different", () => {
  for (const path of ["data", "/", "/a/../b", "/a/./b"]) {
    const mounts = [{ path, volume: createMemoryVolume() }];
    assert.throws(() => createFileSystem({ root: createMemoryVolume(), mounts }), hasErrno("EINVAL"), path);
  }
  const mounts = ["/a", "/a/"].map((path) => ({ path, volume: createMemoryVolume() }));
  assert.throws(() => createFileSystem({ root: createMemoryVolume(), mounts }), hasErrno("EBUSY"));
});

test("a bundle can be read and listed", () => {
  const fs = createFileSystem({ root: bundle() });
  assert.deepEqual(names(fs, "/").sort(), [".", "..", "json", "os.py"]);
  const file = fs.open("/json/../json/__init__.py", { read: true });
  const buffer = new Uint8Array(100);
  assert.equal(file.read(buffer), 9);
  assert.equal(new TextDecoder().decode(buffer.subarray(0, 9)), "print(1)\n");
  assert.equal(file.read(buffer), 0);
  assert.equal(file.read(buffer, 50), 0);
  assert.equal(file.stat().modifyTimeNs, 5n);
  file.close();
  assert.throws(() => fs.stat("/json/x"), hasErrno("ENOENT"));
  assert.throws(() => fs.stat("/os.py/x"), hasErrno("ENOTDIR"));
});

test("a bundle refuses every change", () => {
  const fs = createFileSystem({ root: bundle() });
  const file = fs.open("/os.py", { read: true });
  const changes = {
    write: () => fs.open("/os.py", { write: true }),
    append: () => fs.open("/os.py", { append: true }),
    truncatingOpen: () => fs.open("/os.py", { read: true, truncate: true }),
    create: () => fs.open("/new", { write: true, create: true }),
    truncate: () => fs.truncate("/os.py", 0),
    makeDirectory: () => fs.makeDirectory("/d"),
    removeDirectory: () => fs.removeDirectory("/json"),
    unlink: () => fs.unlink("/os.py"),
    rename: () => fs.rename("/os.py", "/x"),
    link: () => fs.link("/os.py", "/x"),
    symlink: () => fs.symlink("x", "/x"),
    times: () => fs.setTimes("/os.py", { modifyTimeNs: 0n }),
    mode: () => fs.setMode("/json", 0),
    openTimes: () => file.setTimes({ modifyTimeNs: 0n }),
    openMode: () => file.setMode(0),
  };
  for (const [what, change] of Object.entries(changes)) assert.throws(change, hasErrno("EROFS"), what);
  file.close();
});

test("devices behave as on Linux", () => {
  const fs = createFileSystem({
    root: createMemoryVolume(),
    mounts: [
      {
        path: "/dev",
        volume: createDeviceVolume(randomFillSync),
      },
    ],
  });
  const open = (name: string) => fs.open(`/dev/${name}`, { read: true, write: true });
  const buffer = new Uint8Array(100_000).fill(7);
  assert.equal(open("null").read(buffer), 0);
  assert.equal(open("null").write(buffer), buffer.length);
  assert.equal(open("null").seek(5, "start"), 0);
  assert.equal(open("zero").read(buffer), buffer.length);
  assert.ok(buffer.every((byte) => byte === 0));
  assert.throws(() => open("full").write(buffer), hasErrno("ENOSPC"));
  assert.equal(open("urandom").read(buffer), buffer.length);
  assert.ok(new Set(buffer.subarray(99_000)).size > 100);
  assert.equal(fs.stat("/dev/null").type, "character");
  fs.open("/dev/null", { write: true, create: true, truncate: true }).close();
  assert.throws(() => fs.unlink("/dev/null"), hasErrno("EROFS"));
  assert.throws(() => fs.open("/dev/tty", { read: true }), hasErrno("ENOENT"));
});
