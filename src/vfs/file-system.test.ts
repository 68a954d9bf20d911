import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { type Errno, ErrnoError } from "../errno.js";
import { backends } from "./test-backends.js";
import type { FileSystem, OpenFile, OpenOptions } from "./types.js";

const text = (value: string) => new TextEncoder().encode(value);

function fails(errno: Errno, call: () => unknown): void {
  assert.throws(call, (error) => {
    assert.ok(error instanceof ErrnoError, String(error));
    assert.equal(error.errno, errno);
    return true;
  });
}

for (const backend of backends) {
  describe(`On a volume of kind "${backend.name}"`, () => {
    let fs: FileSystem;
    let finish: () => void;
    beforeEach(() => {
      ({ fileSystem: fs, finish } = backend.make());
    });
    afterEach(() => {
      fs.close();
      finish();
    });

    function using<T>(path: string, options: OpenOptions, act: (file: OpenFile) => T): T {
      const file = fs.open(path, options);
      try {
        return act(file);
      } finally {
        file.close();
      }
    }
    const put = (path: string, value: string) =>
      using(path, { write: true, create: true, truncate: true }, (file) => file.write(text(value)));
    const get = (path: string) =>
      using(path, { read: true }, (file) => {
        const buffer = new Uint8Array(1 << 17);
        return new TextDecoder().decode(buffer.subarray(0, file.read(buffer)));
      });
    const list = (path: string) =>
      using(path, { directory: true }, (file) => file.readDirectory(0n, 1000).map(({ name }) => name)).sort();

    test("a file written is a file read", () => {
      put("/a", "hello");
      assert.equal(get("/a"), "hello");
      const stat = fs.stat("/a");
      assert.equal(stat.type, "file");
      assert.equal(stat.size, 5);
      assert.equal(stat.linkCount, 1);
    });

    test("open heeds create, exclusive and truncate", () => {
      fails("ENOENT", () => fs.open("/a", { read: true }));
      put("/a", "hello");
      fails("EEXIST", () => fs.open("/a", { write: true, create: true, exclusive: true }));
      using("/a", { write: true, create: true }, () => {});
      assert.equal(get("/a"), "hello");
      using("/a", { write: true, truncate: true }, () => {});
      assert.equal(get("/a"), "");
    });

    test("a new file has the permission bits asked for, and they can be changed", () => {
      using("/a", { write: true, create: true, mode: 0o600 }, (file) => {
        assert.equal(file.stat().mode, 0o600);
        file.setMode(0o640);
      });
      assert.equal(fs.stat("/a").mode, 0o640);
      fs.setMode("/a", 0o444);
      assert.equal(fs.stat("/a").mode, 0o444);
      fs.makeDirectory("/d", 0o700);
      assert.equal(fs.stat("/d").mode, 0o700);
      fs.setMode("/d", 0o750);
      assert.equal(fs.stat("/d").mode, 0o750);
    });

    test("reading and writing keep to the access that was asked for", () => {
      put("/a", "hello");
      using("/a", { read: true }, (file) => {
        fails("EBADF", () => file.write(text("x")));
        fails("EINVAL", () => file.truncate(0));
        fails("EBADF", () => file.allocate(0, 10));
      });
      using("/a", { write: true }, (file) => fails("EBADF", () => file.read(new Uint8Array(1))));
      assert.equal(get("/a"), "hello");
    });

    test("positions move with reads and writes, and positioned calls leave them alone", () => {
      using("/a", { read: true, write: true, create: true }, (file) => {
        assert.equal(file.write(text("0123456789")), 10);
        assert.equal(file.seek(0, "current"), 10);
        assert.equal(file.write(text("ab"), 2), 2);
        assert.equal(file.seek(0, "current"), 10);
        assert.equal(file.seek(-8, "end"), 2);
        const buffer = new Uint8Array(3);
        assert.equal(file.read(buffer), 3);
        assert.deepEqual(buffer, text("ab4"));
        assert.equal(file.read(buffer, 8), 2);
        assert.equal(file.seek(0, "current"), 5);
        fails("EINVAL", () => file.seek(-1, "start"));
        fails("EINVAL", () => file.seek(-11, "end"));
        fails("EINVAL", () => file.seek(Number.NaN, "start"));
        fails("EINVAL", () => file.read(buffer, -1));
        assert.equal(file.seek(100, "start"), 100);
        assert.equal(file.read(buffer), 0);
      });
    });

    test("writing behind the end leaves zeros between", () => {
      using("/a", { read: true, write: true, create: true }, (file) => {
        file.write(text("a"));
        file.write(text("z"), 200_000);
        assert.equal(file.stat().size, 200_001);
        const buffer = new Uint8Array(200_001).fill(9);
        assert.equal(file.read(buffer, 0), 200_001);
        assert.equal(buffer[0], 97);
        assert.equal(buffer[200_000], 122);
        assert.ok(buffer.subarray(1, 200_000).every((byte) => byte === 0));
      });
    });

    test("append writes at the end, whatever the position", () => {
      put("/a", "one");
      using("/a", { write: true, append: true }, (file) => {
        file.seek(0, "start");
        file.write(text("two"));
        assert.equal(file.seek(0, "current"), 6);
        using("/a", { append: true }, (other) => other.write(text("three")));
        file.write(text("four"));
        file.append = false;
        file.write(text("O"), 0);
        file.append = true;
        file.write(text("!"));
      });
      assert.equal(get("/a"), "Onetwothreefour!");
    });

    test("truncation cuts and grows, and what was cut does not come back", () => {
      put("/a", "0123456789");
      fs.truncate("/a", 4);
      assert.equal(get("/a"), "0123");
      using("/a", { write: true }, (file) => file.truncate(6));
      assert.equal(get("/a"), "0123\0\0");
      fails("EISDIR", () => fs.truncate("/", 0));
      fails("EINVAL", () => fs.truncate("/a", -1));
    });

    test("allocate grows a file and never shrinks it", () => {
      put("/a", "0123");
      using("/a", { write: true }, (file) => {
        file.allocate(0, 2);
        assert.equal(file.stat().size, 4);
        file.allocate(2, 8);
        assert.equal(file.stat().size, 10);
        fails("EINVAL", () => file.allocate(0, 0));
        fails("EINVAL", () => file.allocate(-1, 5));
      });
      assert.equal(get("/a"), "0123\0\0\0\0\0\0");
    });

    test("a file that is removed while open goes on to work", () => {
      using("/a", { read: true, write: true, create: true }, (file) => {
        file.write(text("alive"));
        fs.unlink("/a");
        fails("ENOENT", () => fs.stat("/a"));
        const buffer = new Uint8Array(5);
        assert.equal(file.read(buffer, 0), 5);
        assert.deepEqual(buffer, text("alive"));
        assert.equal(file.stat().linkCount, 0);
        file.write(text("d"), 4);
      });
    });

    test("directories are made, listed and removed", () => {
      fs.makeDirectory("/d");
      fs.makeDirectory("/d/e/");
      put("/d/f", "");
      assert.deepEqual(list("/d"), [".", "..", "e", "f"]);
      fails("EEXIST", () => fs.makeDirectory("/d"));
      fails("EEXIST", () => fs.makeDirectory("/d/f"));
      fails("EEXIST", () => fs.makeDirectory("/"));
      fails("EEXIST", () => fs.makeDirectory("/d/."));
      fails("ENOENT", () => fs.makeDirectory("/x/y"));
      fails("ENOTDIR", () => fs.makeDirectory("/d/f/y"));
      fails("ENOTEMPTY", () => fs.removeDirectory("/d"));
      fails("ENOTDIR", () => fs.removeDirectory("/d/f"));
      fails("ENOTDIR", () => fs.removeDirectory("/d/f/"));
      fails("EINVAL", () => fs.removeDirectory("/d/."));
      fails("ENOTEMPTY", () => fs.removeDirectory("/d/e/.."));
      fails("EBUSY", () => fs.removeDirectory("/"));
      fs.removeDirectory("/d/e/");
      fs.unlink("/d/f");
      fs.removeDirectory("/d");
      fails("ENOENT", () => fs.removeDirectory("/d"));
    });

    test("unlink removes files and links, never directories", () => {
      fs.makeDirectory("/d");
      put("/f", "");
      fails("EISDIR", () => fs.unlink("/d"));
      fails("EISDIR", () => fs.unlink("/d/"));
      fails("EISDIR", () => fs.unlink("/d/."));
      fails("ENOTDIR", () => fs.unlink("/f/"));
      fails("ENOENT", () => fs.unlink("/x"));
      fs.symlink("f", "/l");
      fs.symlink("d", "/ld");
      fails("ENOTDIR", () => fs.unlink("/ld/"));
      fs.unlink("/l");
      fs.unlink("/ld");
      fs.unlink("/f");
      assert.deepEqual(list("/"), [".", "..", "d"]);
    });

    test("a directory that is removed while open is empty and takes nothing new", () => {
      fs.makeDirectory("/d");
      const base = fs.open("/d", { directory: true });
      fs.removeDirectory("/d");
      fails("ENOENT", () => fs.open("x", { write: true, create: true }, { base }));
      fails("ENOENT", () => fs.makeDirectory("x", 0o777, { base }));
      fails("ENOENT", () => fs.pathOf(base));
      base.close();
    });

    test("directories cannot be read, written or opened for writing", () => {
      fs.makeDirectory("/d");
      fails("EISDIR", () => fs.open("/d", { write: true }));
      fails("EISDIR", () => fs.open("/d", { read: true, create: true }));
      fails("EISDIR", () => fs.open("/new/", { write: true, create: true }));
      put("/f", "");
      fails("ENOTDIR", () => fs.open("/f", { directory: true }));
      fails("ENOTDIR", () => fs.open("/f/", { read: true }));
      fails("ENOTDIR", () => fs.stat("/f/"));
      fails("ENOTDIR", () => fs.stat("/f/."));
      fails("ENOTDIR", () => fs.stat("/f/.."));
      using("/d", { read: true }, (file) => {
        fails("EISDIR", () => file.read(new Uint8Array(1)));
        fails("EBADF", () => file.write(text("x")));
        assert.equal(file.stat().inode, fs.stat("/d").inode);
      });
      using("/f", { read: true }, (file) => fails("ENOTDIR", () => file.readDirectory(0n, 1)));
    });

    test("a listing goes on behind any entry of the last answer, even while entries are removed", () => {
      fs.makeDirectory("/d");
      const names = Array.from({ length: 50 }, (_, index) => `f${index}`);
      for (const name of names) put(`/d/${name}`, "");
      using("/d", { directory: true }, (file) => {
        const seen: string[] = [];
        let cookie = 0n;
        for (;;) {
          const entries = file.readDirectory(cookie, 9);
          if (entries.length === 0) break;
          for (const entry of entries.slice(0, 7)) {
            seen.push(entry.name);
            cookie = entry.cookie;
            if (!entry.name.startsWith(".")) fs.unlink(`/d/${entry.name}`);
          }
        }
        assert.deepEqual(seen.sort(), [".", "..", ...names].sort());
        assert.deepEqual(
          file.readDirectory(0n, 9).map(({ name }) => name),
          [".", ".."],
        );
        put("/d/late", "");
        assert.equal(file.readDirectory(0n, 9).length, 3);
      });
    });

    test("a listing names types and inodes as stat does", () => {
      fs.makeDirectory("/d/".slice(0, 2));
      put("/f", "");
      fs.symlink("f", "/l");
      using("/", { directory: true }, (file) => {
        for (const { name, type, inode, cookie } of file.readDirectory(0n, 10)) {
          const stat = fs.stat(`/${name}`, { followSymlinks: false });
          assert.equal(type, stat.type);
          assert.equal(inode, stat.inode);
          assert.notEqual(cookie, 0n);
        }
      });
    });

    test("symbolic links lead on, and no-follow stops at them", () => {
      fs.makeDirectory("/d");
      put("/d/f", "data");
      fs.symlink("d/f", "/l");
      fs.symlink("/d", "/ld");
      fs.symlink("../l", "/d/up");
      assert.equal(get("/l"), "data");
      assert.equal(get("/ld/f"), "data");
      assert.equal(get("/ld/up"), "data");
      assert.equal(fs.readLink("/l"), "d/f");
      assert.equal(fs.stat("/l", { followSymlinks: false }).type, "symlink");
      assert.equal(fs.stat("/l", { followSymlinks: false }).size, 3);
      assert.equal(fs.stat("/ld/", { followSymlinks: false }).type, "directory");
      fails("ELOOP", () => fs.open("/l", { read: true, followSymlinks: false }));
      fails("ENOTDIR", () => fs.open("/ld", { directory: true, followSymlinks: false }));
      fails("EINVAL", () => fs.readLink("/d"));
      fails("EINVAL", () => fs.readLink("/ld/"));
      fails("ENOTDIR", () => fs.stat("/l/"));
      fails("EEXIST", () => fs.symlink("x", "/l"));
      fails("ENOENT", () => fs.symlink("", "/empty"));
      fails("ENOENT", () => fs.symlink("x", "/new/"));
    });

    test("dangling links can be made, seen and created through", () => {
      fs.symlink("nowhere", "/l");
      fails("ENOENT", () => fs.stat("/l"));
      fails("EEXIST", () => fs.open("/l", { write: true, create: true, exclusive: true }));
      fails("EEXIST", () => fs.makeDirectory("/l"));
      fails("EEXIST", () => fs.makeDirectory("/l/"));
      put("/l", "made");
      assert.equal(get("/nowhere"), "made");
    });

    test("loops and chains of more than forty links end in ELOOP", () => {
      fs.symlink("b", "/a");
      fs.symlink("a", "/b");
      fails("ELOOP", () => fs.stat("/a"));
      fails("ELOOP", () => fs.open("/a/x", { read: true }));
      put("/c0", "end");
      for (let index = 1; index <= 41; index++) fs.symlink(`c${index - 1}`, `/c${index}`);
      assert.equal(get("/c40"), "end");
      fails("ELOOP", () => fs.stat("/c41"));
    });

    test("hard links name one file", () => {
      put("/a", "one");
      fs.link("/a", "/b");
      assert.equal(fs.stat("/b").inode, fs.stat("/a").inode);
      assert.equal(fs.stat("/a").linkCount, 2);
      put("/b", "two");
      assert.equal(get("/a"), "two");
      fs.unlink("/a");
      assert.equal(get("/b"), "two");
      assert.equal(fs.stat("/b").linkCount, 1);
      fs.makeDirectory("/d");
      fails("EPERM", () => fs.link("/d", "/e"));
      fails("EEXIST", () => fs.link("/b", "/d"));
      fails("ENOENT", () => fs.link("/x", "/y"));
      fails("ENOTDIR", () => fs.link("/b/", "/y"));
      fails("ENOENT", () => fs.link("/b", "/y/"));
      fs.symlink("b", "/l");
      fs.link("/l", "/l2");
      assert.equal(fs.readLink("/l2"), "b");
      fs.link("/l", "/b2", { followSymlinks: true });
      assert.equal(fs.stat("/b2", { followSymlinks: false }).inode, fs.stat("/b").inode);
    });

    test("rename moves files, replaces files, and keeps both names of one file", () => {
      put("/a", "a");
      put("/b", "b");
      fs.rename("/a", "/c");
      assert.equal(get("/c"), "a");
      fails("ENOENT", () => fs.stat("/a"));
      fs.rename("/c", "/b");
      assert.equal(get("/b"), "a");
      fs.link("/b", "/b2");
      fs.rename("/b", "/b2");
      assert.deepEqual(list("/"), [".", "..", "b", "b2"]);
      fails("ENOENT", () => fs.rename("/x", "/y"));
      fails("ENOTDIR", () => fs.rename("/b/", "/y"));
      fails("ENOTDIR", () => fs.rename("/b", "/y/"));
      fails("ENOENT", () => fs.rename("/b", "/x/y"));
    });

    test("a file stays open over a rename, and its last name gone is its end", () => {
      put("/a", "a");
      put("/b", "b");
      using("/b", { read: true }, (replaced) => {
        fs.rename("/a", "/b");
        const buffer = new Uint8Array(1);
        assert.equal(replaced.read(buffer), 1);
        assert.deepEqual(buffer, text("b"));
      });
      assert.equal(get("/b"), "a");
    });

    test("rename moves directories with all they hold, within the rules", () => {
      fs.makeDirectory("/d");
      fs.makeDirectory("/d/sub");
      put("/d/sub/f", "deep");
      fs.makeDirectory("/empty");
      put("/f", "");
      fails("EINVAL", () => fs.rename("/d", "/d/sub/x"));
      fails("EINVAL", () => fs.rename("/d", "/d/x"));
      fails("ENOTEMPTY", () => fs.rename("/empty", "/d"));
      fails("ENOTEMPTY", () => fs.rename("/d/sub", "/d"));
      fails("ENOTDIR", () => fs.rename("/d", "/f"));
      fails("EISDIR", () => fs.rename("/f", "/empty"));
      fails("EBUSY", () => fs.rename("/d/.", "/x"));
      fails("EBUSY", () => fs.rename("/d", "/empty/.."));
      fails("EBUSY", () => fs.rename("/", "/x"));
      fs.rename("/d", "/empty/");
      assert.equal(get("/empty/sub/f"), "deep");
      fs.rename("/empty/sub/", "/moved/");
      assert.equal(get("/moved/f"), "deep");
      assert.deepEqual(list("/empty"), [".", ".."]);
      fs.rename("/moved", "/moved");
      assert.equal(get("/moved/f"), "deep");
    });

    test("rename moves links, not what they lead to, with a slash behind them or not", () => {
      fs.makeDirectory("/d");
      fs.symlink("d", "/l");
      fails("ENOTDIR", () => fs.rename("/l/", "/m"));
      fs.rename("/l", "/m");
      assert.equal(fs.readLink("/m"), "d");
      fs.makeDirectory("/e");
      fails("ENOTDIR", () => fs.rename("/e", "/m"));
      fails("ENOTDIR", () => fs.rename("/e", "/m/"));
      assert.deepEqual(list("/"), [".", "..", "d", "e", "m"]);
    });

    test("an open directory is a base for paths, and keeps its place over a rename", () => {
      fs.makeDirectory("/d");
      put("/d/f", "in d");
      const base = fs.open("/d", { directory: true });
      assert.equal(fs.pathOf(base), "/d");
      assert.equal(fs.stat("f", {}, { base }).size, 4);
      assert.equal(fs.stat("../d/f", {}, { base }).size, 4);
      assert.equal(fs.stat("/d/f", {}, { base }).size, 4);
      fs.makeDirectory("/e");
      fs.rename("/d", "/e/moved");
      assert.equal(fs.pathOf(base), "/e/moved");
      assert.equal(fs.stat("f", {}, { base }).size, 4);
      assert.equal(fs.stat("..", {}, { base }).inode, fs.stat("/e").inode);
      base.close();
      using("/e/moved/f", { read: true }, (file) => fails("ENOTDIR", () => fs.stat("x", {}, { base: file })));
    });

    test("beneath a base nothing leads out of it", () => {
      fs.makeDirectory("/d");
      fs.makeDirectory("/d/sub");
      put("/secret", "outside");
      put("/d/f", "inside");
      fs.symlink("/d/f", "/d/absolute");
      fs.symlink("../secret", "/d/climbing");
      fs.symlink("sub/../f", "/d/fine");
      fs.symlink("../../d/f", "/d/sub/there-and-back");
      const base = fs.open("/d", { directory: true });
      const stat = (path: string) => fs.stat(path, {}, { base, beneath: true });
      assert.equal(stat("f").size, 6);
      assert.equal(stat("./sub/../f").size, 6);
      assert.equal(stat("sub/..").inode, fs.stat("/d").inode);
      assert.equal(stat("fine").size, 6);
      const escapes = ["/d/f", "/", "..", "../secret", "../d/f", "sub/../../d/f", "absolute", "climbing"];
      for (const path of [...escapes, "sub/there-and-back"]) fails("EPERM", () => stat(path));
      fails("EPERM", () => fs.rename("f", "../f", { base, beneath: true }, { base, beneath: true }));
      fails("EPERM", () => fs.link("../secret", "g", {}, { base, beneath: true }, { base, beneath: true }));
      base.close();
    });

    test(".. stops at the root", () => {
      put("/f", "data");
      assert.equal(get("/../../../f"), "data");
      assert.equal(fs.stat("..").inode, fs.stat("/").inode);
    });

    test("odd paths fail as POSIX says", () => {
      fails("ENOENT", () => fs.stat(""));
      fails("EINVAL", () => fs.stat("/a\0b"));
      fails("EINVAL", () => fs.symlink("a\0b", "/l"));
      fails("ENAMETOOLONG", () => fs.stat(`/${"n".repeat(256)}`));
      fails("ENAMETOOLONG", () => fs.makeDirectory(`/${"é".repeat(128)}`));
      fails("ENAMETOOLONG", () => fs.stat("/a".repeat(2049)));
      fails("ENOENT", () => fs.stat("/a".repeat(2048)));
      const longest = `/${"n".repeat(255)}`;
      put(longest, "long");
      assert.equal(get(longest), "long");
      put("/back\\slash", "one name");
      assert.deepEqual(
        list("/").filter((name) => name.includes("\\")),
        ["back\\slash"],
      );
    });

    test("times are set to the nanosecond, or to now", () => {
      put("/f", "");
      fs.symlink("f", "/l");
      fs.setTimes("/f", {
        accessTimeNs: 1_000_000_000_000_000_000n,
        modifyTimeNs: 1_234_567_890_000_001_000n,
      });
      assert.equal(fs.stat("/f").accessTimeNs, 1_000_000_000_000_000_000n);
      assert.ok(absolute(fs.stat("/f").modifyTimeNs - 1_234_567_890_000_001_000n) < backend.timePrecisionNs);
      fs.setTimes("/f", { accessTimeNs: 5_000_000_000n });
      assert.equal(fs.stat("/f").accessTimeNs, 5_000_000_000n);
      assert.ok(absolute(fs.stat("/f").modifyTimeNs - 1_234_567_890_000_001_000n) < backend.timePrecisionNs);
      const before = fs.stat("/f").modifyTimeNs;
      fs.setTimes("/l", { modifyTimeNs: 7_000_000_000n }, { followSymlinks: false });
      assert.equal(fs.stat("/f").modifyTimeNs, before);
      assert.equal(fs.stat("/l", { followSymlinks: false }).modifyTimeNs, 7_000_000_000n);
      using("/f", { read: true }, (file) => file.setTimes({ modifyTimeNs: "now" }));
      const age = BigInt(Date.now()) * 1_000_000n - fs.stat("/f").modifyTimeNs;
      assert.ok(absolute(age) < 60_000_000_000n);
      fs.makeDirectory("/d");
      fs.setTimes("/d", { modifyTimeNs: 9_000_000_000n });
      assert.equal(fs.stat("/d").modifyTimeNs, 9_000_000_000n);
    });

    test("changing a file changes its times, and an entry its directory's", () => {
      fs.makeDirectory("/d");
      put("/d/f", "1");
      const old = 1_000_000_000n;
      fs.setTimes("/d/f", { modifyTimeNs: old });
      fs.setTimes("/d", { modifyTimeNs: old });
      using("/d/f", { write: true }, (file) => file.write(text("2")));
      assert.ok(fs.stat("/d/f").modifyTimeNs > old);
      assert.equal(fs.stat("/d").modifyTimeNs, old);
      fs.unlink("/d/f");
      assert.ok(fs.stat("/d").modifyTimeNs > old);
    });

    test("a deep tree can be made, walked and removed", () => {
      let base = fs.open("/", { directory: true });
      const { depth } = backend;
      for (let level = 0; level < depth; level++) {
        fs.makeDirectory("d", 0o777, { base });
        const next = fs.open("d", { directory: true }, { base });
        base.close();
        base = next;
      }
      assert.equal(fs.pathOf(base), "/d".repeat(depth));
      assert.equal(fs.stat("../".repeat(depth), {}, { base }).inode, fs.stat("/").inode);
      assert.equal(fs.stat("/d".repeat(depth)).inode, base.stat().inode);
      for (let level = 0; level < depth; level++) {
        const above = fs.open("..", { directory: true }, { base });
        base.close();
        fs.removeDirectory("d", { base: above });
        base = above;
      }
      base.close();
      assert.deepEqual(list("/"), [".", ".."]);
    });
  });
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}
