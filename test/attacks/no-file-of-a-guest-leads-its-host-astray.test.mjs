// The host asks for the files of a session, and the guest, or somebody beside it, has laid out what could hold it up,
// fill its memory, end it or lead it to other files: each request ends, with an answer or an error of one line.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { createSession, createSessions } from "../../dist/index.js";
import { startJsonLines } from "../commands.mjs";
import { sealParts, unseal } from "./forge-snapshot.mjs";
import { makeDirectory } from "./named-states.mjs";
import { makePlaces } from "./planting.mjs";

const isPosix = process.platform !== "win32";

/** The errno of a request that must fail, in one line without anything that a terminal obeys. */
async function failureOf(request) {
  try {
    await request;
  } catch ({ code, errno, message }) {
    assert.equal(code, "FILE_FAILED", message);
    assert.match(message, /^[ -~…]+$/);
    return errno;
  }
  throw new assert.AssertionError({ message: "it did not fail" });
}

test("what is no file on a mount is seen, and neither opened nor waited for", {
  skip: !isPosix,
}, async () => {
  const { mount } = makePlaces();
  execFileSync("mkfifo", [join(mount, "fifo")]);
  const server = createServer().listen(join(mount, "socket"));
  await new Promise((resolve) => server.once("listening", resolve));
  for (const mode of ["ro", "rw"]) {
    const session = await createSession("javascript", {
      mounts: [{ hostPath: mount, guestPath: "/m", mode }],
    });
    const { files } = session;
    assert.deepEqual(
      (await files.list("/m")).map(({ name, type }) => `${type} ${name}`),
      ["fifo fifo", "socket socket"],
    );
    for (const name of ["fifo", "socket"]) {
      assert.equal(await failureOf(files.read(`/m/${name}`)), "EINVAL");
      assert.match(await failureOf(files.write(`/m/${name}`, "x")), /^(EINVAL|EROFS)$/);
      assert.equal(await failureOf(files.list(`/m/${name}`)), "ENOTDIR");
    }
    await session.close();
  }
  await new Promise((resolve) => server.close(resolve));
});

test("a file of any size is read as far as was asked, and no further", async () => {
  const { mount } = makePlaces();
  writeFileSync(join(mount, "huge"), "");
  truncateSync(join(mount, "huge"), 2 ** 40);
  const session = await createSession("python", {
    mounts: [{ hostPath: mount, guestPath: "/m" }],
    maxFileBytes: 300 * 2 ** 20,
  });
  const { files } = session;
  assert.equal(await failureOf(files.read("/m/huge")), "EFBIG");
  assert.equal(await failureOf(files.read("/m/huge", { maxBytes: 2 ** 30 })), "EFBIG");
  // A hole takes nothing of the guest's limit.
  await session.run("open('hole', 'w').truncate(200 * 2 ** 20)");
  assert.equal(await failureOf(files.read("hole")), "EFBIG");
  assert.equal(await failureOf(files.read("hole", { maxBytes: 200 * 2 ** 20 - 1 })), "EFBIG");
  assert.equal((await files.read("hole", { maxBytes: 200 * 2 ** 20 })).length, 200 * 2 ** 20);
  for (const device of ["zero", "full", "random", "urandom"]) {
    assert.equal(await failureOf(files.read(`/dev/${device}`)), "EINVAL");
  }
  await session.close();
});

test("a file that the host's system writes as it is read is read as far as was asked", {
  skip: process.platform !== "linux",
}, async () => {
  const session = await createSession("javascript", {
    mounts: [{ hostPath: "/proc/self", guestPath: "/m" }],
  });
  const whole = await session.files.readText("/m/status");
  assert.match(whole, /^Name:/, "it says that it has no bytes, and has some");
  assert.equal(await failureOf(session.files.read("/m/status", { maxBytes: 10 })), "EFBIG");
  await session.close();
});

test("a guest that puts links in the place of what its host has just seen leads it to its own files only", async () => {
  const { mount, outside, assertOutsideUntouched } = makePlaces();
  mkdirSync(join(mount, "d"));
  writeFileSync(join(mount, "d/f"), "inside");
  const session = await createSession("python", {
    mounts: [{ hostPath: mount, guestPath: "/m", mode: "rw" }],
  });
  const { files } = session;
  assert.equal((await files.stat("/m/d/f")).type, "file");
  await session.run(`
import os, shutil
shutil.rmtree("/m/d")
os.symlink(${JSON.stringify(outside)}, "/m/d")
os.symlink("../outside/keys", "/m/keys")
os.symlink("/m", "/m/round")
os.symlink("loop", "/m/loop")`);
  for (const path of ["/m/d/keys", "/m/keys", "/m/../outside/keys", "/m/round/round/keys", "/m/loop/x"]) {
    assert.match(await failureOf(files.read(path)), /^(ENOENT|ELOOP)$/);
    assert.match(await failureOf(files.write(path, "planted")), /^(ENOENT|ELOOP)$/);
  }
  for (const link of ["d", "keys", "round"]) await files.remove(`/m/${link}`, { recursive: true });
  assert.deepEqual(readdirSync(mount), ["loop"]);
  // With its parents, it is made in the guest's own file system, whatever its name is on the host.
  await files.write(join(outside, "keys"), "the guest's own", { parents: true });
  await session.close();
  assertOutsideUntouched();
  assert.equal(readFileSync(join(outside, "keys"), "utf8"), "the owner's\n");
});

/** Names that a guest may give. */
const oddNames = [
  "\u001b[2J\u009b31m",
  "\n\r",

  "\u2028",
  "__proto__",
  "-rf",
  "ä".repeat(127),
];

/** Writes to all files whose names can be said in the language. */
const rewriting = {
  pyrunner: `
import os
for name in os.listdir():
    try: open(name, "w").write("other")
    except OSError: pass`,
  jsrunner: `
const fs = require("fs");
for (const name of fs.readdirSync(".")) try { fs.writeFileSync(name, "other"); } catch {}`,
};

test("names of any characters are listed as they are, and lead to their files", async () => {
  for (const command of ["pyrunner", "jsrunner"]) {
    const server = startJsonLines(command);
    for (const path of oddNames) {
      assert.deepEqual(await server.send({ id: 1, op: "write_file", path, content: "text" }), { id: 1 });
      assert.deepEqual(await server.send({ id: 2, op: "read_file", path }), { id: 2, content: "text" });
    }
    for (const path of ["\ud800", "\udcff"]) {
      const { error } = await server.send({ id: 3, op: "write_file", path, content: "" });
      assert.match(error, /^[ -~]+EILSEQ[ -~]+$/);
    }
    const { entries } = await server.send({ id: 3, op: "list_files" });
    assert.deepEqual(new Set(entries.map(({ name }) => name)), new Set(oddNames));
    const { files } = await server.send({ id: 4, code: rewriting[command] });
    assert.ok(files.length >= oddNames.length - 2, "all but those that the language cannot name");
    assert.equal((await server.send({ id: 5, code: "6 * 7" })).result, "42");
    assert.equal(await server.end(), 0);
  }
});

test("names on a mount that are not UTF-8 lead to their files", {
  skip: process.platform !== "linux",
}, async () => {
  const { mount } = makePlaces();
  const bytes = Buffer.concat([Buffer.from(`${mount}/`), Buffer.of(0xff, 0xc3, 0x0a)]);
  writeFileSync(bytes, "found");
  const server = startJsonLines("pyrunner", ["--mount", `${mount}:/m:rw`]);
  const { entries } = await server.send({ id: 1, op: "list_files", path: "/m" });
  const [{ name }] = entries;
  assert.equal((await server.send({ id: 2, op: "read_file", path: `/m/${name}` })).content, "found");
  await server.send({ id: 3, op: "write_file", path: `/m/${name}`, content: "changed" });
  assert.equal(readFileSync(bytes, "utf8"), "changed");
  assert.equal(await server.end(), 0);
});

test("as many files as there may be are listed, and a run that makes them tells of some", async () => {
  const session = await createSession("python");
  const { files, filesCut } = await session.run(`
import os
os.mkdir("many")
made = 0
try:
    while True:
        open(f"many/{made}", "w").close()
        made += 1
except OSError:
    pass
made`);
  assert.equal(files.length, 1000);
  assert.equal(filesCut, true);
  const listed = await session.files.list("many");
  assert.ok(listed.length > 65_000 && listed.length < 65_536, `${listed.length}`);
  await session.files.remove("many", { recursive: true });
  const gone = await session.run(`
os.mkdir("many")
for n in range(100_000):
    open(f"many/{n}", "w").close()
    os.remove(f"many/{n}")
os.rmdir("many")`);
  assert.equal(gone.error, undefined);
  assert.equal(gone.files, undefined);
  await session.close();
});

test("a tree of any depth is removed, and one that is told of is cut short", async () => {
  const session = await createSession("python");
  const deep = `
import os
for n in range(5_000):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
    if n % 100 == 0: open("f", "w").close()
os.chdir("/home/user")`;
  const made = await session.run(deep);
  assert.equal(made.error, undefined);
  assert.equal(made.filesCut, true);
  assert.ok(made.files.every(({ path }) => path.length <= 4096));
  await session.files.remove("d".repeat(200), { recursive: true });
  assert.deepEqual(await session.files.list(), []);
  assert.equal((await session.run("1 + 1")).result, "2");
  await session.close();
});

test("a session is closed while its files are worked on", async () => {
  const session = await createSession("python");
  await session.run("import os; os.mkdir('d')\nfor n in range(5_000): open(f'd/{n}', 'w').close()");
  const requests = [
    session.files.list("d"),
    session.files.write("large", new Uint8Array(2 ** 26)),
    session.files.remove("d", { recursive: true }),
  ].map((request) =>
    request.then(
      () => "done",
      ({ code }) => code,
    ),
  );
  await session.close();
  for (const outcome of await Promise.all(requests)) assert.match(outcome, /^(done|SESSION_CLOSED)$/);
});

test("the files of a sleeping session whose state was forged are refused, or are the guest's own", async () => {
  const states = makeDirectory();
  const name = "victim";
  const first = await createSessions("javascript", { directory: states });
  await first.run(
    name,
    `const fs = require("fs"); fs.writeFileSync("aaaa", "text"); fs.symlinkSync("bbbb", "link")`,
  );
  await first.close();
  const [file] = readdirSync(states).filter((each) => each.startsWith("session-"));
  const sound = readFileSync(join(states, file));
  const utf16 = (text) => Buffer.from(text, "utf16le");
  const forgeries = [
    ...["../x", "a/bb", "aa\0a", "...."].map((other) => ["aaaa", other]),
    ...["/etc", "../.", "aa\0a", "link"].map((other) => ["bbbb", other]),
  ];
  for (const [from, to] of forgeries) {
    const parts = unseal(sound);
    const files = Buffer.from(parts.files);
    files.set(utf16(to), files.indexOf(utf16(from)));
    writeFileSync(join(states, file), sealParts({ ...parts, files }));
    const sessions = await createSessions("javascript", { directory: states });
    const outcome = await sessions
      .use(name, async (session) => {
        const names = (await session.files.list()).map((each) => each.name);
        assert.ok(
          names.every((each) => !/^\.{0,2}$|[/\0]/.test(each)),
          JSON.stringify(names),
        );
        const text = await session.files.readText("link").catch(({ errno }) => errno);
        assert.match(text, /^(ENOENT|EISDIR|ELOOP)$/);
        await session.files.write("new", "x");
        return "served";
      })
      .catch(({ code }) => code);
    assert.match(outcome, /^(served|INVALID_SNAPSHOT|SNAPSHOT_DAMAGED)$/, `${from} ${to}: ${outcome}`);
    await sessions.close();
  }
});

test("files that are large, and requests that ask for very much, leave JSON lines as they are", async () => {
  const server = startJsonLines("pyrunner");
  const fails = async (request, pattern) => {
    const { error } = await server.send({ id: 1, ...request });
    assert.match(error, pattern);
  };
  await server.send({
    id: 0,
    code: "open('f', 'wb').write(bytes(range(256)) * 2 ** 12) and None; open('large', 'wb').truncate(2 ** 25) and None",
  });
  await fails({ op: "read_file", path: "large" }, /EFBIG/);
  await fails({ op: "read_file", path: "f", max_bytes: 2 ** 40 }, /"max_bytes" is/);
  await fails({ op: "read_file", path: "f", encoding: "latin1" }, /"encoding" is/);
  await fails({ op: "read_file", path: "/dev/zero", max_bytes: 2 ** 28 }, /EINVAL/);
  await fails({ op: "read_file", path: "x".repeat(10_000) }, /^.{1,400}$/);
  await fails({ op: "read_file", path: `${"../".repeat(100)}etc/passwd` }, /ENOENT/);
  await fails({ op: "write_file", path: "g" }, /"content" is missing/);
  for (const content of [
    7,
    null,
    { $bytes: 7 },
    { $bytes: "AA" },
    { $bytes: "A=AA" },
    { $bytes: "", more: 1 },
    ["AAAA"],
  ]) {
    await fails({ op: "write_file", path: "g", content }, /"content" is/);
  }
  const { content } = await server.send({ id: 2, op: "read_file", path: "f", max_bytes: 2 ** 20 });
  assert.equal(Buffer.from(content.$bytes, "base64").length, 2 ** 20);
  assert.deepEqual(await server.send({ id: 3, code: "1 + 1" }), {
    ...(await server.send({ id: 3, code: "1 + 1" })),
  });
  assert.equal(await server.end(), 0);
});
