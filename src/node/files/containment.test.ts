import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { ErrnoError } from "../../errno.js";
import { createFileSystem } from "../../vfs/file-system.js";
import { createMemoryVolume } from "../../vfs/memory-volume.js";
import { createOverlayVolume } from "../../vfs/overlay-volume.js";
import type { FileSystem } from "../../vfs/types.js";
import type { Volume } from "../../vfs/volume.js";
import { createHostVolume } from "./host-volume.js";

const isLinux = process.platform === "linux";
const hasErrno =
  (...errnos: string[]) =>
  (error: unknown) =>
    error instanceof ErrnoError && errnos.includes(error.errno);

/** `mount` is what the guest gets at /m; `outside` lies beside it and must never be reached. */
let top: string;
let mount: string;
let outside: string;
const open: FileSystem[] = [];

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "containment-"));
  mount = join(top, "mount");
  outside = join(top, "outside");
  for (const path of [mount, outside, join(mount, "d"), join(outside, "d")]) mkdirSync(path);
  writeFileSync(join(mount, "f"), "inside");
  writeFileSync(join(mount, "d/f"), "inside");
  writeFileSync(join(outside, "f"), "SECRET");
  writeFileSync(join(outside, "d/f"), "SECRET");
});
afterEach(() => {
  for (const fs of open.splice(0)) fs.close();
  rmSync(top, { recursive: true, force: true });
});

type Kind = "ro" | "rw" | "overlay" | "paths";
function mounted(kind: Kind, path = mount): FileSystem {
  const host = createHostVolume(path, {
    writable: kind === "rw" || kind === "paths",
    anchors: kind === "paths" ? "paths" : "handles",
  });
  const volume: Volume = kind === "overlay" ? createOverlayVolume(host) : host;
  const fs = createFileSystem({ root: createMemoryVolume(), mounts: [{ path: "/m", volume }] });
  open.push(fs);
  return fs;
}

function read(fs: FileSystem, path: string): string {
  const file = fs.open(path, { read: true });
  try {
    const buffer = new Uint8Array(64);
    return new TextDecoder().decode(buffer.subarray(0, file.read(buffer)));
  } finally {
    file.close();
  }
}

/** Reads a file without touching its access time. */
function contentOf(path: string): string {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOATIME ?? 0));
  try {
    return readFileSync(descriptor, "latin1");
  } finally {
    closeSync(descriptor);
  }
}

/** Everything below a directory that a change could show in, the access times of files included. */
function fingerprint(path: string): string[] {
  const stats = lstatSync(path, { bigint: true });
  const { mode, nlink, size, mtimeNs, ctimeNs, ino } = stats;
  const content = stats.isFile() ? contentOf(path) : stats.isSymbolicLink() ? readlinkSync(path) : "";
  const own = [path, mode, nlink, size, mtimeNs, ctimeNs, ino, stats.isFile() ? stats.atimeNs : "", content];
  return [
    own.join(" "),
    ...(stats.isDirectory() ? readdirSync(path).sort() : []).flatMap((name) => fingerprint(join(path, name))),
  ];
}

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

for (const kind of ["ro", "rw", "overlay", "paths"] as const) {
  describe(`A mount of kind "${kind}"`, () => {
    test("is not left by .. or by absolute paths to the host", () => {
      const fs = mounted(kind);
      for (const path of [
        "/m/../outside/f",
        "/m/d/../../outside/f",
        "/m/./d/.././../outside/f",
        "/../m/../../outside/f",
        join(outside, "f"),
        `/m/${join(outside, "f")}`,
        `/m/..${join(outside, "f")}`,
      ]) {
        assert.throws(() => read(fs, path), hasErrno("ENOENT"), path);
      }
      assert.equal(fs.stat("/m/..").inode, fs.stat("/").inode);
    });

    test("is not left by links on the host, of whatever form", () => {
      const links: Record<string, string> = {
        absolute: join(outside, "f"),
        relative: "../outside/f",
        directory: outside,
        "relative-directory": "../outside",
        chain: "chain2",
        chain2: "d/chain3",
        "d/chain3": "../absolute",
        up: "..",
        "up-up": "../..",
        slash: "/",
        "slashes-behind": `${outside}///`,
        proc: "/proc/self/root",
        cwd: "/proc/self/cwd",
        dev: "/dev",
      };
      for (const [name, target] of Object.entries(links)) symlinkSync(target, join(mount, name));
      const fs = mounted(kind);
      const before = fingerprint(outside);
      const secrets = Object.keys(links).flatMap((name) =>
        ["", "/f", "/d/f", "/outside/f", `${outside}/f`].map((rest) => `/m/${name}${rest}`),
      );
      for (const path of secrets) {
        // A link to the root is one to the guest's own, where the lines below may have made a file.
        try {
          assert.notEqual(read(fs, path), "SECRET", path);
        } catch (error) {
          assert.ok(error instanceof ErrnoError, String(error));
        }
        const create = { write: true, create: true, truncate: true };
        try {
          fs.open(path, create).close();
        } catch (error) {
          assert.ok(error instanceof ErrnoError);
        }
      }
      for (const name of Object.keys(links)) {
        assert.equal(fs.readLink(`/m/${name}`), links[name]);
        for (const act of [
          () => fs.truncate(`/m/${name}`, 0),
          () => fs.setTimes(`/m/${name}`, { modifyTimeNs: 0n }),
          () => fs.setMode(`/m/${name}`, 0),
          () => fs.setMode(`/m/${name}`, 0, { followSymlinks: false }),
          () => fs.setTimes(`/m/${name}`, { modifyTimeNs: 0n }, { followSymlinks: false }),
          () => fs.makeDirectory(`/m/${name}/made`),
          () => fs.symlink("x", `/m/${name}/linked`),
          () => fs.unlink(`/m/${name}/f`),
          () => fs.removeDirectory(`/m/${name}/d`),
          () => fs.rename(`/m/${name}/f`, `/m/${name}/g`),
          () => fs.rename("/m/f", `/m/${name}/g`),
          () => fs.rename(`/m/${name}/`, "/m/renamed"),
          () => fs.link(`/m/${name}`, `/m/${name}-hard`, { followSymlinks: true }),
        ]) {
          try {
            act();
          } catch (error) {
            assert.ok(error instanceof ErrnoError, String(error));
          }
        }
      }
      assert.deepEqual(fingerprint(outside), before);
    });

    test("loops and long chains of links on the host end in ELOOP", () => {
      symlinkSync("loop", join(mount, "loop"));
      symlinkSync("d/back", join(mount, "there"));
      symlinkSync("../there", join(mount, "d/back"));
      const fs = mounted(kind);
      for (const path of ["/m/loop", "/m/there", "/m/d/back/x", "/m/loop/"]) {
        assert.throws(() => fs.stat(path), hasErrno("ELOOP"), path);
      }
    });

    test("takes odd names for names, and refuses what is none", () => {
      const fs = mounted(kind);
      for (const name of ["..\\outside\\f", "%2e%2e", "..%2foutside", "...", "~", "*", "-rf"]) {
        assert.throws(() => read(fs, `/m/${name}`), hasErrno("ENOENT"), name);
      }
      assert.throws(() => fs.stat("/m/f\0/../../outside"), hasErrno("EINVAL"));
      assert.throws(() => fs.stat(`/m/${"n".repeat(256)}`), hasErrno("ENAMETOOLONG"));
      assert.throws(() => fs.stat(`/m/${"n".repeat(255)}`), hasErrno("ENOENT"));
      assert.throws(() => fs.stat(`/m${"/d/..".repeat(819)}`), hasErrno("ENAMETOOLONG"));
      assert.equal(fs.stat(`/m${"/d/..".repeat(500)}`).type, "directory");
    });

    test("special files are shown at most, never opened", { skip: !isLinux }, async () => {
      execFileSync("mkfifo", [join(mount, "fifo")]);
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(join(mount, "socket"), resolve));
      const fs = mounted(kind);
      for (const name of ["fifo", "socket"]) {
        for (const options of [
          { read: true },
          { write: true },
          { read: true, write: true, truncate: true },
        ]) {
          assert.throws(() => fs.open(`/m/${name}`, options), hasErrno("EACCES", "ENOENT", "EROFS"), name);
        }
      }
      const devices = mounted(kind, "/dev");
      assert.throws(() => devices.open("/m/null", { read: true }), hasErrno("EACCES", "ENOENT"));
      assert.throws(() => devices.open("/m/zero", { read: true }), hasErrno("EACCES", "ENOENT"));
      await new Promise((resolve) => server.close(resolve));
    });

    test("goes on failing cleanly when the host removes or replaces what is in use", () => {
      const fs = mounted(kind);
      const directory = fs.open("/m/d", { directory: true });
      const file = fs.open("/m/f", { read: true });
      renameSync(mount, join(top, "was-mount"));
      symlinkSync(outside, mount);
      for (const path of ["/m/f", "/m/d/f"]) {
        try {
          assert.equal(read(fs, path), "inside");
        } catch (error) {
          assert.ok(hasErrno("ENOENT", "EACCES")(error), String(error));
        }
      }
      rmSync(join(top, "was-mount"), { recursive: true });
      assert.throws(() => read(fs, "/m/d/f"), ErrnoError);
      assert.throws(() => fs.open("f", { read: true }, { base: directory }), ErrnoError);
      assert.ok(file.read(new Uint8Array(6), 0) <= 6);
      directory.close();
      file.close();
    });

    test("leaves no host descriptor open, however it is used", { skip: !isLinux }, () => {
      const before = descriptors();
      const fs = mounted(kind);
      const closed = fs.open("/m/f", { read: true });
      closed.read(new Uint8Array(1));
      closed.close();
      fs.open("/m/f", { read: true });
      const directory = fs.open("/m/d", { directory: true });
      directory.readDirectory(0n, 3);
      for (const path of ["/m/none", "/m/d/none", "/m/f/x"]) {
        assert.throws(() => fs.open(path, { read: true }), ErrnoError);
      }
      if (kind === "rw" || kind === "paths") {
        const appended = fs.open("/m/a", { append: true, create: true });
        appended.write(Uint8Array.of(1));
        for (let index = 0; index < 300; index++) {
          fs.makeDirectory(`/m/d${index}`);
          fs.open(`/m/d${index}/f`, { write: true, create: true }).close();
        }
        assert.ok(descriptors() < before + 150, "cached handles are bounded");
      }
      fs.close();
      assert.equal(descriptors(), before);
      directory.close();
      assert.throws(() => read(fs, "/m/f"), ErrnoError);
      assert.equal(descriptors(), before);
    });
  });
}

for (const kind of ["rw", "paths"] as const) {
  describe(`A writable mount of kind "${kind}"`, () => {
    test("is not left by links that the guest makes", () => {
      const fs = mounted(kind);
      const before = fingerprint(outside);
      fs.symlink(outside, "/m/l1");
      fs.symlink("../outside/f", "/m/l2");
      fs.symlink("l1/../f", "/m/l3");
      for (const path of ["/m/l1/f", "/m/l2", "/m/l3", "/m/l1"]) {
        assert.throws(() => read(fs, path), hasErrno("ENOENT"), path);
        assert.throws(() => fs.truncate(path, 0), hasErrno("ENOENT"));
        assert.throws(() => fs.setMode(path, 0), hasErrno("ENOENT"));
      }
      fs.link("/m/l2", "/m/hard");
      assert.equal(fs.readLink("/m/hard"), "../outside/f");
      assert.deepEqual(fingerprint(outside), before);
    });

    test("moves and removes links themselves, whatever slashes stand behind them", () => {
      symlinkSync("../outside", join(mount, "l"));
      const fs = mounted(kind);
      const before = fingerprint(outside);
      assert.throws(() => fs.rename("/m/l/", "/m/x"), hasErrno("ENOTDIR"));
      assert.throws(() => fs.rename("/m/d/", "/m/l/"), hasErrno("ENOTDIR"));
      assert.throws(() => fs.removeDirectory("/m/l/"), hasErrno("ENOTDIR"));
      assert.throws(() => fs.unlink("/m/l/"), hasErrno("ENOTDIR"));
      assert.throws(() => fs.makeDirectory("/m/l/"), hasErrno("EEXIST"));
      fs.rename("/m/l", "/m/x");
      fs.setTimes("/m/x", { modifyTimeNs: 1_000_000_000n }, { followSymlinks: false });
      fs.unlink("/m/x");
      assert.deepEqual(fingerprint(outside), before);
      assert.deepEqual(readdirSync(mount).sort(), ["d", "f"]);
    });

    test("gives no set-user-id bits and no devices to the host", () => {
      const fs = mounted(kind);
      fs.open("/m/new", { write: true, create: true, mode: 0o6755 }).close();
      fs.makeDirectory("/m/nd", 0o7777);
      fs.setMode("/m/f", 0o6755);
      fs.setMode("/m/d", 0o7755);
      for (const name of ["new", "nd", "f", "d"])
        assert.equal(lstatSync(join(mount, name)).mode & 0o7000, 0, name);
    });

    test("exchanges no files with other mounts, not even of the same directory", () => {
      const volumes = [
        createHostVolume(mount, { writable: true }),
        createHostVolume(mount, { writable: true }),
      ];
      const fs = createFileSystem({
        root: createMemoryVolume(),
        mounts: volumes.map((volume, index) => ({ path: `/m${index}`, volume })),
      });
      open.push(fs);
      assert.throws(() => fs.rename("/m0/f", "/m1/g"), hasErrno("EXDEV"));
      assert.throws(() => fs.link("/m0/f", "/m1/g"), hasErrno("EXDEV"));
      assert.throws(() => fs.rename("/m0/f", "/g"), hasErrno("EXDEV"));
    });
  });
}

test("a read-only mount is the same afterwards, byte for byte and time for time", () => {
  symlinkSync("f", join(mount, "l"));
  const fs = mounted("ro");
  const before = fingerprint(mount);
  const directory = fs.open("/m/d", { directory: true });
  const file = fs.open("/m/f", { read: true });
  file.read(new Uint8Array(6));
  const attempts = {
    create: () => fs.open("/m/new", { write: true, create: true }),
    "create to read": () => fs.open("/m/new", { read: true, create: true }),
    write: () => fs.open("/m/f", { write: true }),
    "read and write": () => fs.open("/m/f", { read: true, write: true }),
    append: () => fs.open("/m/f", { append: true }),
    truncate: () => fs.open("/m/f", { read: true, truncate: true }),
    "through a link": () => fs.open("/m/l", { write: true }),
    "by path": () => fs.truncate("/m/f", 0),
    directory: () => fs.makeDirectory("/m/new"),
    "remove directory": () => fs.removeDirectory("/m/d"),
    unlink: () => fs.unlink("/m/f"),
    rename: () => fs.rename("/m/f", "/m/g"),
    "rename over": () => fs.rename("/m/f", "/m/l"),
    "rename directory": () => fs.rename("/m/d", "/m/e"),
    link: () => fs.link("/m/f", "/m/g"),
    symlink: () => fs.symlink("f", "/m/g"),
    times: () => fs.setTimes("/m/f", { modifyTimeNs: 0n }),
    "times of a link": () => fs.setTimes("/m/l", { modifyTimeNs: 0n }, { followSymlinks: false }),
    "times of the root": () => fs.setTimes("/m", { accessTimeNs: "now" }),
    mode: () => fs.setMode("/m/f", 0o777),
    "mode of a directory": () => fs.setMode("/m/d", 0o777),
    "open file times": () => file.setTimes({ modifyTimeNs: 0n }),
    "open file mode": () => file.setMode(0o777),
    "open directory times": () => directory.setTimes({ modifyTimeNs: 0n }),
    "open directory mode": () => directory.setMode(0o777),
    "relative to a directory": () => fs.unlink("f", { base: directory }),
  };
  for (const [what, attempt] of Object.entries(attempts)) assert.throws(attempt, hasErrno("EROFS"), what);
  assert.throws(() => file.write(Uint8Array.of(1)), hasErrno("EBADF"));
  assert.throws(() => file.truncate(0), hasErrno("EINVAL"));
  assert.throws(() => file.allocate(0, 100), hasErrno("EBADF"));
  fs.open("/m/f", { read: true, create: true }).close();
  assert.deepEqual(fingerprint(mount), before);
});

test("a tree of thousands of levels is walked with few handles and can be removed", {
  skip: !isLinux,
}, () => {
  const fs = mounted("rw");
  const before = descriptors();
  const levels = 3000;
  let base = fs.open("/m", { directory: true });
  for (let level = 0; level < levels; level++) {
    fs.makeDirectory("x", 0o777, { base });
    const next = fs.open("x", { directory: true }, { base });
    base.close();
    base = next;
  }
  assert.ok(descriptors() < before + 200);
  fs.open("f", { write: true, create: true }, { base }).close();
  assert.equal(fs.stat(`${"../".repeat(800)}${"x/".repeat(800)}`, {}, { base }).type, "directory");
  assert.equal(fs.stat("f", {}, { base }).type, "file");
  base.close();
  assert.ok(descriptors() < before + 200);
  execFileSync("rm", ["-rf", join(mount, "x")]);
});

test("a directory renamed on the host is not found under its old name", () => {
  const fs = mounted("ro");
  assert.equal(read(fs, "/m/d/f"), "inside");
  renameSync(join(mount, "d"), join(mount, "e"));
  assert.throws(() => read(fs, "/m/d/f"), hasErrno("ENOENT"));
  assert.equal(read(fs, "/m/e/f"), "inside");
  mkdirSync(join(mount, "d"));
  writeFileSync(join(mount, "d/f"), "other");
  assert.equal(read(fs, "/m/d/f"), "other");
});

test("a host that swaps a directory for a link while it is walked never leads the guest out", {
  skip: !isLinux,
}, async () => {
  // Tries at least 4,000 times, and on until both the directory and the link have been met, at most 200,000 times.
  const [minTries, maxTries] = [4000, 200_000];
  // Two directories take turns, so that no handle serves for long.
  mkdirSync(join(mount, "spare"));
  writeFileSync(join(mount, "spare/f"), "inside");
  const control = new SharedArrayBuffer(8);
  const flags = new Int32Array(control);
  const worker = new Worker(
    `const { workerData: { mount, outside, control } } = require("node:worker_threads");
     const { renameSync, symlinkSync, unlinkSync } = require("node:fs");
     const flags = new Int32Array(control);
     const d = mount + "/d", spare = mount + "/spare", real = mount + "/real", link = mount + "/link";
     while (Atomics.load(flags, 0) === 0) {
       renameSync(d, real); symlinkSync(outside, link); renameSync(link, d);
       unlinkSync(d); renameSync(spare, d); renameSync(real, spare);
       Atomics.add(flags, 1, 1);
     }`,
    { eval: true, workerData: { mount, outside, control } },
  );
  await new Promise((resolve) => worker.once("online", resolve));
  const before = fingerprint(outside);
  const fs = mounted("rw");
  let met = 0;
  let missed = 0;
  const attempt = (act: () => unknown) => {
    try {
      act();
      met++;
    } catch (error) {
      assert.ok(error instanceof ErrnoError, String(error));
      missed++;
    }
  };
  for (let tries = 0; tries < minTries || ((met === 0 || missed === 0) && tries < maxTries); tries++) {
    attempt(() => assert.equal(read(fs, "/m/d/f"), "inside"));
    attempt(() => fs.setTimes("/m/d/f", { modifyTimeNs: BigInt(tries) * 1_000_000_000n }));
    attempt(() => fs.setMode("/m/d", 0o750));
    attempt(() => fs.open("/m/d/made", { write: true, create: true }).close());
    attempt(() => fs.rename("/m/d/made", "/m/d/moved"));
    attempt(() => fs.unlink("/m/d/moved"));
    attempt(() => fs.truncate("/m/d/f", 6));
  }
  Atomics.store(flags, 0, 1);
  await new Promise((resolve) => worker.once("exit", resolve));
  assert.ok(Atomics.load(flags, 1) > 0 && met > 0 && missed > 0, `met ${met}, missed ${missed}`);
  assert.deepEqual(fingerprint(outside), before);
  assert.ok(!existsSync(join(outside, "made")) && !existsSync(join(outside, "moved")));
});
