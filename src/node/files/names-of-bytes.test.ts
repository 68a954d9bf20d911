import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ErrnoError } from "../../errno.js";
import { createFileSystem } from "../../vfs/file-system.js";
import { createOverlayVolume } from "../../vfs/overlay-volume.js";
import type { FileSystem, OpenFile } from "../../vfs/types.js";
import type { Volume } from "../../vfs/volume.js";
import { createHostVolume } from "./host-volume.js";

const skip = process.platform !== "linux" && "names are bytes on Linux alone";

/** A directory with a name that is no UTF-8 and such a file in it: `\xff/\xe9t\xe9`, and a link to that. */
function makeHost(context: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), "names-"));
  context.after(() => rmSync(root, { recursive: true }));
  mkdirSync(bytes(root, "/\xff"));
  writeFileSync(bytes(root, "/\xff/\xe9t\xe9"), "content");
  symlinkSync(Buffer.from("\xff/\xe9t\xe9", "latin1"), bytes(root, "/link"));
  return root;
}

function bytes(root: string, latin1: string): Buffer {
  return Buffer.concat([Buffer.from(root), Buffer.from(latin1, "latin1")]);
}

function open(context: TestContext, volume: Volume): FileSystem {
  const fileSystem = createFileSystem({ root: volume });
  context.after(() => fileSystem.close());
  return fileSystem;
}

function namesIn(fs: FileSystem, path: string): string[] {
  const directory = fs.open(path, { directory: true });
  const names = directory.readDirectory(0n, 100).map(({ name }) => name);
  directory.close();
  return names.slice(2).sort();
}

function contentOf(file: OpenFile): string {
  const buffer = Buffer.alloc(100);
  const length = file.read(buffer);
  file.close();
  return buffer.toString("utf8", 0, length);
}

function errno(call: () => unknown): string {
  try {
    call();
    return "done";
  } catch (error) {
    return error instanceof ErrnoError ? error.errno : String(error);
  }
}

for (const mode of ["ro", "rw", "overlay"]) {
  test(`names of the host's that are not UTF-8 can be listed, followed and opened in a mount that is ${mode}`, {
    skip,
  }, (context) => {
    const root = makeHost(context);
    const host = createHostVolume(root, { writable: mode === "rw" });
    const fs = open(context, mode === "overlay" ? createOverlayVolume(host) : host);
    assert.deepEqual(namesIn(fs, "/"), ["link", "\udcff"]);
    assert.deepEqual(namesIn(fs, "/\udcff"), ["\udce9t\udce9"]);
    assert.equal(fs.stat("/\udcff/\udce9t\udce9").size, 7);
    assert.equal(contentOf(fs.open("/\udcff/\udce9t\udce9", { read: true })), "content");
    assert.equal(fs.readLink("/link"), "\udcff/\udce9t\udce9");
    assert.equal(contentOf(fs.open("/link", { read: true })), "content");
    assert.equal(
      errno(() => fs.stat("/\udcfe")),
      "ENOENT",
    );
    const directory = fs.open("/\udcff", { directory: true });
    assert.equal(fs.pathOf(directory), "/\udcff");
    directory.close();
  });
}

test("names that hold U+FFFD itself are listed once, beside those that are not UTF-8", {
  skip,
}, (context) => {
  const root = makeHost(context);
  writeFileSync(join(root, "\ufffd"), "");
  const fs = open(context, createHostVolume(root));
  assert.deepEqual(namesIn(fs, "/"), ["link", "\udcff", "\ufffd"]);
});

test("where changes go to the host, names that are not UTF-8 can be made, renamed and removed", {
  skip,
}, (context) => {
  const root = makeHost(context);
  const fs = open(context, createHostVolume(root, { writable: true }));
  fs.open("/\udc80", { write: true, create: true, exclusive: true }).close();
  fs.makeDirectory("/\udcc0");
  fs.rename("/\udcff/\udce9t\udce9", "/\udcc0/\udc80");
  fs.link("/\udcc0/\udc80", "/\udc81");
  fs.symlink("\udc81", "/\udc82");
  fs.truncate("/\udc82", 3);
  fs.setMode("/\udc81", 0o600);
  fs.setTimes("/\udc81", { modifyTimeNs: 1_000_000_000n });
  assert.equal(readFileSync(bytes(root, "/\x82"), "utf8"), "con");
  fs.removeDirectory("/\udcff");
  fs.unlink("/\udc80");
  const names = readdirSync(root, "buffer").map((name) => name.toString("latin1"));
  assert.deepEqual(names.sort(), ["link", "\x81", "\x82", "\xc0"]);
});

test("an overlay takes no names of its own that are not UTF-8, and hides and changes those below", {
  skip,
}, (context) => {
  const root = makeHost(context);
  const overlay = createOverlayVolume(createHostVolume(root));
  const fs = open(context, overlay);
  assert.equal(
    errno(() => fs.makeDirectory("/\udc80")),
    "EILSEQ",
  );
  assert.equal(
    errno(() => fs.open("/\udc80", { write: true, create: true })),
    "EILSEQ",
  );
  assert.equal(
    errno(() => fs.symlink("\udc80", "/new")),
    "EILSEQ",
  );
  assert.equal(
    errno(() => fs.rename("/link", "/\udc80")),
    "EILSEQ",
  );
  const file = fs.open("/\udcff/\udce9t\udce9", { write: true, truncate: true });
  file.write(Buffer.from("new"));
  file.close();
  assert.equal(contentOf(fs.open("/link", { read: true })), "new");
  fs.rename("/\udcff/\udce9t\udce9", "/moved");
  fs.removeDirectory("/\udcff");
  assert.deepEqual(namesIn(fs, "/"), ["link", "moved"]);
  assert.equal(readFileSync(bytes(root, "/\xff/\xe9t\xe9"), "utf8"), "content");
});

test("a name has one spelling: escapes that together are UTF-8 name nothing", { skip }, (context) => {
  const root = makeHost(context);
  writeFileSync(join(root, "é"), "");
  for (const options of [{ writable: true }, { writable: true, anchors: "paths" as const }]) {
    const fs = open(context, createHostVolume(root, options));
    assert.equal(
      errno(() => fs.stat("/é")),
      "done",
    );
    assert.equal(
      errno(() => fs.stat("/\udcc3\udca9")),
      "ENOENT",
    );
    assert.equal(
      errno(() => fs.unlink("/\udcc3\udca9")),
      "ENOENT",
    );
    assert.equal(
      errno(() => fs.makeDirectory("/\udcc3\udca8")),
      "EILSEQ",
    );
    assert.equal(
      errno(() => fs.makeDirectory("/\ud800")),
      "EILSEQ",
    );
  }
});
