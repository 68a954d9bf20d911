import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { createFileSystem } from "../../vfs/file-system.js";
import { createMemoryVolume } from "../../vfs/memory-volume.js";
import { type Mount, MountError, type MountMode } from "../../vfs/mount-spec.js";
import { openMounts } from "../../vfs/mounts.js";
import { checkHostMounts, openHostDirectories } from "./host-mounts.js";

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "host-mounts-"));
  for (const path of ["a/deep/er", "b/sub", "secret"]) mkdirSync(join(top, path), { recursive: true });
  writeFileSync(join(top, "secret/key"), "the owner's");
  writeFileSync(join(top, "b/sub/f"), "b's");
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const mount = (hostPath: string, guestPath: string, mode: MountMode = "ro"): Mount => ({
  hostPath: join(top, "/") + hostPath,
  guestPath,
  mode,
});

/** What the file system shows of a path, or the line that refuses the mounts; the same before and at the opening. */
function outcome(mounts: readonly Mount[], path: string): string {
  let refused: string | undefined;
  try {
    checkHostMounts(mounts);
  } catch (error) {
    assert.ok(error instanceof MountError, String(error));
    refused = error.message;
  }
  try {
    const opened = openMounts(mounts, openHostDirectories);
    const fs = createFileSystem({ root: createMemoryVolume(), mounts: opened.mounts });
    assert.equal(refused, undefined);
    try {
      return fs.stat(path).type;
    } finally {
      fs.close();
    }
  } catch (error) {
    assert.ok(error instanceof MountError, String(error));
    assert.equal(error.message, refused);
    return error.message;
  }
}

describe("A mount whose host path goes through a link", () => {
  const links: Record<string, [link: string, target: string, path: string]> = {
    "straight out": ["a/link", "../secret", "a/link"],
    absolute: ["a/link", "TOP/secret", "a/link"],
    deeper: ["a/deep/er/link", "../../../secret", "a/deep/er/link"],
    "on the way": ["a/link", "..", "a/link/secret"],
    "to another link": ["a/link", "../mine", "a/link"],
    "from the owner's link into the mount": ["a/deep/link", "../../secret", "into/deep/link"],
    "that leads back into the mount": ["a/link", "deep", "a/link"],
  };
  for (const [what, [link, target, path]] of Object.entries(links)) {
    test(`is refused where another mount lets the guest change the link: ${what}`, () => {
      symlinkSync("secret", join(top, "mine"));
      symlinkSync("a", join(top, "into"));
      symlinkSync(target.replace("TOP", top), join(top, link));
      for (const mode of ["ro", "rw", "overlay"] as const) {
        for (const mounts of [
          [mount("a", "/a", "rw"), mount(path, "/b", mode)],
          [mount(path, "/b", mode), mount("a", "/a", "rw")],
          [mount("into", "/a", "rw"), mount(path, "/b", mode)],
          [mount("a/deep/..", "/a", "rw"), mount(path, "/b", mode)],
        ]) {
          assert.match(
            outcome(mounts, "/b"),
            /^mount ".*:\/b": a symbolic link in the read-write mount ".*:\/a" leads to it: give the path/,
          );
        }
        // The guest of this command cannot have made it.
        assert.equal(outcome([mount("a", "/a"), mount(path, "/b", mode)], "/b"), "directory");
        assert.equal(outcome([mount("a", "/a", "overlay"), mount(path, "/b", "ro")], "/b"), "directory");
        assert.equal(outcome([mount("b", "/a", "rw"), mount(path, "/b", mode)], "/b"), "directory");
      }
    });
  }

  test("is opened where the link is the owner's, and directories of the guest's lie below or above", () => {
    symlinkSync("b", join(top, "mine"));
    const mounts = [mount("mine", "/m", "rw"), mount("mine/sub", "/s", "rw"), mount("a/deep/er", "/e")];
    assert.equal(outcome(mounts, "/m/sub/f"), "file");
    assert.equal(outcome(mounts, "/s/f"), "file");
    assert.equal(outcome([mount("", "/all", "rw"), mount("b/sub", "/s")], "/s/f"), "file");
  });
});

test("mounts stay the directories that they were when they were opened", () => {
  const opened = openMounts([mount("a", "/a", "rw"), mount("b/sub", "/s", "rw")], openHostDirectories);
  const fs = createFileSystem({ root: createMemoryVolume(), mounts: opened.mounts });
  renameSync(join(top, "b"), join(top, "moved"));
  symlinkSync("secret", join(top, "b"));
  assert.equal(fs.stat("/s/f").type, "file");
  assert.throws(() => fs.stat("/s/key"), /ENOENT/);
  fs.close();
});
