import assert from "node:assert/strict";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ErrnoError } from "../../errno.js";
import { createFileSystem } from "../../vfs/file-system.js";
import { createMemoryVolume } from "../../vfs/memory-volume.js";
import type { OpenFile } from "../../vfs/types.js";
import { createGuestDescriptors, type GuestDescriptors } from "./guest-descriptors.js";
import { createHostVolume } from "./host-volume.js";

const folder = mkdtempSync(join(tmpdir(), "descriptors-"));
after(() => rmSync(folder, { recursive: true, force: true }));
for (let index = 0; index < 200; index++) {
  mkdirSync(join(folder, `d${index}/a/b/c`), { recursive: true });
  writeFileSync(join(folder, `d${index}/a/b/c/f`), "");
}

const isLinux = process.platform === "linux";
const isEmfile = (error: unknown) => error instanceof ErrnoError && error.errno === "EMFILE";

/** Two mounts of one guest. */
function mounts(descriptors: GuestDescriptors) {
  const volume = () => createHostVolume(folder, { writable: true, descriptors });
  return createFileSystem({
    root: createMemoryVolume(),
    mounts: [
      { path: "/m", volume: volume() },
      { path: "/n", volume: volume() },
    ],
  });
}

/** Opens again and again until that fails. */
function openAll(open: (index: number) => OpenFile): OpenFile[] {
  const opened: OpenFile[] = [];
  for (;;) {
    try {
      opened.push(open(opened.length));
    } catch (error) {
      assert.ok(isEmfile(error), String(error));
      return opened;
    }
  }
}

describe("What a guest may hold open of the host", () => {
  const ways: Record<string, (path: string) => Parameters<ReturnType<typeof mounts>["open"]>> = {
    files: (path) => [`${path}/a/b/c/f`, { read: true }],
    "new files": (path) => [`${path}/a/b/c/new`, { write: true, create: true }],
  };
  for (const [what, way] of Object.entries(ways)) {
    test(`is bounded over all its mounts: ${what}`, () => {
      const fs = mounts(createGuestDescriptors(100_000));
      const whole = openAll((index) => fs.open(...way(`/${"mn"[index % 2]}/d${index % 40}`)));
      assert.ok(whole.length > 1500 && whole.length <= 2048, `${whole.length}`);
      // Everything can still be found, made and moved, and what is closed can be opened again.
      for (let index = 0; index < 40; index++) {
        assert.equal(fs.stat(`/m/d${index}/a/b/c/f`).type, "file");
        assert.equal(fs.stat(`/n/d${index}/a/b/c`).type, "directory");
      }
      fs.makeDirectory("/m/d7/a/made");
      fs.rename("/m/d7/a/made", "/m/d8/a/made");
      fs.removeDirectory("/m/d8/a/made");
      whole.pop()?.close();
      whole.push(fs.open("/n/d39/a/b/c/f", { read: true }));
      assert.throws(() => fs.open("/m/d38/a/b/c/f", { read: true }), isEmfile);
      for (const file of whole) file.close();
      const again = openAll((index) => fs.open(...way(`/m/d${index % 40}`)));
      assert.ok(Math.abs(again.length - whole.length) < 16, `${whole.length}, then ${again.length}`);
      fs.close();
    });
  }

  test("is bounded for files that are appended to, which take two", () => {
    const fs = mounts(createGuestDescriptors(400));
    const files = openAll((index) => {
      const file = fs.open(`/m/d${index % 40}/a/b/c/f`, { append: true });
      try {
        file.write(Uint8Array.of(1));
        return file;
      } catch (error) {
        file.close();
        throw error;
      }
    });
    assert.ok(files.length > 80 && files.length <= 100, `${files.length}`);
    for (const file of files) file.close();
    fs.close();
  });

  test("is bounded for directories, and for those that are listed, which take two", () => {
    const fs = mounts(createGuestDescriptors(200));
    const many = openAll((index) => fs.open(`/m/d${index}`, { directory: true }));
    assert.ok(many.length > 80 && many.length <= 100, `${many.length}`);
    assert.equal(fs.stat("/n/d39/a/b/c/f").type, "file");
    for (const file of many) file.close();
    const directories = openAll((index) => {
      const directory = fs.open(`/m/d${index}`, { directory: true });
      try {
        directory.readDirectory(0n, 3);
        return directory;
      } catch (error) {
        directory.close();
        throw error;
      }
    });
    assert.ok(directories.length > 30 && directories.length <= 50, `${directories.length}`);
    fs.close();
  });

  test("ends before the process has no more to open, however many guests there are", {
    skip: !isLinux,
  }, () => {
    // The next number tells how many are open now.
    const next = openSync(folder, "r");
    closeSync(next);
    const limit = next + 80;
    const guests = [0, 1, 2].map(() => mounts(createGuestDescriptors(limit)));
    const held = guests.map((fs) => openAll((index) => fs.open(`/m/d${index % 40}/a/b/c/f`, { read: true })));
    const free = openSync(folder, "r");
    closeSync(free);
    assert.ok(free < limit - 10, `${free} of ${limit}`);
    assert.ok(held.flat().length > 20);
    for (const fs of guests) {
      assert.equal(fs.stat("/n/d3/a/b/c/f").type, "file");
      fs.close();
    }
  });
});
