import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Language } from "../engine/runtime.js";
import { encodeHeader, readHeader, type SnapshotHeader } from "../engine/snapshot-header.js";
import { openSnapshot } from "../engine/snapshot-read.js";
import { nodeCodec } from "../node/codec.js";
import { nodePlatform } from "../node/platform.js";
import { loadBundledRuntime } from "../node/runtimes/bundled.js";
import { createSession } from "../node/sessions.js";
import { guestOptions } from "./options.js";
import type { Session } from "./session.js";
import { acceptSnapshot } from "./snapshot.js";

const pythonState = `
import sqlite3, re
def count():
    n = 0
    while True:
        n += 1
        yield n
generator = count(); next(generator); next(generator)
file = open("/tmp/open", "w+"); file.write("abcdef"); file.flush(); file.seek(2)
def outer(n):
    def inner(): return n * 2
    return inner
closure = outer(21)
class Point:
    __slots__ = ("x",)
    def __init__(self, x): self.x = x
    def __repr__(self): return f"Point({self.x})"
point = Point(7)
database = sqlite3.connect(":memory:")
database.execute("create table t (a)"); database.execute("insert into t values (42)")
pattern = re.compile(r"(\\d+)-(\\w+)")
`;
const pythonQuestions: ReadonlyArray<readonly [code: string, answer: string]> = [
  ["next(generator)", "3"],
  ["file.read()", "'cdef'"],
  ["closure()", "42"],
  ["point", "Point(7)"],
  ["Point(8)", "Point(8)"],
  ["database.execute('select a from t').fetchone()", "(42,)"],
  ["pattern.match('12-ab').groups()", "('12', 'ab')"],
];
const javaScriptState = `
function* count() { for (let n = 1; ; n++) yield n }
const generator = count(); generator.next(); generator.next();
const closure = ((n) => () => n * 2)(21);
class Point { #x; constructor(x) { this.#x = x } get x() { return this.#x } }
const point = new Point(7);
const pattern = /(\\d+)-(\\w+)/;
let resolve; let settled = "no";
const promise = new Promise((done) => { resolve = done }).then((value) => { settled = value; return value });
const map = new Map([[{ a: 1 }, new Set([1, 2])]]);
`;
const javaScriptQuestions: ReadonlyArray<readonly [code: string, answer: string]> = [
  ["generator.next().value", "3"],
  ["closure()", "42"],
  ["point.x", "7"],
  ["new Point(8).x", "8"],
  ["pattern.exec('12-ab')[2]", "ab"],
  ["resolve('yes'); await promise", "yes"],
  ["settled", "yes"],
  ["[...map.values()][0].size", "2"],
];

for (const [language, state, questions] of [
  ["python", pythonState, pythonQuestions],
  ["javascript", javaScriptState, javaScriptQuestions],
] as const) {
  test(`${language}: live objects come back from a snapshot, from forks and from forks of forks`, async () => {
    const session = await createSession(language);
    assert.equal((await session.run(state)).error, undefined);
    const restored = await createSession(language, { snapshot: await session.snapshot() });
    const fork = await session.fork();
    const forkOfFork = await fork.fork();
    for (const copy of [restored, fork, forkOfFork, session]) {
      for (const [code, answer] of questions) {
        const { result, error } = await copy.run(code);
        assert.equal(result?.replace(/^'(yes|ab)'$/, "$1"), answer, error ?? code);
      }
      await copy.close();
    }
  });

  test(`${language}: a restored session has its own random numbers`, async () => {
    const session = await createSession(language);
    const code = language === "python" ? "import random; random.random()" : "Math.random()";
    await session.run(code);
    const snapshot = await session.snapshot();
    const seen = new Set<string | undefined>();
    for (let count = 0; count < 3; count++) {
      const copy = await createSession(language, { snapshot });
      seen.add((await copy.run(code)).result);
      await copy.close();
    }
    assert.equal(seen.size, 3);
    await session.close();
  });
}

const limits = guestOptions({});
const fileLimits = { maxBytes: limits.maxFileBytes, maxNodes: limits.maxFiles };

test("10,000 mutations and truncations of a snapshot give clear errors and nothing else", async () => {
  const session = await createSession("javascript");
  await session.run("var a = 1");
  const good = await session.snapshot();
  await session.close();
  const runtime = await loadBundledRuntime("javascript");
  const startedWith = process.memoryUsage().arrayBuffers;
  for (let attempt = 0; attempt < 10_000; attempt++) {
    let bad: Uint8Array = Uint8Array.from(good);
    if (attempt % 4 === 0) bad = bad.subarray(0, randomInt(bad.length));
    else if (attempt % 4 === 1) bad[randomInt(Math.min(bad.length, 600))] = randomInt(256);
    else for (let count = randomInt(1, 5); count > 0; count--) bad[randomInt(bad.length)] = randomInt(256);
    if (Buffer.compare(bad, good) === 0) continue;
    await assert.rejects(
      async () =>
        openSnapshot(nodeCodec, await acceptSnapshot(nodePlatform, bad, runtime, limits), fileLimits),
      /cannot be used|damaged/,
    );
  }
  assert.ok(process.memoryUsage().arrayBuffers - startedWith < 200 * 2 ** 20);
});

test("a snapshot of another language, of another version or of nothing is refused by its reason", async () => {
  const session = await createSession("javascript");
  const good = await session.snapshot();
  await session.close();
  const refused = (snapshot: Uint8Array, code: string, message: RegExp, language: Language = "javascript") =>
    assert.rejects(createSession(language, { snapshot }), { code, message });
  await refused(good, "RUNTIME_MISMATCH", /of a javascript session, and this is a python session/, "python");
  await refused(new Uint8Array(0), "INVALID_SNAPSHOT", /no snapshot/);
  await refused(Buffer.from("something else entirely"), "INVALID_SNAPSHOT", /no snapshot/);
  const other = Uint8Array.from(good);
  for (const version of "129") {
    other[7] = version.charCodeAt(0);
    const message = new RegExp(`has format ${version}, and this version of wasm-repl reads format 3; use`);
    await refused(other, "RUNTIME_MISMATCH", message);
  }
});

test("modules in the working directory are found as before once a state has come back", async () => {
  const session = await createSession("javascript");
  await session.run('require("fs").writeFileSync("module.mjs", "export default 6 * 7")');
  await session.restore(await session.capture());
  assert.equal((await session.run('(await import("./module.mjs")).default')).result, "42");
  await session.close();
});

test("a session that loses its guest goes back to its snapshot, with its own environment and random numbers", async () => {
  const first = await createSession("python", { env: { WHOSE: "the first" } });
  await first.run("import os, random; x = 5");
  const snapshot = await first.snapshot();
  await first.close();
  const copies = await Promise.all(
    ["a", "b"].map((name) => createSession("python", { snapshot, env: { WHOSE: name } })),
  );
  const seen = [];
  for (const copy of copies) {
    assert.equal((await copy.run("os._exit(1)")).state, "rolled_back");
    seen.push((await copy.run("x, os.environ['WHOSE']")).result, (await copy.run("random.random()")).result);
    await copy.close();
  }
  assert.deepEqual([seen[0], seen[2]], ["(5, 'a')", "(5, 'b')"]);
  assert.notEqual(seen[1], seen[3]);
});

test("a session whose working directory is too deep for a path can be restored", async () => {
  const session = await createSession("python");
  const deep = "import os\nfor n in range(100): os.mkdir('d' * 100); os.chdir('d' * 100)\nx = 5";
  assert.equal((await session.run(deep)).error, undefined);
  const copy = await createSession("python", { snapshot: await session.snapshot() });
  assert.equal((await copy.run("x")).result, "5");
  await copy.close();
  await session.close();
});

test("what goes on from a state stays in its working directory, unless another is given or it is gone", async () => {
  const place = "import os; os.getcwd()";
  const host = mkdtempSync(join(tmpdir(), "wasm-repl-cwd-"));
  const session = await createSession("python", {
    cwd: "/tmp",
    mounts: [{ hostPath: host, guestPath: "/mnt", mode: "rw" }],
  });
  const placeOf = async (other: Session) => {
    const { result } = await other.run(place);
    await other.close();
    return result;
  };
  await session.run('import os; os.makedirs("work"); os.chdir("work")');
  const snapshot = await session.snapshot();
  assert.equal(await placeOf(await session.fork()), "'/tmp/work'");
  assert.equal(await placeOf(await session.fork({ cwd: "/" })), "'/'");
  assert.equal(await placeOf(await createSession("python", { snapshot })), "'/tmp/work'");
  assert.equal(await placeOf(await createSession("python", { snapshot, cwd: "/home" })), "'/home'");
  await session.run('os.chdir("/mnt")');
  const onMount = await session.snapshot();
  assert.equal(await placeOf(await session.fork()), "'/mnt'");
  assert.equal(await placeOf(await createSession("python", { snapshot: onMount })), "'/home/user'");
  await assert.rejects(createSession("python", { snapshot, cwd: "/no/such" }), { code: "START_FAILED" });
  await session.close();
  const script = await createSession("javascript", { cwd: "/tmp" });
  const from = { snapshot: await script.snapshot() };
  for (const other of [await script.fork(), await createSession("javascript", from)]) {
    assert.equal((await other.run("process.cwd()")).result, "'/tmp'");
    await other.close();
  }
  await script.close();
  rmSync(host, { recursive: true });
});

const readings = {
  python: "import time; (time.monotonic(), time.perf_counter(), time.process_time())",
  javascript: "performance.now()",
};

for (const [language, reading] of Object.entries(readings)) {
  test(`the monotonic clock of a ${language} session never goes back, wherever a state of it goes on`, async () => {
    const name = language as Language;
    const read = async (session: Session) => {
      const { result = "", error } = await session.run(reading);
      assert.equal(error, undefined);
      return (result.match(/[\d.]+/g) ?? []).map(Number);
    };
    const session = await createSession(name);
    // As a session that has been there for a month.
    const monotonicUs = 30 * 86_400_000_000;
    const aged = changeHeader(await session.snapshot(), ({ process, ...header }) => ({
      ...header,
      process: { ...process, doors: { ...process.doors, monotonicUs } },
    }));
    await session.close();
    const old = await createSession(name, { snapshot: aged });
    let last = await read(old);
    assert.ok((last[0] ?? 0) >= 30 * 86_400);
    const state = await old.capture();
    const others = [await old.fork(), await createSession(name, { snapshot: await old.snapshot() })];
    for (const other of others) {
      assert.ok((await read(other)).every((value, index) => value >= (last[index] ?? 0)));
      await other.close();
    }
    await old.hibernate();
    for (const change of [() => old.restore(state), () => old.hibernate(), () => old.run("1")]) {
      await change();
      const next = await read(old);
      assert.ok(next.every((value, index) => value >= (last[index] ?? 0)));
      last = next;
    }
    await old.close();
  });
}

/** The same snapshot with another header, and a right checksum. */
function changeHeader(snapshot: Uint8Array, change: (header: SnapshotHeader) => SnapshotHeader): Uint8Array {
  const { header, bodyStart } = readHeader(nodeCodec, snapshot);
  return Buffer.concat([encodeHeader(nodeCodec, change(header)).bytes, snapshot.subarray(bodyStart)]);
}
