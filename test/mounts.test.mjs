// Host directories in guests: what they see, what they can do with them, and what they cannot.
import assert from "node:assert/strict";
import {
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { finish, run, start, startJsonLines } from "./commands.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-mounts-"));
after(() => rmSync(folder, { recursive: true }));

/** A directory to mount beside a secret that no guest may see or change. */
function directory(name) {
  const outside = join(folder, name);
  const inside = join(outside, "inside");
  mkdirSync(join(inside, "sub"), { recursive: true });
  writeFileSync(join(outside, "secret"), "TOPSECRET");
  writeFileSync(join(inside, "file.txt"), "text\n");
  writeFileSync(join(inside, "sub", "deep.txt"), "deep\n");
  symlinkSync("../secret", join(inside, "up"));
  symlinkSync(join(outside, "secret"), join(inside, "absolute"));
  symlinkSync("..", join(inside, "parent"));
  symlinkSync("loop", join(inside, "loop"));
  return { outside, inside };
}

/** All that can be told of a tree but access times. */
function describeTree(path) {
  const { mode, size, mtimeNs, ctimeNs, nlink } = lstatSync(path, { bigint: true });
  const own = [path, mode, size, mtimeNs, ctimeNs, nlink].join(" ");
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return [own, readlinkSync(path)];
  if (!stat.isDirectory()) return [own, readFileSync(path, "hex")];
  return [
    own,
    ...readdirSync(path)
      .sort()
      .flatMap((name) => describeTree(join(path, name))),
  ];
}

const pythonEscapes = String.raw`
import os, itertools
found = []
def attempt(action):
    try:
        value = action()
        if isinstance(value, (bytes, str)) and "TOPSECRET" in str(value): found.append(str(action))
    except (OSError, ValueError, NotImplementedError, AttributeError): pass
def read(path):
    with open(path, "rb") as file: return file.read(100)
targets = ["/data/../secret", "/data/../../secret", "/data/sub/../../secret", "/data/up", "/data/up/", "/data/absolute",
    "/data/parent/secret", "/data/parent/../secret", "/data/sub/../parent/secret", "/data/./parent/./secret", "/data//..//secret",
    "/data/loop", OUTSIDE + "/secret", "/proc/self/root" + OUTSIDE + "/secret", "/proc/self/cwd/secret", "/proc/self/fd/3/../secret",
    "/dev/fd/3", "/dev/../proc/self/environ", "/data/up\0", "/data/..\\secret", "/data/" + "x" * 255, "/data/" + "x/" * 2040,
    "/data/" + "../" * 300 + OUTSIDE[1:] + "/secret"]
for path in targets:
    for use in (read, os.readlink, os.listdir, lambda p: str(os.stat(p).st_size == 9 and "TOPSECRET")):
        attempt(lambda: use(path))
os.chdir("/data/sub")
for path in ("../../secret", "../up", "../parent/secret"): attempt(lambda: read(path))
descriptor = os.open("/data", os.O_RDONLY)
for path in ("../secret", "up", "parent/secret", "absolute"):
    attempt(lambda: os.read(os.open(path, os.O_RDONLY, dir_fd=descriptor), 100))
for number, (target, name) in enumerate(itertools.product(("/", "..", "../..", OUTSIDE, "/proc/self/root", "up", "parent"), ("/data/", "/tmp/", "/data/sub/"))):
    link = name + "link%d" % number
    def through():
        os.symlink(target, link)
        for path in (link + "/secret", link, link + "/", link + "/../secret", link + OUTSIDE + "/secret"): attempt(lambda: read(path))
    attempt(through)
    attempt(lambda: os.rename(link + "/", "/data/renamed%d" % number))
    attempt(lambda: read("/data/renamed%d/secret" % number))
for source in ("/data/../secret", "/data/up", "/data/absolute", OUTSIDE + "/secret"):
    attempt(lambda: os.link(source, "/data/hard"))
    attempt(lambda: read("/data/hard"))
    attempt(lambda: os.rename(source, "/data/taken"))
    attempt(lambda: read("/data/taken"))
    attempt(lambda: open(source, "w").write("CHANGED"))
    attempt(lambda: os.truncate(source, 0))
    attempt(lambda: os.rename("/data/file.txt", "/data/parent/secret"))
    attempt(lambda: os.chmod(source, 0o777))
    attempt(lambda: os.mkdir("/data/parent/made"))
print(found)
`;

const javaScriptEscapes = String.raw`
import fs from "node:fs";
const found = [];
const attempt = (action) => {
  try {
    if (String(action()).includes("TOPSECRET")) found.push(String(action));
  } catch (error) {
    if (error.code === undefined) throw error;
  }
};
const targets = ["/data/../secret", "/data/../../secret", "/data/up", "/data/up/", "/data/absolute", "/data/parent/secret",
  "/data/sub/../../secret", "/data/sub/../parent/secret", "/data/loop", OUTSIDE + "/secret", "/proc/self/root" + OUTSIDE + "/secret",
  "/proc/self/environ", "/data/up\0", "/data/" + "x".repeat(255), "/data/" + "x/".repeat(2040), "/data/..\\secret"];
for (const path of targets) {
  for (const use of [(p) => fs.readFileSync(p, "utf8"), fs.readdirSync, fs.readlinkSync, fs.realpathSync, (p) => fs.statSync(p).size === 9 && "TOPSECRET"])
    if (use !== fs.readlinkSync) attempt(() => use(path));
  attempt(() => fs.writeFileSync(path, "CHANGED"));
  attempt(() => fs.appendFileSync(path, "CHANGED"));
  attempt(() => fs.truncateSync(path, 0));
  attempt(() => fs.linkSync(path, "/data/hard")); attempt(() => fs.readFileSync("/data/hard", "utf8"));
  attempt(() => fs.copyFileSync(path, "/tmp/copy")); attempt(() => fs.readFileSync("/tmp/copy", "utf8"));
  attempt(() => fs.chmodSync(path, 0o777));
}
let number = 0;
for (const target of ["/", "..", "../..", OUTSIDE, "/proc/self/root", "up", "parent"]) {
  for (const place of ["/data/", "/tmp/", "/data/sub/"]) {
    const link = place + "jslink" + number++;
    attempt(() => fs.symlinkSync(target, link));
    for (const path of [link + "/secret", link, link + "/", link + OUTSIDE + "/secret"]) attempt(() => fs.readFileSync(path, "utf8"));
    attempt(() => fs.renameSync(link + "/", "/data/jsrenamed")); attempt(() => fs.readFileSync("/data/jsrenamed/secret", "utf8"));
  }
}
for (const path of ["/data/../secret", "../data/parent/secret", OUTSIDE + "/secret"]) {
  await import(path).catch(() => {});
  attempt(() => fs.rmSync(path, { recursive: true, force: true }));
}
console.log(JSON.stringify(found));
`;

for (const mode of ["ro", "rw", "overlay"]) {
  test(`no path, link, rename or hard link leads out of a mount (${mode})`, async () => {
    const { outside, inside } = directory(`escape-${mode}`);
    const given = [`--mount`, `${inside}:/data:${mode}`];
    const named = (code) => code.replaceAll("OUTSIDE", JSON.stringify(outside));
    const secret = () => describeTree(join(outside, "secret"));
    const before = secret();
    const python = await run("pyrunner", [...given, "-c", named(pythonEscapes)]);
    assert.deepEqual([python.stderr, python.stdout], ["", "[]\n"]);
    const javaScript = await run("jsrunner", [...given, "-e", named(javaScriptEscapes)]);
    assert.deepEqual([javaScript.stderr, javaScript.stdout], ["", "[]\n"]);
    assert.deepEqual(secret(), before);
    assert.deepEqual(readdirSync(outside).sort(), ["inside", "secret"]);
  });
}

const pythonChanges = `
import os, shutil, time
paths = ["/data", "/data/file.txt", "/data/sub", "/data/sub/deep.txt", "/data/loop", "/data/new", "/data/sub/new"]
actions = [
    *[lambda p, m=m: open(p, m).write("x") for m in ("w", "a", "x", "r+", "w+")],
    *[lambda p, f=f: os.write(os.open(p, f), b"x") for f in (os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_APPEND)],
    lambda p: os.open(p, os.O_RDONLY | os.O_TRUNC), lambda p: os.open(p, os.O_RDONLY | os.O_CREAT | os.O_EXCL),
    os.mkdir, os.rmdir, os.unlink, shutil.rmtree, lambda p: os.truncate(p, 0), lambda p: os.truncate(p, 10**6),
    lambda p: os.chmod(p, 0o777), lambda p: os.utime(p, (1, 1)), lambda p: os.utime(p, follow_symlinks=False),
    lambda p: os.rename(p, p + "2"), lambda p: os.replace(p, "/tmp/taken"), lambda p: os.replace("/tmp/mine", p),
    lambda p: os.link(p, "/data/hard"), lambda p: os.link("/tmp/mine", p), lambda p: os.symlink("x", p), lambda p: os.symlink("x", "/data/made"),
    lambda p: os.chown(p, 1, 1), lambda p: os.mkfifo("/data/made"), lambda p: os.ftruncate(os.open(p, os.O_RDONLY), 0),
    lambda p: os.write(os.open(p, os.O_RDONLY), b"x"), lambda p: os.fchmod(os.open(p, os.O_RDONLY), 0o777),
    lambda p: os.utime(os.open(p, os.O_RDONLY), (1, 1)), lambda p: os.posix_fallocate(os.open(p, os.O_RDONLY), 0, 10**6),
]
open("/tmp/mine", "w").write("mine")
done = 0
for path in paths:
    for number, action in enumerate(actions):
        try:
            action(path)
            done += 1
            print("succeeded:", number, path)
        except (OSError, AttributeError, NotImplementedError): pass
print("done")
`;

const javaScriptChanges = `
import fs from "node:fs";
fs.writeFileSync("/tmp/mine", "mine");
const actions = {
  write: (p) => fs.writeFileSync(p, "x"), append: (p) => fs.appendFileSync(p, "x"), inPlace: (p) => fs.writeFileSync(p, "x", { flag: "r+" }),
  exclusive: (p) => fs.writeFileSync(p, "x", { flag: "wx" }), mkdir: (p) => fs.mkdirSync(p + "/2"), deep: (p) => fs.mkdirSync(p + "/a/b", { recursive: true }),
  rmdir: fs.rmdirSync, rm: (p) => fs.rmSync(p, { recursive: true }), unlink: fs.unlinkSync, truncate: (p) => fs.truncateSync(p, 0),
  chmod: (p) => fs.chmodSync(p, 0o777), utimes: (p) => fs.utimesSync(p, 1, 1), rename: (p) => fs.renameSync(p, p + "2"),
  take: (p) => fs.renameSync(p, "/tmp/taken"), put: (p) => fs.renameSync("/tmp/mine", p), link: (p) => fs.linkSync(p, "/data/hard"),
  symlink: (p) => fs.symlinkSync("x", p), copy: (p) => fs.copyFileSync("/tmp/mine", p), temporary: () => fs.mkdtempSync("/data/t"),
};
for (const path of ["/data", "/data/file.txt", "/data/sub", "/data/sub/deep.txt", "/data/loop", "/data/new"]) {
  for (const [name, action] of Object.entries(actions)) {
    try { action(path); console.log("succeeded:", name, path); } catch (error) { if (error.code === undefined) throw error; }
  }
}
console.log("done");
`;

test("a read-only mount stays as it is, byte for byte and time for time, whatever is tried", async () => {
  const { inside } = directory("unchanged");
  for (const name of ["file.txt", "sub/deep.txt"]) utimesSync(join(inside, name), 1_000_000, 2_000_000.125);
  const before = describeTree(inside);
  for (const [command, option, code] of [
    ["pyrunner", "-c", pythonChanges],
    ["jsrunner", "-e", javaScriptChanges],
  ]) {
    const { stdout, stderr } = await run(command, ["--mount", `${inside}:/data`, option, code]);
    assert.deepEqual([command, stderr, stdout], [command, "", "done\n"]);
    assert.deepEqual(describeTree(inside), before);
  }
});

test("Python's library works on a writable mount", async () => {
  const { inside } = directory("library");
  // glob would go round and round through it.
  rmSync(join(inside, "parent"));
  const code = `
import glob, os, pathlib, shutil, sqlite3, tempfile, zipfile
os.chdir("/data")
print([(base, sorted(folders)) for base, folders, files in os.walk("sub")])
shutil.copytree("sub", "copy")
print(pathlib.Path("copy/deep.txt").read_text(), sorted(glob.glob("**/*.txt", recursive=True)))
with tempfile.NamedTemporaryFile(dir="/data") as file, tempfile.TemporaryDirectory(dir="/data") as directory:
    file.write(b"x"); file.flush()
    print(os.path.getsize(file.name), os.listdir(directory))
with zipfile.ZipFile("archive.zip", "w", zipfile.ZIP_DEFLATED) as archive: archive.write("file.txt")
with zipfile.ZipFile("archive.zip") as archive: print(archive.read("file.txt"))
database = sqlite3.connect("data.db")
database.execute("create table numbers (n)"); database.executemany("insert into numbers values (?)", [(n,) for n in range(1000)])
database.commit(); database.close()
print(sqlite3.connect("data.db").execute("select sum(n) from numbers").fetchone())
pathlib.Path("ünï/b").mkdir(parents=True); pathlib.Path("ünï/b/c.bin").write_bytes(bytes(range(256)))
os.rename("copy", "moved"); shutil.rmtree("moved")
`;
  const { stdout, stderr } = await run("pyrunner", ["--mount", `${inside}:/data:rw`, "-c", code]);
  assert.equal(stderr, "");
  assert.equal(
    stdout,
    "[('sub', [])]\ndeep\n ['copy/deep.txt', 'file.txt', 'sub/deep.txt']\n1 []\nb'text\\n'\n(499500,)\n",
  );
  assert.deepEqual(
    readFileSync(join(inside, "ünï/b/c.bin")),
    Buffer.from(Array.from({ length: 256 }, (_, n) => n)),
  );
  assert.equal(readFileSync(join(inside, "data.db")).toString("latin1", 0, 15), "SQLite format 3");
  assert.deepEqual(
    readdirSync(inside).filter((name) => name.startsWith("tmp") || name === "moved"),
    [],
  );
});

test("node:fs works on a writable mount", async () => {
  const { inside } = directory("node");
  const code = `
import fs from "node:fs"; import { readFile, writeFile } from "node:fs/promises";
fs.mkdirSync("/data/a/b", { recursive: true });
await writeFile("/data/a/b/c.bin", Uint8Array.from({ length: 256 }, (_, n) => n));
fs.appendFileSync("/data/file.txt", "more ü");
console.log(JSON.stringify([await readFile("/data/file.txt", "utf8"), fs.readdirSync("/data/a", { recursive: true })]));
`;
  const { stdout, stderr } = await run("jsrunner", ["--mount", `${inside}:/data:rw`, "-e", code]);
  assert.deepEqual([stderr, stdout], ["", '["text\\nmore ü",["b","b/c.bin"]]\n']);
  assert.equal(readFileSync(join(inside, "file.txt"), "utf8"), "text\nmore ü");
  assert.equal(readFileSync(join(inside, "a/b/c.bin")).length, 256);
});

/** The most memory that a process has had; 0 where there is no way to ask. */
function peakBytes(pid) {
  if (process.platform !== "linux") return 0;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
}

test("a large file streams through a guest, and neither it nor the host holds it in memory", async () => {
  const { inside } = directory("large");
  const megabytes = 256;
  const file = openSync(join(inside, "large"), "w");
  closeSync(file);
  const code = `
import hashlib, os
block = bytes(range(256)) * 4096
with open("/data/large", "wb") as file:
    for _ in range(${megabytes}): file.write(block)
total = 0
with open("/data/large", "rb", buffering=0) as file:
    while part := file.read(1 << 20): total += len(part); last = part
print(total == ${megabytes} << 20, last == block)
`;
  const server = startJsonLines("pyrunner", ["--mount", `${inside}:/data:rw`]);
  await server.send({ id: 0, code: "import hashlib" });
  const before = peakBytes(server.child.pid);
  const { output, error } = await server.send({ id: 1, code });
  assert.ok(peakBytes(server.child.pid) - before < (megabytes / 2) * 2 ** 20);
  assert.deepEqual([error, output], [undefined, "True True\n"]);
  await server.end();
  assert.equal(lstatSync(join(inside, "large")).size, megabytes * 2 ** 20);
});

test("a script sees the directory that it is in, read-only, and works in it", async () => {
  const { inside } = directory("script");
  writeFileSync(
    join(inside, "helper.py"),
    "def fail(): raise ValueError('from the helper')\nNAME = 'helper'\n",
  );
  writeFileSync(
    join(inside, "main.py"),
    "import helper, os, sys\nprint(helper.NAME, open('file.txt').read(), __file__, os.getcwd(), sys.path[0])\ntry: open('new', 'w')\nexcept OSError as error: print(error.strerror)\nhelper.fail()\n",
  );
  const python = await finish(start("pyrunner", ["main.py"], { cwd: inside }));
  assert.equal(python.code, 1);
  assert.equal(python.stdout, `helper text\n ${inside}/main.py ${inside} ${inside}\nRead-only file system\n`);
  assert.match(python.stderr, new RegExp(`File "${inside}/helper.py", line 1, in fail`));

  writeFileSync(join(inside, "part.mjs"), "export const name = 'part';\n");
  writeFileSync(join(inside, "data.json"), '{"list":[1]}');
  writeFileSync(
    join(inside, "main.mjs"),
    "import { name } from './part.mjs';\nimport data from './data.json' with { type: 'json' };\nimport fs from 'node:fs';\nconsole.log(name, data.list[0], fs.readFileSync('file.txt', 'utf8'));\n",
  );
  const javaScript = await run("jsrunner", [join(inside, "main.mjs")]);
  assert.deepEqual([javaScript.stderr, javaScript.stdout], ["", "part 1 text\n\n"]);
});

test("a mount of the user's at a script's own directory decides what the script may do there", async () => {
  const { inside } = directory("own");
  writeFileSync(join(inside, "main.py"), "open('new', 'w').write('made')\n");
  assert.equal((await run("pyrunner", [join(inside, "main.py")])).code, 1);
  const { code, stderr } = await run("pyrunner", [
    "--mount",
    `${inside}:${inside}:rw`,
    join(inside, "main.py"),
  ]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(readFileSync(join(inside, "new"), "utf8"), "made");
});

test("a mount that cannot be is told in one line before anything runs", async () => {
  const { inside } = directory("refused");
  const refusals = [
    [[`${folder}/missing:/data`], /does not exist/],
    [[`${inside}:data`], /not absolute/],
    [[`${inside}:/data`, `${inside}:/data/`], /mounted twice/],
    [[`${inside}:/data:rx`], /unknown mode|expected/],
    [[`${join(inside, "file.txt")}:/data`], /not a directory/],
  ];
  for (const command of ["pyrunner", "jsrunner"]) {
    for (const [mounts, reason] of refusals) {
      const options = mounts.flatMap((mount) => ["--mount", mount]);
      const { code, stdout, stderr } = await run(command, [...options, "-"], { input: "print('ran')" });
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, reason);
      assert.equal(stderr.split("\n").length, 2);
    }
  }
});
