import assert from "node:assert/strict";
import { test } from "node:test";
import { errnoNumbers } from "../../errno.js";
import { GuestExit } from "../../guest-end.js";
import { createStreamFile } from "../../vfs/stream-file.js";
import { createFixture } from "./wasi-fixture.js";

/** Every function of the specification, and what each of its arguments is. */
const signatures = {
  args_get: "out out",
  args_sizes_get: "out out",
  clock_res_get: "id out",
  clock_time_get: "id i64 out",
  environ_get: "out out",
  environ_sizes_get: "out out",
  fd_advise: "file i64 i64 flags",
  fd_allocate: "file i64 i64",
  fd_close: "fd",
  fd_datasync: "file",
  fd_fdstat_get: "file out",
  fd_fdstat_set_flags: "file flags",
  fd_fdstat_set_rights: "file i64 i64",
  fd_filestat_get: "file out",
  fd_filestat_set_size: "file i64",
  fd_filestat_set_times: "file i64 i64 flags",
  fd_pread: "file list count i64 out",
  fd_prestat_dir_name: "preopen out length",
  fd_prestat_get: "preopen out",
  fd_pwrite: "file list count i64 out",
  fd_read: "file list count out",
  fd_readdir: "preopen out length i64 out",
  fd_renumber: "fd fd",
  fd_seek: "file i64 flags out",
  fd_sync: "file",
  fd_tell: "file out",
  fd_write: "file list count out",
  path_create_directory: "preopen path length",
  path_filestat_get: "preopen flags path length out",
  path_filestat_set_times: "preopen flags path length i64 i64 flags",
  path_link: "preopen flags path length preopen path length",
  path_open: "preopen flags path length flags i64 i64 flags out",
  path_readlink: "preopen path length out length out",
  path_remove_directory: "preopen path length",
  path_rename: "preopen path length preopen path length",
  path_symlink: "path length preopen path length",
  path_unlink_file: "preopen path length",
  poll_oneoff: "list out count out",
  proc_exit: "code",
  proc_raise: "id",
  random_get: "out length",
  sched_yield: "",
  sock_accept: "file flags out",
  sock_recv: "file list count flags out out",
  sock_send: "file list count flags out",
  sock_shutdown: "file flags",
} as const;

type Kind = "fd" | "file" | "preopen" | "out" | "path" | "list" | "length" | "count" | "i64" | "flags" | "id";
type Name = keyof typeof signatures;

const names = Object.keys(signatures) as Name[];

function kinds(name: Name): Kind[] {
  return signatures[name].split(" ").filter((kind) => kind !== "") as Kind[];
}

test("the import object has exactly the functions of the specification, with their parameters", () => {
  const { wasi } = createFixture();
  assert.deepEqual(Object.keys(wasi.imports).sort(), [...names].sort());
});

test("a pointer or length outside the memory fails every call that takes one, and nothing is thrown", () => {
  for (const name of names) {
    const wanted = kinds(name);
    for (const [index, kind] of wanted.entries()) {
      if (!["out", "path", "list", "length", "count"].includes(kind)) continue;
      for (const hostile of [-1, -4, 0x7fffffff, -0x80000000, 4 * 65536]) {
        const fixture = createFixture();
        const file = fixture.open("file", 1);
        const args = wanted.map((each, at) => (at === index ? hostile : benign(each, file)));
        // A length that is too large for the memory is only bad beside a pointer, which is benign here.
        const outcome = fixture.call(name, ...args);
        const allowed = ["EFAULT", "EINVAL", "ENAMETOOLONG", "ENOTSOCK"];
        const harmless = name === "fd_prestat_dir_name" && kind === "length";
        assert.ok(
          allowed.includes(outcome) || (harmless && outcome === "OK"),
          `${name}, argument ${index} (${kind}) = ${hostile}: ${outcome}`,
        );
      }
    }
  }
});

test("a descriptor that is not open fails every call that takes one with EBADF", () => {
  for (const name of names) {
    const wanted = kinds(name);
    for (const [index, kind] of wanted.entries()) {
      if (kind !== "fd" && kind !== "file" && kind !== "preopen") continue;
      for (const hostile of [-1, 99, 1_000_000, 0x7fffffff, -0x80000000]) {
        const fixture = createFixture();
        const file = fixture.open("file", 1);
        const args = wanted.map((each, at) => (at === index ? hostile : benign(each, file)));
        assert.equal(fixture.call(name, ...args), "EBADF", `${name}, argument ${index} = ${hostile}`);
      }
    }
  }
});

test("numbers, offsets and flags of the guest's choosing never make a call throw", () => {
  const extremes = [0n, 1n, -1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)];
  for (const name of names.filter((each) => !each.startsWith("proc_"))) {
    for (const big of extremes) {
      for (const small of [0, -1, 0x7fffffff, 255]) {
        const fixture = createFixture();
        const file = fixture.open("file", 1);
        const args = kinds(name).map((kind) => {
          if (kind === "i64") return big;
          return kind === "flags" || kind === "id" ? small : benign(kind, file);
        });
        fixture.call(name, ...args);
      }
    }
  }
});

test("what exceeds its bound fails without the host allocating for it", () => {
  const { call, memory } = createFixture();
  const before = process.memoryUsage().arrayBuffers;
  assert.equal(call("random_get", 0, 0xffff_ffff | 0), "EFAULT");
  assert.equal(call("fd_readdir", 3, 0, 0xffff_fff0 | 0, 0n, 0), "EFAULT");
  assert.equal(call("poll_oneoff", 0, 0, 1 << 30, 0), "EINVAL");
  assert.equal(call("fd_read", 0, 0, 1 << 30, 0), "EINVAL");
  assert.equal(call("path_open", 3, 0, 0, memory.byteLength, 0, 0n, 0n, 0, 0), "ENAMETOOLONG");
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
});

test("an exit unwinds the guest, and every later call ends it again", () => {
  const { wasi, call } = createFixture();
  const isExit = (error: unknown) => error instanceof GuestExit && error.exitCode === 7;
  assert.throws(() => call("proc_exit", 7), isExit);
  assert.throws(() => call("sched_yield"), isExit);
  assert.throws(() => (wasi.imports.fd_write as (fd: number) => number)(1), isExit);
});

test("an error of the host's own is EIO for the guest, and the next call works", () => {
  const stdin = createStreamFile({
    type: "fifo",
    read() {
      throw new TypeError("a fault of the host's");
    },
  });
  const { call, memory } = createFixture({ stdin });
  memory.setU32(1024, 2048);
  memory.setU32(1028, 8);
  assert.equal(call("fd_read", 0, 1024, 1, 4096), "EIO");
  assert.equal(call("sched_yield"), "OK");
});

test("a stack overflow in the host ends the guest instead of leaving a change half done", () => {
  const stdin = createStreamFile({
    type: "fifo",
    read: function deeper(buffer: Uint8Array): number {
      return deeper(buffer) + 1;
    },
  });
  const { call, memory } = createFixture({ stdin });
  memory.setU32(1024, 2048);
  memory.setU32(1028, 8);
  assert.throws(() => call("fd_read", 0, 1024, 1, 4096), RangeError);
  assert.throws(() => call("sched_yield"), RangeError);
});

test("sockets do not exist: a descriptor that is open is not one", () => {
  const { call } = createFixture();
  assert.equal(call("sock_shutdown", 1, 2), "ENOTSOCK");
  assert.equal(call("sock_accept", 3, 0, 0), "ENOTSOCK");
});

test("signals that end a process end the guest, others do nothing, and unknown ones are refused", () => {
  const { call } = createFixture();
  assert.equal(call("proc_raise", 0), "OK");
  assert.equal(call("proc_raise", 27), "OK");
  assert.equal(call("proc_raise", 31), "EINVAL");
  assert.throws(
    () => call("proc_raise", 6),
    (error) => error instanceof GuestExit && error.exitCode === 134,
  );
});

test("every errno has the number of the specification's order", () => {
  const order = Object.values(errnoNumbers);
  assert.deepEqual(
    order,
    [...order.keys()].map((index) => index + 1),
  );
});

function benign(kind: Kind, file: number): number | bigint {
  switch (kind) {
    case "file":
      return file;
    case "fd":
      return file;
    case "preopen":
      return 3;
    case "i64":
      return 1n;
    case "count":
    case "length":
      return 1;
    case "out":
    case "path":
      return 65536;
    case "list":
      return 2048;
    default:
      return 0;
  }
}
