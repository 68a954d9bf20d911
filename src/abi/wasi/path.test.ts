import assert from "node:assert/strict";
import { test } from "node:test";
import { createFileSystem } from "../../vfs/file-system.js";
import { createMemoryVolume } from "../../vfs/memory-volume.js";
import { directoryRights, fileRights, rights } from "./rights.js";
import { createFixture, type Fixture } from "./wasi-fixture.js";

const create = 1;
const directory = 2;
const exclusive = 4;
const truncate = 8;
const follow = 1;

function pathOpen(fixture: Fixture, path: string | Uint8Array, flags: Partial<Record<string, number>> = {}) {
  const { fd = 3, lookup = 0, oflags = 0, base = 0, inheriting = 0, fdflags = 0 } = flags;
  const { call, text, room } = fixture;
  return call(
    "path_open",
    fd,
    lookup,
    ...text(path),
    oflags,
    BigInt(base),
    BigInt(inheriting),
    fdflags,
    room(4),
  );
}

/** Names behind a cookie, each with its own cookie, as `fd_readdir` gives them into a buffer of that size. */
function list({ call, memory, room }: Fixture, fd: number, size: number, cookie = 0n) {
  const [buffer, used] = [room(size), room(4)];
  assert.equal(call("fd_readdir", fd, buffer, size, cookie, used), "OK");
  const end = buffer + memory.u32(used);
  const entries: Array<{ name: string; next: bigint; type: number }> = [];
  for (let at = buffer; at + 24 <= end; ) {
    const length = memory.u32(at + 16);
    if (at + 24 + length > end) break;
    const name = Buffer.from(memory.bytes(at + 24, length)).toString();
    entries.push({ name, next: memory.u64(at), type: memory.u8(at + 20) });
    at += 24 + length;
  }
  return { entries, full: memory.u32(used) === size };
}

function tree(): Fixture {
  const fixture = createFixture();
  const { succeed, text } = fixture;
  succeed("path_create_directory", 3, ...text("dir"));
  succeed("path_symlink", ...text("dir"), 3, ...text("link"));
  fixture.open("dir/file", create);
  return fixture;
}

test("no spelling of a path leaves the directory that it is given beside", () => {
  const fixture = tree();
  const { succeed, text } = fixture;
  succeed("path_symlink", ...text("../.."), 3, ...text("dir/up"));
  for (const path of [
    "..",
    "../x",
    "/",
    "/dir",
    "dir/../..",
    "dir/../../dir",
    "link/../..",
    "dir/up",
    "dir/up/x",
  ]) {
    assert.equal(pathOpen(fixture, path, { lookup: follow }), "EPERM", path);
  }
  const [one, two] = [text("../x"), text("y")];
  assert.equal(fixture.call("path_create_directory", 3, ...one), "EPERM");
  assert.equal(fixture.call("path_unlink_file", 3, ...one), "EPERM");
  assert.equal(fixture.call("path_remove_directory", 3, ...one), "EPERM");
  assert.equal(fixture.call("path_rename", 3, ...text("dir"), 3, ...one), "EPERM");
  assert.equal(fixture.call("path_link", 3, 0, ...one, 3, ...two), "EPERM");
  assert.equal(fixture.call("path_readlink", 3, ...one, 0, 0, 0), "EPERM");
  assert.equal(fixture.call("path_filestat_get", 3, 0, ...one, 0), "EPERM");
  assert.equal(fixture.call("path_filestat_set_times", 3, 0, ...one, 0n, 0n, 0), "EPERM");
});

test("a link to an absolute path cannot be made", () => {
  const { call, text } = createFixture();
  assert.equal(call("path_symlink", ...text("/etc/passwd"), 3, ...text("link")), "EPERM");
});

test("the directory beneath which a path stays is the one given, not the preopened one", () => {
  const fixture = tree();
  const fd = fixture.open("dir", directory, directoryRights);
  assert.equal(pathOpen(fixture, "file", { fd }), "OK");
  assert.equal(pathOpen(fixture, "../dir/file", { fd }), "EPERM");
});

test("paths that are too long or hold a zero byte are refused by name", () => {
  const fixture = createFixture();
  assert.equal(pathOpen(fixture, "a/".repeat(2049)), "ENAMETOOLONG");
  assert.equal(pathOpen(fixture, "a".repeat(256)), "ENAMETOOLONG");
  assert.equal(pathOpen(fixture, "a\0"), "EINVAL");
  assert.equal(pathOpen(fixture, ""), "ENOENT");
});

test("a name that is not UTF-8 is not there in memory, and cannot be made there", () => {
  const fixture = createFixture();
  for (const name of [Uint8Array.of(0xff, 0x61), Uint8Array.of(0xc0, 0x80)]) {
    assert.equal(pathOpen(fixture, name), "ENOENT");
    assert.equal(pathOpen(fixture, name, { oflags: create }), "EILSEQ");
  }
});

test("the flags of an open mean what POSIX has them mean", () => {
  const fixture = tree();
  assert.equal(pathOpen(fixture, "dir/file", { oflags: create | exclusive }), "EEXIST");
  assert.equal(pathOpen(fixture, "dir/file", { oflags: directory }), "ENOTDIR");
  assert.equal(pathOpen(fixture, "none", { oflags: directory }), "ENOENT");
  assert.equal(pathOpen(fixture, "link"), "ELOOP");
  assert.equal(pathOpen(fixture, "link", { lookup: follow, oflags: directory }), "OK");
  assert.equal(pathOpen(fixture, "dir", { base: rights.fd_write }), "EISDIR");
  assert.equal(pathOpen(fixture, "new", { oflags: create | directory }), "EINVAL");
  assert.equal(pathOpen(fixture, "dir", { oflags: 16 }), "EINVAL");
  assert.equal(pathOpen(fixture, "dir", { fdflags: 32 }), "EINVAL");
  assert.equal(pathOpen(fixture, "dir", { lookup: 2 }), "EINVAL");
  assert.equal(pathOpen(fixture, "file", { fd: 1 }), "ENOTDIR");
});

test("an opened file gets the rights asked for that fit it, and none that the directory cannot pass on", () => {
  const fixture = tree();
  const { succeed, memory, room, text } = fixture;
  const opened = room(4);
  const asked = rights.fd_read | rights.path_open;
  succeed("path_open", 3, 0, ...text("dir/file"), 0, BigInt(asked), 0n, 0, opened);
  assert.equal(fixture.wasi.descriptors.get(memory.u32(opened)).base, rights.fd_read);

  const passing = directoryRights | rights.fd_read;
  const args = [BigInt(directoryRights), BigInt(passing), 0, opened] as const;
  succeed("path_open", 3, 0, ...text("dir"), directory, ...args);
  const fd = memory.u32(opened);
  assert.equal(pathOpen(fixture, "file", { fd, base: rights.fd_read }), "OK");
  assert.equal(pathOpen(fixture, "file", { fd, base: rights.fd_read | rights.fd_write }), "ENOTCAPABLE");
  assert.equal(pathOpen(fixture, "file", { fd, inheriting: rights.fd_write }), "ENOTCAPABLE");
});

test("asking for every right there may be gives those that there are", () => {
  const fixture = tree();
  const { succeed, memory, room, text, wasi } = fixture;
  const opened = room(4);
  const every = 2n ** 64n - 1n;
  succeed("path_open", 3, 0, ...text("dir/file"), 0, every, every, 0, opened);
  assert.equal(wasi.descriptors.get(memory.u32(opened)).base, fileRights);
  assert.equal(pathOpen(fixture, "dir", { oflags: directory, base: rights.fd_write }), "EISDIR");
});

test("append is a flag that needs no right to write", () => {
  const fixture = tree();
  assert.equal(pathOpen(fixture, "dir/file", { base: rights.fd_read, fdflags: 1 }), "OK");
  assert.equal(pathOpen(fixture, "dir", { fdflags: 1 }), "OK");
  const last = fixture.wasi.descriptors.get(5);
  assert.deepEqual([last.file.append, last.file.writable], [true, false]);
});

test("each call on a path needs its own right to the directory", () => {
  const { wasi, call, text } = tree();
  const [one, two] = [text("dir/file"), text("other")];
  const calls: Array<[keyof typeof rights, string, ...Array<number | bigint>]> = [
    ["path_open", "path_open", 3, 0, ...one, 0, 0n, 0n, 0, 0],
    ["path_create_file", "path_open", 3, 0, ...one, create, 0n, 0n, 0, 0],
    ["path_filestat_set_size", "path_open", 3, 0, ...one, truncate, 0n, 0n, 0, 0],
    ["path_create_directory", "path_create_directory", 3, ...two],
    ["path_filestat_get", "path_filestat_get", 3, 0, ...one, 0],
    ["path_filestat_set_times", "path_filestat_set_times", 3, 0, ...one, 0n, 0n, 0],
    ["path_link_source", "path_link", 3, 0, ...one, 3, ...two],
    ["path_link_target", "path_link", 3, 0, ...one, 3, ...two],
    ["path_readlink", "path_readlink", 3, ...one, 0, 0, 0],
    ["path_remove_directory", "path_remove_directory", 3, ...one],
    ["path_rename_source", "path_rename", 3, ...one, 3, ...two],
    ["path_rename_target", "path_rename", 3, ...one, 3, ...two],
    ["path_symlink", "path_symlink", ...two, 3, ...one],
    ["path_unlink_file", "path_unlink_file", 3, ...one],
    ["fd_readdir", "fd_readdir", 3, 0, 0, 0n, 0],
  ];
  for (const [right, name, ...args] of calls) {
    wasi.descriptors.get(3).base = directoryRights & ~rights[right];
    assert.equal(call(name, ...args), "ENOTCAPABLE", right);
  }
});

test("metadata of a link or of what it leads to, by the flag", () => {
  const { succeed, text, memory, room } = tree();
  const at = room(64);
  succeed("path_filestat_get", 3, 0, ...text("link"), at);
  assert.equal(memory.u8(at + 16), 7);
  succeed("path_filestat_get", 3, follow, ...text("link"), at);
  assert.equal(memory.u8(at + 16), 3);
  succeed("path_filestat_set_times", 3, 0, ...text("dir/file"), 5n, 6n, 1 | 4);
  succeed("path_filestat_get", 3, 0, ...text("dir/file"), at);
  assert.deepEqual([memory.u64(at + 40), memory.u64(at + 48)], [5n, 6n]);
});

test("a link's target is cut off to the buffer", () => {
  const { succeed, call, text, memory, room } = tree();
  const [buffer, used] = [room(8), room(4)];
  succeed("path_readlink", 3, ...text("link"), buffer, 8, used);
  assert.equal(Buffer.from(memory.bytes(buffer, memory.u32(used))).toString(), "dir");
  succeed("path_readlink", 3, ...text("link"), buffer, 2, used);
  assert.equal(memory.u32(used), 2);
  assert.equal(call("path_readlink", 3, ...text("dir"), buffer, 8, used), "EINVAL");
});

test("names are linked, renamed and removed", () => {
  const fixture = tree();
  const { succeed, call, text } = fixture;
  succeed("path_link", 3, 0, ...text("dir/file"), 3, ...text("hard"));
  succeed("path_rename", 3, ...text("hard"), 3, ...text("dir/renamed"));
  assert.equal(call("path_remove_directory", 3, ...text("dir")), "ENOTEMPTY");
  assert.equal(call("path_unlink_file", 3, ...text("dir")), "EISDIR");
  for (const path of ["dir/renamed", "dir/file", "link"]) succeed("path_unlink_file", 3, ...text(path));
  succeed("path_remove_directory", 3, ...text("dir"));
  assert.deepEqual(
    list(fixture, 3, 500).entries.map(({ name }) => name),
    [".", ".."],
  );
});

test("preopened directories tell their names, longer buffers are fine and shorter ones refused", () => {
  const fileSystem = createFileSystem({ root: createMemoryVolume() });
  fileSystem.makeDirectory("/dätä");
  const { succeed, call, memory, room } = createFixture({
    fileSystem,
    preopens: [{ path: "/" }, { path: "/dätä" }],
  });
  const at = room(8);
  succeed("fd_prestat_get", 4, at);
  assert.deepEqual([memory.u32(at), memory.u32(at + 4)], [0, 7]);
  const name = room(16);
  succeed("fd_prestat_dir_name", 4, name, 16);
  assert.equal(memory.string(name, 7, 99), "/dätä");
  assert.equal(call("fd_prestat_dir_name", 4, name, 6), "ENAMETOOLONG");
  assert.equal(call("fd_prestat_get", 2, at), "EBADF");
  assert.equal(call("fd_prestat_get", 5, at), "EBADF");
});

test("a listing read in small pieces gives every entry once, whatever the buffer's size", () => {
  const fixture = createFixture();
  const names = Array.from({ length: 300 }, (_, index) => `entry-${index}`);
  for (const name of names) fixture.succeed("path_create_directory", 3, ...fixture.text(name));
  for (const size of [40, 100, 4096]) {
    const seen: string[] = [];
    let cookie = 0n;
    for (;;) {
      const { entries, full } = list(fixture, 3, size, cookie);
      seen.push(...entries.map(({ name }) => name));
      cookie = entries.at(-1)?.next ?? cookie;
      if (!full) break;
    }
    assert.deepEqual(seen.sort(), [".", "..", ...names].sort(), `buffer of ${size}`);
  }
});

test("entries that stay are seen exactly once while others come and go", () => {
  const fixture = createFixture();
  const { succeed, text } = fixture;
  const staying = Array.from({ length: 40 }, (_, index) => `stay-${index}`);
  const going = Array.from({ length: 40 }, (_, index) => `go-${index}`);
  staying.forEach((name, index) => {
    succeed("path_create_directory", 3, ...text(name));
    succeed("path_create_directory", 3, ...text(going[index] as string));
  });
  const seen: string[] = [];
  let cookie = 0n;
  for (let round = 0; ; round++) {
    const { entries, full } = list(fixture, 3, 128, cookie);
    seen.push(...entries.map(({ name }) => name));
    cookie = entries.at(-1)?.next ?? cookie;
    if (!full) break;
    const victim = going[round];
    if (victim !== undefined) succeed("path_remove_directory", 3, ...text(victim));
    succeed("path_create_directory", 3, ...text(`new-${round}`));
    if (round > 500) break;
  }
  for (const name of staying) assert.equal(seen.filter((each) => each === name).length, 1, name);
});

test("a listing behind an invented cookie ends, without an error of the host's", () => {
  const fixture = tree();
  assert.deepEqual(list(fixture, 3, 500, 2n ** 63n).entries, []);
  assert.deepEqual(list(fixture, 3, 500, -1n).entries, []);
});
