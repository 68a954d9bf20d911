import assert from "node:assert/strict";
import { test } from "node:test";
import { createStreamFile } from "../../vfs/stream-file.js";
import { allRights, rights } from "./rights.js";
import { createFixture, type Fixture } from "./wasi-fixture.js";

const create = 1;
const append = 1;
const sync = 16;

/** Writes the texts, one buffer each. */
function write({ text, room, memory, call }: Fixture, fd: number, ...texts: string[]): [string, number] {
  const list = room(texts.length * 8);
  texts.forEach((part, index) => {
    const [pointer, length] = text(part);
    memory.setU32(list + index * 8, pointer);
    memory.setU32(list + index * 8 + 4, length);
  });
  const moved = room(4);
  const outcome = call("fd_write", fd, list, texts.length, moved);
  return [outcome, memory.u32(moved)];
}

/** Reads into buffers of these lengths and joins what arrived. */
function read({ room, memory, call }: Fixture, fd: number, ...lengths: number[]): string {
  const list = room(lengths.length * 8);
  const buffer = room(lengths.reduce((sum, each) => sum + each, 0));
  let at = buffer;
  lengths.forEach((length, index) => {
    memory.setU32(list + index * 8, at);
    memory.setU32(list + index * 8 + 4, length);
    at += length;
  });
  const moved = room(4);
  const outcome = call("fd_read", fd, list, lengths.length, moved);
  return outcome === "OK" ? Buffer.from(memory.bytes(buffer, memory.u32(moved))).toString() : outcome;
}

function fdstat({ room, memory, succeed }: Fixture, fd: number) {
  const at = room(24);
  succeed("fd_fdstat_get", fd, at);
  const [type, flags] = [memory.u8(at), memory.u16(at + 2)];
  return { type, flags, base: Number(memory.u64(at + 8)), inheriting: Number(memory.u64(at + 16)) };
}

test("what is written in several buffers is read back in others", () => {
  const fixture = createFixture();
  const fd = fixture.open("file", create);
  assert.deepEqual(write(fixture, fd, "one ", "", "two"), ["OK", 7]);
  const out = fixture.room(8);
  fixture.succeed("fd_seek", fd, 1n, 0, out);
  assert.equal(fixture.memory.u64(out), 1n);
  assert.equal(read(fixture, fd, 2, 100), "ne two");
  assert.equal(read(fixture, fd, 8), "");
  fixture.succeed("fd_tell", fd, out);
  assert.equal(fixture.memory.u64(out), 7n);
});

test("reading and writing at an offset leaves the position alone", () => {
  const fixture = createFixture();
  const { memory, room, text, succeed, call } = fixture;
  const fd = fixture.open("file", create);
  write(fixture, fd, "abcdef");
  const list = room(8);
  const [pointer, length] = text("XY");
  memory.setU32(list, pointer);
  memory.setU32(list + 4, length);
  const moved = room(4);
  succeed("fd_pwrite", fd, list, 1, 2n, moved);
  assert.deepEqual(write(fixture, fd, "g"), ["OK", 1]);
  succeed("fd_pread", fd, list, 1, 5n, moved);
  assert.equal(Buffer.from(memory.bytes(pointer, memory.u32(moved))).toString(), "fg");
  assert.equal(call("fd_pread", fd, list, 1, -1n, moved), "EFBIG");
});

test("a seek before the beginning, by an unknown whence or on a stream fails", () => {
  const { open, call, room } = createFixture();
  const fd = open("file", create);
  const out = room(8);
  assert.equal(call("fd_seek", fd, -1n, 0, out), "EINVAL");
  assert.equal(call("fd_seek", fd, 0n, 3, out), "EINVAL");
  assert.equal(call("fd_seek", fd, 2n ** 60n, 0, out), "EFBIG");
  assert.equal(call("fd_seek", 1, 0n, 1, out), "ESPIPE");
  assert.equal(call("fd_seek", 2, 0n, 1, out), "ESPIPE");
});

test("a read from a stream takes what is there and does not wait to fill a second buffer", () => {
  let reads = 0;
  const stdin = createStreamFile({
    type: "fifo",
    read(buffer) {
      reads++;
      return buffer.fill(0x78).length;
    },
  });
  const fixture = createFixture({ stdin });
  assert.equal(read(fixture, 0, 3, 5), "xxx");
  assert.equal(reads, 1);
});

test("append mode writes at the end whatever the position, and can be switched off", () => {
  const fixture = createFixture();
  const fd = fixture.open("file", create, allRights, append);
  write(fixture, fd, "abc");
  const out = fixture.room(8);
  fixture.succeed("fd_seek", fd, 0n, 0, out);
  write(fixture, fd, "def");
  assert.equal(fdstat(fixture, fd).flags, append);
  fixture.succeed("fd_fdstat_set_flags", fd, 0);
  fixture.succeed("fd_seek", fd, 0n, 0, out);
  write(fixture, fd, "X");
  fixture.succeed("fd_seek", fd, 0n, 0, out);
  assert.equal(read(fixture, fd, 99), "Xbcdef");
});

test("the flags for synchronous writing are reported, and cannot change afterwards", () => {
  const fixture = createFixture();
  const fd = fixture.open("file", create, allRights, sync | append);
  assert.equal(fdstat(fixture, fd).flags, sync | append);
  fixture.succeed("fd_fdstat_set_flags", fd, sync);
  assert.equal(fdstat(fixture, fd).flags, sync);
  assert.equal(fixture.call("fd_fdstat_set_flags", fd, 0), "ENOTSUP");
  assert.equal(fixture.call("fd_fdstat_set_flags", fd, sync | 32), "EINVAL");
});

test("rights can be given away and not taken back", () => {
  const fixture = createFixture();
  const fd = fixture.open("file", create);
  const before = fdstat(fixture, fd);
  const fewer = before.base & ~rights.fd_read;
  fixture.succeed("fd_fdstat_set_rights", fd, BigInt(fewer), 0n);
  assert.equal(fdstat(fixture, fd).base, fewer);
  assert.equal(read(fixture, fd, 1), "EBADF");
  assert.equal(fixture.call("fd_fdstat_set_rights", fd, BigInt(before.base), 0n), "ENOTCAPABLE");
  fixture.succeed("fd_fdstat_set_rights", fd, 0n, 0n);
  for (const name of ["fd_sync", "fd_datasync"]) assert.equal(fixture.call(name, fd), "ENOTCAPABLE");
  assert.equal(fixture.call("fd_filestat_get", fd, 0), "ENOTCAPABLE");
  assert.equal(fixture.call("fd_filestat_set_size", fd, 0n), "ENOTCAPABLE");
  assert.equal(fixture.call("fd_allocate", fd, 0n, 1n), "ENOTCAPABLE");
});

test("a file opened without the right to write cannot be written, allocated or resized", () => {
  const fixture = createFixture();
  fixture.open("file", create);
  const fd = fixture.open("file", 0, allRights & ~rights.fd_write);
  assert.deepEqual(write(fixture, fd, "x")[0], "EBADF");
  assert.equal(fixture.call("fd_allocate", fd, 0n, 1n), "ENOTCAPABLE");
  assert.equal(fixture.call("fd_filestat_set_size", fd, 1n), "EINVAL");
});

test("a terminal is told from a file by its type and its missing right to seek", () => {
  const fixture = createFixture();
  assert.equal(fdstat(fixture, 2).type, 2);
  assert.equal(fdstat(fixture, 2).base & (rights.fd_seek | rights.fd_tell), 0);
  assert.equal(fdstat(fixture, 1).type, 0);
});

test("a file's size and times are set and reported", () => {
  const { open, succeed, call, memory, room } = createFixture();
  const fd = open("file", create);
  const at = room(64);
  succeed("fd_filestat_set_size", fd, 9n);
  succeed("fd_filestat_set_times", fd, 111n, 222n, 1 | 4);
  succeed("fd_allocate", fd, 5n, 10n);
  succeed("fd_filestat_set_times", fd, 111n, 222n, 1 | 4);
  succeed("fd_filestat_get", fd, at);
  assert.equal(memory.u8(at + 16), 4);
  assert.deepEqual(
    [24, 32, 40, 48].map((offset) => memory.u64(at + offset)),
    [1n, 15n, 111n, 222n],
  );
  assert.equal(call("fd_filestat_set_times", fd, 0n, 0n, 1 | 2), "EINVAL");
  assert.equal(call("fd_filestat_set_times", fd, 0n, 0n, 16), "EINVAL");
  assert.equal(call("fd_advise", fd, 0n, 0n, 6), "EINVAL");
  assert.equal(call("fd_advise", 1, 0n, 0n, 0), "ESPIPE");
});

test("a directory can be neither read, written, sought in nor resized", () => {
  const fixture = createFixture();
  const { call, room } = fixture;
  assert.equal(read(fixture, 3, 4), "EISDIR");
  assert.equal(write(fixture, 3, "x")[0], "EISDIR");
  assert.equal(call("fd_seek", 3, 0n, 0, room(8)), "EISDIR");
  assert.equal(call("fd_tell", 3, room(8)), "EISDIR");
  assert.equal(call("fd_filestat_set_size", 3, 0n), "EISDIR");
});

test("closing frees the lowest number for the next file", () => {
  const { open, succeed, call } = createFixture();
  const [first, second] = [open("a", create), open("b", create)];
  assert.deepEqual([first, second], [4, 5]);
  succeed("fd_close", first);
  assert.equal(call("fd_close", first), "EBADF");
  assert.equal(open("c", create), 4);
});

test("renumbering moves a descriptor with its rights over another open one", () => {
  const fixture = createFixture();
  const first = fixture.open("a", create, allRights & ~rights.fd_read);
  const second = fixture.open("b", create);
  write(fixture, first, "from a");
  fixture.succeed("fd_renumber", first, second);
  assert.equal(fixture.call("fd_close", first), "EBADF");
  assert.equal(read(fixture, second, 1), "EBADF");
  assert.equal(fixture.call("fd_renumber", second, 99), "EBADF");
  fixture.succeed("fd_renumber", second, second);
  fixture.succeed("fd_renumber", second, 3);
  assert.equal(fixture.call("fd_prestat_get", 3, 1024), "EBADF");
});

test("a guest can hold only so many files open, and closing one makes room", () => {
  const { open, text, call, room } = createFixture();
  for (let fd = 4; fd < 1024; fd++) assert.equal(open("file", create), fd);
  const args = [3, 1, ...text("file"), 0, 0n, 0n, 0, room(4)];
  assert.equal(call("path_open", ...args), "EMFILE");
  assert.equal(call("fd_close", 500), "OK");
  assert.equal(call("path_open", ...args), "OK");
});

test("closing the guest closes its files and leaves the host's streams open", () => {
  let closed = 0;
  const stdout = createStreamFile({ write: (bytes) => bytes.length, close: () => closed++ });
  const fixture = createFixture({ stdout });
  fixture.open("file", create);
  fixture.wasi.close();
  assert.equal(closed, 0);
  assert.equal(fixture.call("fd_tell", 4, 0), "EBADF");
});
