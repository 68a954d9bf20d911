// What lies in the directory of named sessions may be anything: planted by somebody, damaged, or another's.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createSession, createSessions } from "wasm-repl";
import { isTidy, makeDirectory } from "./named-states.mjs";

const open = (directory, options = {}) => createSessions("javascript", { directory, ...options });

/** A directory with the sessions `good` and `bad`, whose x is 42. */
async function makeStates() {
  const directory = makeDirectory();
  const sessions = await open(directory);
  for (const name of ["good", "bad"]) await sessions.run(name, "var x = 42");
  await sessions.close();
  assert.ok(isTidy(directory));
  return { directory, bad: join(directory, "session-bad") };
}

async function assertOthersAnswer(sessions) {
  assert.equal((await sessions.run("good", "x")).result, "42");
  assert.equal((await sessions.run("new", "6 * 7")).result, "42");
}

const kinds = {
  "a symbolic link": (path, secret) => symlinkSync(secret, path),
  "a link that leads nowhere": (path) => symlinkSync("/nowhere/at/all", path),
  "a directory": (path) => mkdirSync(path),
  "a FIFO": (path) => execFileSync("mkfifo", [path]),
};

for (const [kind, plant] of Object.entries(kinds)) {
  test(`${kind} in the place of a state is refused and stays, and what it leads to is left alone`, async () => {
    const { directory, bad } = await makeStates();
    const secret = join(makeDirectory(), "secret");
    copyFileSync(bad, secret);
    const before = readFileSync(secret);
    unlinkSync(bad);
    plant(bad, secret);
    const sessions = await open(directory, { durable: true });
    for (let count = 0; count < 2; count++) {
      await assert.rejects(sessions.run("bad", "x = 1"), {
        code: "STATE_UNREADABLE",
        message: /session-bad/,
      });
    }
    await assert.rejects(sessions.fork("good", "bad"), { code: "SESSION_EXISTS" });
    await assertOthersAnswer(sessions);
    await sessions.close();
    assert.deepEqual(readFileSync(secret), before);
    assert.ok(readdirSync(directory).includes("session-bad"));
  });
}

test("a state that is damaged, forged or another language's is refused alone, and can be deleted", async () => {
  const python = await createSession("python");
  const foreign = await python.snapshot();
  await python.close();
  const { directory, bad } = await makeStates();
  const whole = readFileSync(bad);
  const flipped = Buffer.from(whole);
  flipped[flipped.length >> 1] ^= 1;
  const contents = [Buffer.alloc(0), whole.subarray(0, 100), whole.subarray(0, -1), flipped, foreign];
  const sessions = await open(directory);
  for (const content of contents) {
    writeFileSync(bad, content);
    await assert.rejects(sessions.run("bad", "x"), (error) => {
      assert.match(error.code, /SNAPSHOT|RUNTIME_MISMATCH/);
      assert.equal(error.message.includes("\n"), false);
      return true;
    });
    assert.deepEqual(readFileSync(bad), Buffer.from(content));
    await assertOthersAnswer(sessions);
  }
  assert.equal(await sessions.delete("bad"), true);
  assert.equal(existsSync(bad), false);
  assert.match((await sessions.run("bad", "x")).error, /ReferenceError/);
  await sessions.close();
});

test("a state with larger limits than its session may have is refused, and kept", async () => {
  const directory = makeDirectory();
  const large = await createSessions("python", { directory });
  await large.run("a", "x = bytearray(100_000_000)");
  await large.close();
  const small = await createSessions("python", { directory, memoryBytes: 64 * 2 ** 20 });
  await assert.rejects(small.run("a", "len(x)"), (error) => /SNAPSHOT/.test(error.code));
  await small.close();
  const again = await createSessions("python", { directory });
  assert.equal((await again.run("a", "len(x)")).result, "100000000");
  await again.close();
});

test("hostile names stay in the directory, and are as many sessions as they are names", async () => {
  const directory = makeDirectory();
  const names = [
    "../x",
    "..",
    ".",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "a\0b",
    "A",
    "a",
    "é",
    "e\u0301",
    "con",
    "sessions.lock",
    "session-a",
    "a.7.0123456789abcdef.tmp",
    "%2e%2e",
    " ",
    "\n",
    "__proto__",
    "🙂",
  ];
  const sessions = await open(directory, { maxLive: 2 });
  for (const [index, name] of names.entries()) await sessions.run(name, `var x = ${index}`);
  await sessions.close();
  assert.equal(readdirSync(directory).length, names.length);
  for (const file of readdirSync(directory)) assert.match(file, /^session-[a-z0-9_%-]+$/);
  const next = await open(directory, { maxLive: 2 });
  assert.deepEqual((await next.list()).sort(), [...names].sort());
  for (const [index, name] of names.entries()) {
    assert.equal((await next.run(name, "x")).result, String(index), JSON.stringify(name));
  }
  for (const name of ["\ud800", "x".repeat(201), "é".repeat(34), "x".repeat(10_000)]) {
    await assert.rejects(next.run(name, "1"), { code: "INVALID_OPTION" });
  }
  await next.close();
});

test("files that are no states are neither listed nor touched", async () => {
  const { directory } = await makeStates();
  const others = ["notes", "session-A", "session-%41%", "session-%61", "session-", "session-x.tmp.other"];
  for (const name of others) writeFileSync(join(directory, name), "mine");
  // What a killed process leaves behind, and what only looks like it.
  writeFileSync(join(directory, "session-bad.7.0123456789abcdef.tmp"), "half");
  symlinkSync(join(directory, "notes"), join(directory, "session-good.7.0123456789abcdef.tmp"));
  const sessions = await open(directory);
  assert.deepEqual((await sessions.list()).sort(), ["bad", "good"]);
  await assertOthersAnswer(sessions);
  await sessions.close();
  for (const name of others) assert.equal(readFileSync(join(directory, name), "utf8"), "mine");
  assert.equal(existsSync(join(directory, "session-bad.7.0123456789abcdef.tmp")), false);
  assert.ok(readdirSync(directory).includes("session-good.7.0123456789abcdef.tmp"));
});

test("a second user of a directory is refused with a line that says whose it is, and a guest never has it", async () => {
  const directory = makeDirectory();
  const sessions = await open(directory);
  await sessions.run("a", "var x = 42");
  const refused = { code: "DIRECTORY_UNUSABLE", message: /in use by/ };
  await assert.rejects(open(directory), refused);
  const script = `
    const { createSessions } = require("wasm-repl");
    createSessions("javascript", { directory: process.argv[1] }).catch(({ code, message }) => console.log(code, message));`;
  const told = execFileSync(process.execPath, ["-e", script, directory], { encoding: "utf8" });
  assert.match(told, new RegExp(`^DIRECTORY_UNUSABLE .* in use by the process ${process.pid} [^\n]*\n$`));
  await sessions.close();
  const parent = join(directory, "..");
  for (const hostPath of [directory, parent]) {
    const mounts = [{ hostPath, guestPath: "/m", mode: "rw" }];
    await assert.rejects(open(directory, { mounts }), {
      code: "DIRECTORY_UNUSABLE",
      message: /read-write mount/,
    });
    const later = await open(directory, { optionsFor: () => ({ mounts }) });
    await assert.rejects(later.run("a", "x"), { code: "DIRECTORY_UNUSABLE" });
    await later.close();
  }
  const file = join(directory, "file");
  writeFileSync(file, "");
  await assert.rejects(open(join(file, "below")), { code: "DIRECTORY_UNUSABLE" });
  const again = await open(directory);
  assert.equal((await again.run("a", "x")).result, "42");
  await again.close();
});

test("a state is a file that the commands take, and a hard link to it goes its own way", async () => {
  const { directory, bad } = await makeStates();
  const link = join(makeDirectory(), "link");
  linkSync(bad, link);
  const before = readFileSync(link);
  const sessions = await open(directory, { durable: true });
  assert.equal((await sessions.run("bad", "x += 1")).result, "43");
  await sessions.close();
  assert.deepEqual(readFileSync(link), before);
});
