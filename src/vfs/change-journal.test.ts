import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrnoError } from "../errno.js";
import { createChangeJournal, type FileChange } from "./change-journal.js";
import { createFileSystem } from "./file-system.js";
import { createMemoryBudget } from "./memory-budget.js";
import { createMemoryVolume } from "./memory-volume.js";
import { createOverlayVolume } from "./overlay-volume.js";
import type { FileSystem } from "./types.js";

const encode = (text: string) => new TextEncoder().encode(text);

/** Files in memory at `/`, and an overlay over other files at `/over`, with a journal of both. */
function createFiles(maxNodes = 100_000) {
  const lower = createMemoryVolume();
  const below = createFileSystem({ root: lower });
  const budget = createMemoryBudget({ maxNodes });
  const journal = createChangeJournal();
  const memory = createMemoryVolume({ budget, journal });
  const overlay = createOverlayVolume(lower, { budget, journal });
  const fs = createFileSystem({ root: memory, mounts: [{ path: "/over", volume: overlay }] });
  const roots = [
    { path: "/", root: memory.root },
    { path: "/over", root: overlay.root },
  ];
  return {
    fs,
    below,
    budget,
    begin: () => journal.begin(budget.changes),
    take: () => journal.take(roots),
    lines: () => journal.take(roots).files.map(({ path, bytes, change }) => `${change} ${path} ${bytes}`),
  };
}

/** Everything below a directory that is no directory, with what it holds. */
function contentsOf(fs: FileSystem, top: string): Map<string, string> {
  const found = new Map<string, string>();
  const pending = [top];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const directory = fs.open(path === "" ? "/" : path, { directory: true });
    const entries = directory.readDirectory(0n, 1000).slice(2);
    directory.close();
    for (const { name, type } of entries) {
      const entry = `${path}/${name}`;
      if (type === "directory") pending.push(entry);
      else if (type === "symlink") found.set(entry, `-> ${fs.readLink(entry)}`);
      else {
        const file = fs.open(entry, { read: true });
        const buffer = new Uint8Array(100);
        found.set(entry, new TextDecoder().decode(buffer.subarray(0, file.read(buffer))));
        file.close();
      }
    }
  }
  return found;
}

test("what differs between two moments is told, whatever happened in between", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  for (let round = 0; round < 400; round++) {
    const { fs, below, begin, take } = createFiles();
    let written = 0;
    const names = ["a", "b", "c", "d", "a/x", "b/y", "c/x", "a/x/z", "b/y/z"];
    const anywhere = () => `/${random(2) === 0 ? "over/" : ""}${names[random(names.length)]}`;
    const act = (target: FileSystem, path: () => string) => {
      const actions = [
        () => target.writeFile(path(), encode(`content ${++written}`)),
        () => target.writeFile(path(), encode(`content ${++written}`)),
        () => target.makeDirectory(path()),
        () => target.rename(path(), path()),
        () => target.rename(path(), path()),
        () => target.link(path(), path()),
        () => target.symlink(`to ${++written}`, path()),
        () => target.unlink(path()),
        () => target.removeDirectory(path()),
        () => target.truncate(path(), 5),
        () => target.setMode(path(), 0o700),
      ];
      try {
        actions[random(actions.length)]?.();
      } catch (error) {
        if (!(error instanceof ErrnoError)) throw error;
      }
    };
    for (let step = 0; step < 15; step++) act(below, () => `/${names[random(names.length)]}`);
    for (let step = 0; step < 15; step++) act(fs, anywhere);
    for (let run = 0; run < 3; run++) {
      const before = contentsOf(fs, "");
      begin();
      const steps = random(12);
      for (let step = 0; step < steps; step++) act(fs, anywhere);
      const after = contentsOf(fs, "");
      const expected: FileChange[] = [];
      for (const path of new Set([...before.keys(), ...after.keys()])) {
        const [was, is] = [before.get(path), after.get(path)];
        const bytes = sizeOf(is);
        if (was === undefined) expected.push({ path, bytes, change: "created" });
        else if (is === undefined) expected.push({ path, bytes, change: "removed" });
        else if (was !== is) expected.push({ path, bytes, change: "changed" });
      }
      expected.sort((a, b) => (a.path < b.path ? -1 : 1));
      const { files, isCut } = take();
      // A file that was cut to the length it had, or replaced by one that is equal, is told of too.
      const different = files.filter(
        ({ path, change }) => change !== "changed" || before.get(path) !== after.get(path),
      );
      assert.deepEqual(different, expected, `round ${round}, run ${run}`);
      assert.equal(isCut, false);
    }
  }
});

function sizeOf(content: string | undefined): number {
  return content === undefined ? 0 : content.replace(/^-> /, "").length;
}

test("nothing is told where nothing was written", () => {
  const { fs, below, begin, lines } = createFiles();
  below.writeFile("/f", encode("below"));
  fs.writeFile("/f", encode("one"));
  begin();
  contentsOf(fs, "");
  fs.setMode("/f", 0o600);
  fs.setMode("/over/f", 0o600);
  fs.makeDirectory("/empty");
  assert.deepEqual(lines(), []);
  fs.writeFile("/later", encode("nobody asks"));
  begin();
  assert.deepEqual(lines(), []);
});

test("a file that is moved away and back is as it was", () => {
  const { fs, below, begin, lines } = createFiles();
  below.writeFile("/f", encode("below"));
  fs.writeFile("/f", encode("one"));
  begin();
  for (const place of ["", "/over"]) {
    fs.rename(`${place}/f`, `${place}/g`);
    fs.rename(`${place}/g`, `${place}/f`);
  }
  assert.deepEqual(lines(), []);
});

test("files that come and go leave nothing behind, however many they are", () => {
  const { fs, begin, lines } = createFiles(10);
  begin();
  fs.makeDirectory("/d");
  for (let index = 0; index < 100_000; index++) {
    fs.writeFile(`/d/${index}`, encode("x"));
    fs.unlink(`/d/${index}`);
  }
  fs.removeDirectory("/d");
  fs.writeFile("/last", encode("x"));
  assert.deepEqual(lines(), ["created /last 1"]);
});

test("of very many files some are told, and that there are more", () => {
  const { fs, begin, take } = createFiles();
  begin();
  for (let index = 0; index < 20_000; index++) fs.writeFile(`/${index}`, encode("x"));
  const created = take();
  assert.equal(created.files.length, 1000);
  assert.equal(created.isCut, true);
  fs.makeDirectory("/d");
  for (let index = 0; index < 20_000; index++) fs.rename(`/${index}`, `/d/${index}`);
  begin();
  fs.rename("/d", "/e");
  const moved = take();
  assert.equal(moved.files.length, 1000);
  assert.equal(moved.isCut, true);
});

test("paths that nobody can use, or that are very long together, are left out", () => {
  const { fs, begin, take } = createFiles();
  const name = "n".repeat(255);
  begin();
  let base = fs.open("/", { directory: true });
  for (let depth = 0; depth < 3000; depth++) {
    fs.makeDirectory(name, 0o777, { base });
    const deeper = fs.open(name, { directory: true }, { base });
    base.close();
    base = deeper;
  }
  for (let index = 0; index < 200; index++) fs.writeFile(`${index}`, encode("x"), 0o666, { base });
  fs.writeFile("/short", encode("x"));
  const deep = take();
  assert.deepEqual(
    deep.files.map(({ path }) => path),
    ["/short"],
  );
  assert.equal(deep.isCut, true);
  begin();
  const long = `/${name}`.repeat(15);
  for (let index = 0; index < 200; index++) fs.writeFile(`${long}/${index}`, encode("x"));
  const { files, isCut } = take();
  assert.ok(files.length > 0 && files.length < 200, `${files.length}`);
  assert.equal(isCut, true);
});
