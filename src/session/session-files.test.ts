import assert from "node:assert/strict";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createEngine } from "../engine/engine.js";
import type { Language } from "../engine/runtime.js";
import { nodePlatform } from "../node/platform.js";
import { openSession } from "./open-session.js";
import { openSessions } from "./open-sessions.js";
import type { SessionFiles } from "./session-files.js";

const engine = createEngine(nodePlatform);
const places: string[] = [];
after(() => {
  for (const place of places) rmSync(place, { recursive: true, force: true });
});

function makeHost(): string {
  const place = mkdtempSync(join(tmpdir(), "session-files-"));
  places.push(place);
  return place;
}

const failsWith = (errno: string) => (error: { code: string; errno: string; message: string }) => {
  assert.deepEqual([error.code, error.errno], ["FILE_FAILED", errno], error.message);
  assert.match(error.message, /^[\x20-\x7e…]+$/, "one line, with nothing that a terminal obeys");
  return true;
};

const writing: Record<Language, string> = {
  python: `open("out.txt", "w").write("from the guest") and None`,
  javascript: `(await import("node:fs")).writeFileSync("out.txt", "from the guest")`,
};
const reading: Record<Language, string> = {
  python: `open("in.txt").read()`,
  javascript: `(await import("node:fs")).readFileSync("in.txt", "utf8")`,
};

for (const language of ["python", "javascript"] as const) {
  test(`host and guest have the same files in ${language}`, async () => {
    const session = await openSession(engine, language, {});
    const { files } = session;
    await files.write("in.txt", "for the guest");
    assert.equal((await session.run(reading[language])).result, "'for the guest'");
    const { files: changes, filesCut } = await session.run(writing[language]);
    assert.deepEqual(changes, [{ path: "/home/user/out.txt", bytes: 14, change: "created" }]);
    assert.equal(filesCut, undefined);
    assert.equal((await session.run("1")).files, undefined, "nothing differs");
    assert.equal(await files.readText("out.txt"), "from the guest");
    assert.deepEqual(
      await files.read("/home/user/../user/out.txt"),
      new TextEncoder().encode("from the guest"),
    );
    assert.deepEqual(await files.list(), [
      { name: "in.txt", type: "file", bytes: 13 },
      { name: "out.txt", type: "file", bytes: 14 },
    ]);
    const { modifiedMs, ...info } = await files.stat("in.txt");
    assert.deepEqual(info, { type: "file", bytes: 13, mode: 0o644 });
    assert.ok(modifiedMs <= Date.now());
    await files.makeDirectory("d");
    await files.makeDirectory("a/b/c/", { parents: true });
    await files.makeDirectory("a/b/c/", { parents: true });
    await files.write("a/b/new/deep", new Uint8Array([0, 255]), { parents: true });
    assert.deepEqual(await files.read("a/b/new/deep"), new Uint8Array([0, 255]));
    await files.write("a/b/new/deep", "");
    assert.deepEqual(await files.read("a/b/new/deep"), new Uint8Array(0));
    await assert.rejects(files.remove("a"), failsWith("ENOTEMPTY"));
    await files.remove("a", { recursive: true });
    await files.remove("d");
    await files.remove("in.txt");
    assert.deepEqual(
      (await files.list(".")).map(({ name }) => name),
      ["out.txt"],
    );
    await session.close();
    await assert.rejects(files.list(), { code: "SESSION_CLOSED" });
  });
}

test("relative paths begin where the guest is", async () => {
  const session = await openSession(engine, "python", {});
  await session.run("import os; os.makedirs('/tmp/deep'); os.chdir('/tmp/deep')");
  await session.files.write("f", "here");
  assert.equal(await session.files.readText("/tmp/deep/f"), "here");
  await session.hibernate();
  assert.equal(await session.files.readText("../deep/f"), "here");
  await session.run("os.remove('f'); os.rmdir('/tmp/deep')");
  await assert.rejects(session.files.write("f", "nowhere"), failsWith("ENOENT"));
  await session.close();
});

test("what cannot be done is one line that says why, and touches nothing", async () => {
  const session = await openSession(engine, "python", {});
  const { files } = session;
  await files.write("file", "x");
  await session.run("import os; os.symlink('loop', 'loop'); os.symlink('nowhere', 'dangling')");
  const failures: Array<[() => Promise<unknown>, string]> = [
    [() => files.read("no such"), "ENOENT"],
    [() => files.read(""), "ENOENT"],
    [() => files.read("."), "EISDIR"],
    [() => files.read("file/below"), "ENOTDIR"],
    [() => files.read("a\0b"), "EINVAL"],
    [() => files.read("loop"), "ELOOP"],
    [() => files.read("n".repeat(300)), "ENAMETOOLONG"],
    [() => files.read("d/".repeat(5000)), "ENAMETOOLONG"],
    [() => files.read("/dev/zero"), "EINVAL"],
    [() => files.read("/dev/urandom"), "EINVAL"],
    [() => files.read("file", { maxBytes: 0 }), "EFBIG"],
    [() => files.read("\u001b[2J\u009b\u2028\ud800"), "ENOENT"],
    [() => files.write("/dev/null", "x"), "EINVAL"],
    [() => files.write("/usr/local/lib/python3.14/os.py", "x"), "EROFS"],
    [() => files.write("no/such", "x"), "ENOENT"],
    [() => files.write("file/below", "x", { parents: true }), "ENOTDIR"],
    [() => files.write("new/", "x"), "EISDIR"],
    [() => files.write("d/".repeat(5000), "x", { parents: true }), "ENAMETOOLONG"],
    [() => files.makeDirectory("file"), "EEXIST"],
    [() => files.makeDirectory("no/such"), "ENOENT"],
    [() => files.makeDirectory("new/file/\0", { parents: true }), "EINVAL"],
    [() => files.makeDirectory(`new/${"n".repeat(300)}`, { parents: true }), "ENAMETOOLONG"],
    [() => files.list("file"), "ENOTDIR"],
    [() => files.list(".", { maxEntries: 2 }), "EOVERFLOW"],
    [() => files.stat("dangling"), "ENOENT"],
    [() => files.remove("/dev", { recursive: true }), "EBUSY"],
    [() => files.remove("/", { recursive: true }), "EBUSY"],
    [() => files.remove("/dev/null"), "EROFS"],
    [() => files.remove("no such", { recursive: true }), "ENOENT"],
  ];
  for (const [failure, errno] of failures) await assert.rejects(failure(), failsWith(errno));
  assert.deepEqual(
    (await files.list("/home/user")).map(({ name }) => name),
    ["dangling", "file", "loop"],
  );
  assert.equal((await files.stat("dangling", { followSymlinks: false })).target, "nowhere");
  await files.write("dangling", "now it leads somewhere");
  assert.equal(await files.readText("nowhere"), "now it leads somewhere");
  await session.close();
});

test("options and values that cannot be are refused", async () => {
  const session = await openSession(engine, "javascript", {});
  const files = session.files as unknown as Record<
    keyof SessionFiles,
    (...args: unknown[]) => Promise<unknown>
  >;
  const refused = { code: "INVALID_OPTION" };
  await assert.rejects(files.read(7), refused);
  await assert.rejects(files.read("f", { maxBytes: -1 }), refused);
  await assert.rejects(files.read("f", { max: 1 }), refused);
  await assert.rejects(files.write("f", 7), refused);
  await assert.rejects(files.write("f", [1, 2]), refused);
  await assert.rejects(files.write("f", "", { parents: 1 }), refused);
  await assert.rejects(files.list("f", { maxEntries: 0.5 }), refused);
  await assert.rejects(files.stat("f", { followSymlinks: "no" }), refused);
  await assert.rejects(files.remove("f", { recursive: 1 }), refused);
  await assert.rejects(files.overlayChanges({ all: true }), refused);
  assert.deepEqual(await session.files.list(), []);
  await session.close();
});

test("what is given to be written is what it was at that moment", async () => {
  const session = await openSession(engine, "javascript", {});
  const bytes = new Uint8Array([1, 2, 3]);
  const running = session.run("for (let i = 0; i < 1e6; i++);");
  const written = session.files.write("f", bytes.subarray(1));
  bytes.fill(9);
  await Promise.all([running, written]);
  assert.deepEqual(await session.files.read("f"), new Uint8Array([2, 3]));
  assert.equal(bytes.length, 3, "the caller keeps its bytes");
  await session.close();
});

test("files have their turn among the runs", async () => {
  const session = await openSession(engine, "python", {});
  const [, , { result }, , last] = await Promise.all([
    session.run("open('f', 'w').write('1')"),
    session.files.write("f", "2"),
    session.run("open('f').read()"),
    session.run("open('f', 'w').write('3')"),
    session.files.readText("f"),
  ]);
  assert.equal(result, "'2'");
  assert.equal(last, "3");
  await session.close();
});

test("a write that there is no room for changes nothing, in memory and on an overlay", async () => {
  const host = makeHost();
  writeFileSync(join(host, "lower"), "below".repeat(1000));
  const session = await openSession(engine, "python", {
    maxFileBytes: 150_000,
    maxFiles: 10,
    mounts: [{ hostPath: host, guestPath: "/over", mode: "overlay" }],
  });
  const { files } = session;
  const before = (await session.stats()).fileBytes;
  await files.write("f", "old");
  // Storage is in powers of two.
  for (const bytes of [148_000, 149_000, 250_000]) {
    await assert.rejects(files.write("g", new Uint8Array(bytes).fill(1)), (error: { errno: string }) =>
      ["ENOSPC", "EFBIG"].includes(error.errno),
    );
    await assert.rejects(files.write("f", new Uint8Array(bytes)));
    await assert.rejects(files.write("/over/lower", new Uint8Array(bytes)));
    await assert.rejects(files.write("a/b/c", new Uint8Array(bytes), { parents: true }));
  }
  assert.equal(await files.readText("f"), "old");
  assert.equal(await files.readText("/over/lower"), "below".repeat(1000));
  assert.deepEqual(
    (await files.list()).map(({ name }) => name),
    ["f"],
  );
  assert.deepEqual(await files.overlayChanges(), []);
  await files.write("f", new Uint8Array(100_000));
  await files.write("f", new Uint8Array(100_001).fill(7));
  assert.equal((await files.read("f")).length, 100_001, "what is replaced makes room");
  await files.remove("f");
  assert.equal((await session.stats()).fileBytes, before);
  await assert.rejects(files.write("d/".repeat(20).concat("f"), "x", { parents: true }), failsWith("ENOSPC"));
  assert.deepEqual(await files.list(), []);
  await session.close();
});

test("mounts are what they are for the guest, and nothing outside is reached", async () => {
  const host = makeHost();
  const outside = makeHost();
  writeFileSync(join(outside, "secret"), "secret");
  for (const mode of ["ro", "rw", "overlay"]) {
    mkdirSync(join(host, mode));
    writeFileSync(join(host, mode, "f"), `from ${mode}`);
    symlinkSync(join(outside, "secret"), join(host, mode, "out"));
    symlinkSync("../../../../../../etc/passwd", join(host, mode, "up"));
    symlinkSync(outside, join(host, mode, "outside"));
  }
  const session = await openSession(engine, "python", {
    mounts: (["ro", "rw", "overlay"] as const).map((mode) => ({
      hostPath: join(host, mode),
      guestPath: `/${mode}`,
      mode,
    })),
  });
  const { files } = session;
  for (const mode of ["ro", "rw", "overlay"]) {
    assert.equal(await files.readText(`/${mode}/f`), `from ${mode}`);
    for (const name of ["out", "up", "outside/secret", "../../../../etc/passwd"]) {
      await assert.rejects(files.read(`/${mode}/${name}`), failsWith("ENOENT"));
    }
  }
  await assert.rejects(files.write("/ro/f", "new"), failsWith("EROFS"));
  await assert.rejects(files.write("/ro/new", "new"), failsWith("EROFS"));
  await assert.rejects(files.remove("/ro/f"), failsWith("EROFS"));
  await assert.rejects(files.makeDirectory("/ro/d"), failsWith("EROFS"));
  await assert.rejects(files.write("/rw/out", "x"), failsWith("ENOENT"));
  await files.write("/overlay/f", "changed in memory");
  await files.write("/rw/f", "changed on the host");
  await files.write("/rw/new", "new");
  await files.makeDirectory("/rw/d/e", { parents: true });
  await files.write("/rw/d/e/f", "x");
  await files.remove("/rw/outside", { recursive: true });
  assert.equal(readFileSync(join(host, "overlay/f"), "utf8"), "from overlay");
  assert.equal(readFileSync(join(host, "rw/f"), "utf8"), "changed on the host");
  await files.remove("/rw/d", { recursive: true });
  assert.deepEqual(readdirSync(join(host, "rw")).sort(), ["f", "new", "out", "up"]);
  assert.equal(readFileSync(join(outside, "secret"), "utf8"), "secret");
  await assert.rejects(files.remove("/rw", { recursive: true }), failsWith("EBUSY"));
  await session.close();
});

test("a hibernated session is woken for its files, and is the same session", async () => {
  const session = await openSession(engine, "python", {});
  await session.run("x = 5; open('f', 'w').write('kept') and None");
  await session.hibernate();
  assert.equal(await session.files.readText("f"), "kept");
  await session.files.write("g", "written");
  await session.hibernate();
  assert.equal((await session.run("x, open('g').read()")).result, "(5, 'written')");
  await session.close();
});

test("sessions by name give their files while they are used, and keep them", async () => {
  const sessions = openSessions(engine, "javascript", { maxLive: 1 });
  await sessions.use("a", ({ files }) => files.write("f", "of a"));
  await sessions.use("b", ({ files }) => files.write("f", "of b"));
  assert.equal(await sessions.use("a", ({ files }) => files.readText("f")), "of a");
  assert.equal((await sessions.run("b", "require('fs').readFileSync('f', 'utf8')")).result, "'of b'");
  await sessions.close();
});

test("what the host has written is not lost with a run that loses its interpreter", async () => {
  const session = await openSession(engine, "python", {});
  await session.files.write("first", "before any run");
  const first = await session.run("import os; os._exit(3)");
  assert.equal(first.state, "rolled_back");
  assert.equal(await session.files.readText("first"), "before any run");
  await session.run("x = 1");
  await session.files.write("second", "just before");
  const second = await session.run("open('third', 'w').close(); os = __import__('os'); os._exit(3)");
  assert.deepEqual(second.lostRuns, [3]);
  assert.equal(second.files, undefined, "what it did is gone");
  assert.equal((await session.run("x")).result, "1");
  assert.deepEqual(
    (await session.files.list()).map(({ name }) => name),
    ["first", "second"],
  );
  await session.close();
});

test("of a run all that differs is told, in memory and on overlays", async () => {
  const host = makeHost();
  for (const name of ["kept", "edited", "moved", "gone"]) writeFileSync(join(host, name), name);
  const session = await openSession(engine, "python", {
    mounts: [
      { hostPath: host, guestPath: "/over", mode: "overlay" },
      { hostPath: makeHost(), guestPath: "/rw", mode: "rw" },
    ],
  });
  await session.files.write("by the host", "x");
  const { files } = await session.run(`
import os
open("/over/kept").read()
open("/over/edited", "a").write("!")
os.rename("/over/moved", "/over/here")
os.remove("/over/gone")
open("/rw/not told of", "w").close()
open("/tmp/temporary", "w").close()
os.remove("/tmp/temporary")
os.mkdir("/tmp/d")
open("/tmp/d/f", "w").write("abc")
os.symlink("d", "/tmp/link") or None`);
  assert.deepEqual(files, [
    { path: "/over/edited", bytes: 7, change: "changed" },
    { path: "/over/gone", bytes: 0, change: "removed" },
    { path: "/over/here", bytes: 5, change: "created" },
    { path: "/over/moved", bytes: 0, change: "removed" },
    { path: "/tmp/d/f", bytes: 3, change: "created" },
    { path: "/tmp/link", bytes: 1, change: "created" },
  ]);
  const failed = await session.run("open('/tmp/d/f', 'w').write('later'); 1 / 0");
  assert.deepEqual(failed.files, [{ path: "/tmp/d/f", bytes: 5, change: "changed" }]);
  await session.close();
});

/** Does to a copy of a host's directory what an overlay over it says, as `overlayChanges` describes it. */
async function apply(files: SessionFiles, mount: string, host: string): Promise<void> {
  for (const change of await files.overlayChanges()) {
    const path = join(host, change.path.slice(mount.length));
    if (change.change === "removed") rmSync(path, { recursive: true });
    else if (change.type === "directory") mkdirSync(path, { recursive: true, mode: change.mode });
    else if (change.type === "file") writeFileSync(path, await files.read(change.path));
    else if (change.type === "symlink") symlinkSync(change.target ?? "", path);
    if (change.change !== "removed" && change.type !== "symlink") chmodSync(path, change.mode);
  }
}

function treeOf(host: string): string[] {
  return readdirSync(host, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      const content = entry.isFile() ? readFileSync(path, "utf8") : "";
      const mode = entry.isSymbolicLink() ? "link" : (statSync(path).mode & 0o777).toString(8);
      return `${path.slice(host.length)} ${mode} ${content}`;
    })
    .sort();
}

test("what an overlay holds can be done to a copy of the host's directory, which is then as the guest has it", async () => {
  const host = makeHost();
  for (const name of ["d/deep/one", "d/two", "file", "other", "replaced/x", "mode"]) {
    mkdirSync(join(host, name, ".."), { recursive: true });
    writeFileSync(join(host, name), `old ${name}`);
  }
  const session = await openSession(engine, "python", {
    mounts: [{ hostPath: host, guestPath: "/over", mode: "overlay" }],
  });
  const { files } = session;
  assert.deepEqual(await files.overlayChanges(), []);
  const { error } = await session.run(`
import os, shutil
os.chdir("/over")
os.rename("d", "moved")
open("moved/new", "w").write("new")
os.remove("moved/two")
open("file", "w").write("changed")
os.remove("other"); os.mkdir("other"); open("other/in", "w").write("in")
shutil.rmtree("replaced"); os.mkdir("replaced"); open("replaced/y", "w").write("y")
os.chmod("mode", 0o640)
os.symlink("moved/new", "link")
os.mkdir("empty", 0o700)`);
  assert.equal(error, undefined);
  const told = (await files.overlayChanges()).map(({ change, path }) => `${change} ${path}`);
  assert.deepEqual(told, [
    "removed /over/d",
    "created /over/empty",
    "changed /over/file",
    "created /over/link",
    "changed /over/mode",
    "created /over/moved",
    "created /over/moved/deep",
    "created /over/moved/deep/one",
    "created /over/moved/new",
    "removed /over/other",
    "created /over/other",
    "created /over/other/in",
    "removed /over/replaced",
    "created /over/replaced",
    "created /over/replaced/y",
  ]);
  await assert.rejects(files.overlayChanges({ maxEntries: told.length - 1 }), failsWith("EOVERFLOW"));
  const copy = makeHost();
  cpSync(host, copy, { recursive: true });
  await apply(files, "/over", copy);
  const { output } = await session.run(`
for path, directories, names in os.walk("/over"):
    for name in directories + names:
        full = os.path.join(path, name)
        mode = "link" if os.path.islink(full) else format(os.stat(full).st_mode & 0o777, "o")
        content = open(full).read() if os.path.isfile(full) and mode != "link" else ""
        print(f"{full[5:]} {mode} {content}")`);
  assert.deepEqual(
    treeOf(copy),
    output
      ?.trimEnd()
      .split("\n")
      .map((line) => (/ 7..$| link$/.test(line) ? `${line} ` : line))
      .sort(),
  );
  await session.close();
});

test("looking at files changes nothing of a session, also not its time and chance", async () => {
  const session = await openSession(engine, "python", {
    deterministic: { seed: 1, startTime: new Date(0) },
  });
  await session.run("open('f', 'w').write('x'); import os; os.mkdir('d')");
  const before = await session.snapshot();
  await session.files.read("f");
  await session.files.stat("d");
  await session.files.list();
  await session.files.overlayChanges();
  assert.deepEqual(await session.snapshot(), before);
  await session.close();
});
