import assert from "node:assert/strict";
import { createHash, randomInt } from "node:crypto";
import { test } from "node:test";
import { loadBundledRuntime } from "../runtimes/bundled.js";
import { guestOptions } from "./options.js";
import { createSession } from "./session.js";
import { decodeSnapshot } from "./snapshot.js";

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

test("10,000 mutations and truncations of a snapshot give clear errors and nothing else", async () => {
  const session = await createSession("javascript");
  await session.run("var a = 1");
  const good = await session.snapshot();
  await session.close();
  const runtime = loadBundledRuntime("javascript");
  const startedWith = process.memoryUsage().arrayBuffers;
  for (let attempt = 0; attempt < 10_000; attempt++) {
    let bad: Uint8Array = Uint8Array.from(good);
    if (attempt % 4 === 0) bad = bad.subarray(0, randomInt(bad.length));
    else if (attempt % 4 === 1) bad[randomInt(Math.min(bad.length, 600))] = randomInt(256);
    else for (let count = randomInt(1, 5); count > 0; count--) bad[randomInt(bad.length)] = randomInt(256);
    if (Buffer.compare(bad, good) === 0) continue;
    await assert.rejects(decodeSnapshot(bad, runtime, limits), { code: "INVALID_SNAPSHOT" });
  }
  assert.ok(process.memoryUsage().arrayBuffers - startedWith < 200 * 2 ** 20);
});

test("a header that was forged with its checksum cannot make the host allocate what it likes", async () => {
  const session = await createSession("javascript");
  const good = Buffer.from(await session.snapshot());
  await session.close();
  const length = good.readUInt32LE(8);
  const header = JSON.parse(good.toString("utf8", 12, 12 + length));
  const body = good.subarray(12 + length + 32);
  const forgeries = [
    { memoryBytes: 2 ** 32 },
    { memoryBytes: 65_536 },
    { pageCount: 2 ** 20 },
    { pageCount: -1 },
    { filesBytes: 2 ** 31 },
    { filesBytes: 1e300 },
    { process: { workingDirectory: 5, descriptors: [] } },
    { process: { workingDirectory: "/", descriptors: [{ descriptor: 1e9 }] } },
    { process: null },
    { language: "cobol" },
    { image: "another" },
  ];
  for (const forgery of forgeries) {
    const text = Buffer.from(JSON.stringify({ ...header, ...forgery }));
    await assert.rejects(createSession("javascript", { snapshot: seal(good.subarray(0, 8), text, body) }), {
      code: "INVALID_SNAPSHOT",
    });
  }
});

test("pages that were forged with their checksum harm the guest at most (tried 60 times)", async () => {
  const { deflateRawSync, inflateRawSync } = await import("node:zlib");
  const session = await createSession("javascript");
  await session.run("var a = [1, 2, 3]");
  const good = Buffer.from(await session.snapshot());
  await session.close();
  const length = good.readUInt32LE(8);
  const header = good.subarray(12, 12 + length);
  const body = inflateRawSync(good.subarray(12 + length + 32));
  for (let attempt = 0; attempt < 60; attempt++) {
    const forged = Buffer.from(body);
    for (let count = 0; count < 200; count++) forged[randomInt(forged.length)] = randomInt(256);
    try {
      const copy = await createSession("javascript", {
        snapshot: seal(good.subarray(0, 8), header, deflateRawSync(forged)),
      });
      const result = await copy.run("a.map(String).join() + Math.max(...a)", { timeoutMs: 300 });
      assert.equal(typeof (result.result ?? result.error ?? ""), "string");
      await copy.close();
    } catch (error) {
      assert.ok(
        ["INVALID_SNAPSHOT", "START_FAILED"].includes((error as { code: string }).code),
        String(error),
      );
    }
  }
  const sound = await createSession("javascript");
  assert.equal((await sound.run("6 * 7")).result, "42");
  await sound.close();
});

function seal(magic: Uint8Array, header: Uint8Array, body: Uint8Array): Uint8Array {
  const lengthBytes = Buffer.alloc(4);
  lengthBytes.writeUInt32LE(header.length);
  const digest = createHash("sha256").update(header).update(body).digest();
  return Buffer.concat([magic, lengthBytes, header, digest, body]);
}

test("a snapshot of another language, of another version or of nothing is refused by its reason", async () => {
  const session = await createSession("javascript");
  const good = await session.snapshot();
  await session.close();
  const refused = (snapshot: Uint8Array, message: RegExp, language: "python" | "javascript" = "javascript") =>
    assert.rejects(createSession(language, { snapshot }), { code: "INVALID_SNAPSHOT", message });
  await refused(good, /javascript session/, "python");
  await refused(new Uint8Array(0), /no snapshot/);
  await refused(Buffer.from("something else entirely"), /no snapshot/);
  const other = Uint8Array.from(good);
  other[7] = 0x39;
  await refused(other, /another version/);
});

test("modules in the working directory are found as before once a state has come back", async () => {
  const session = await createSession("javascript");
  await session.run('require("fs").writeFileSync("module.mjs", "export default 6 * 7")');
  await session.restore(await session.capture());
  assert.equal((await session.run('(await import("./module.mjs")).default')).result, "42");
  await session.close();
});
