// A snapshot may come from a stranger. Whatever is in it, opening it costs no more than the session's own limits.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createSession } from "../../dist/index.js";
import { run, startJsonLines } from "../commands.mjs";
import {
  bodyOf,
  pageBytes,
  piece,
  piecesOf,
  recordsOf,
  seal,
  sealParts,
  unseal,
  varint,
} from "./forge-snapshot.mjs";
import { runMeasured } from "./measured-run.mjs";

const opener = fileURLToPath(new URL("open-snapshots.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasm-repl-forged-"));
after(() => rmSync(folder, { recursive: true }));

/** Far more than any of it takes, and far less than it took: on a slow machine with other work. */
const longestMs = 10_000;
/** A process with one JavaScript session takes some 90 MB, and a snapshot of 1 MB once took 3.2 GB. */
const mostMb = 400;

const u16 = (value) => Buffer.from(Uint16Array.of(value).buffer);
const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const text = (value) => Buffer.concat([u16(value.length), Buffer.from(value, "utf16le")]);
const metadata = (inode) => Buffer.concat([u64(inode), u16(0o644), Buffer.alloc(36)]);
/** The files in memory: a root with entries, of which there should be `count`. */
const filesOf = (count, ...entries) => Buffer.concat([Buffer.of(2), metadata(1), u32(count), ...entries]);
const fileOf = (name, inode, size, stretches, ...rest) =>
  Buffer.concat([Buffer.of(2), text(name), metadata(inode), u64(size), u32(stretches), ...rest]);

const million = 2 ** 20;
const withRecords = (header, files, pageCount, records) =>
  seal(
    { ...header, pageCount, pagesBytes: records.length, filesBytes: files.length },
    piecesOf(Buffer.concat([files, records])),
  );
/** Forgeries by what is wrong with them. Each gets the parts of a sound snapshot. */
const forgeries = {
  "one page number, 262,144 times": ({ header, files }) =>
    sealParts({
      header: { ...header, memoryBytes: 2 ** 30 },
      files,
      numbers: new Array(2 ** 18).fill(7),
      pages: 2 ** 30,
    }),
  "a record without end": ({ header, files }) => withRecords(header, files, 1, Buffer.alloc(100, 255)),
  "a run beyond its page": ({ header, files }) =>
    withRecords(header, files, 1, Buffer.concat([varint(1), varint(1000), varint(25), Buffer.alloc(100)])),
  "a run beyond the end": ({ header, files }) =>
    withRecords(header, files, 1, Buffer.concat([varint(1), varint(0), varint(1024), Buffer.alloc(100)])),
  "a million runs of nothing": ({ header, files }) =>
    withRecords(header, files, 1, Buffer.concat([varint(1), Buffer.alloc(2 * million)])),
  "a million runs of nothing in as many pages": ({ header, files }) =>
    withRecords(
      { ...header, memoryBytes: 2 ** 30 },
      files,
      2 ** 18,
      Buffer.concat([varint(1), Buffer.alloc(2 * million)]),
    ),
  "records behind the last page": ({ header, files, ...pages }) =>
    withRecords(header, files, pages.numbers.length, Buffer.concat([recordsOf(pages), Buffer.alloc(8)])),
  "one page number twice": ({ header, files }) =>
    sealParts({ header, files, numbers: [7, 7], pages: 2 * pageBytes }),
  "pages in descending order": ({ header, files }) =>
    sealParts({ header, files, numbers: [9, 8, 7], pages: 3 * pageBytes }),
  "a page outside its memory": ({ header, files }) =>
    sealParts({ header, files, numbers: [header.memoryBytes / pageBytes], pages: pageBytes }),
  "a page far outside its memory": ({ header, files }) =>
    sealParts({ header, files, numbers: [2 ** 32 - 1], pages: pageBytes }),
  "more pages announced than there are": (parts) =>
    seal({ ...parts.header, memoryBytes: 2 ** 30, pageCount: 2 ** 18, pagesBytes: 2 ** 30 }, bodyOf(parts)),
  "more pages announced than their bytes can be": ({ header, ...parts }) =>
    seal({ ...header, memoryBytes: 2 ** 30, pageCount: 2 ** 18 }, bodyOf(parts)),
  "fewer pages announced than there are": (parts) => seal({ ...parts.header, pageCount: 0 }, bodyOf(parts)),
  "more files announced than there are": (parts) =>
    seal({ ...parts.header, filesBytes: 2 ** 28 }, bodyOf(parts)),
  "fewer files announced than there are": (parts) => seal({ ...parts.header, filesBytes: 3 }, bodyOf(parts)),
  "more memory than is allowed": ({ header, ...parts }) =>
    sealParts({ header: { ...header, memoryBytes: 2 ** 32 }, ...parts }),
  "less memory than its interpreter has": ({ header, ...parts }) =>
    sealParts({ header: { ...header, memoryBytes: 65_536 }, ...parts }),
  "a piece that expands to 128 times what it should": ({ header }) =>
    seal(
      { ...header, memoryBytes: 2 ** 30, pageCount: 2 ** 15, pagesBytes: 2 ** 27, filesBytes: 1 },
      piece(Buffer.alloc(32 * million)),
    ),
  "100,000 pieces that expand to nothing": ({ header }) =>
    seal(
      { ...header, memoryBytes: 2 ** 30, pageCount: 2 ** 18, pagesBytes: 2 ** 30, filesBytes: 1 },
      Buffer.concat(new Array(100_000).fill(piece(Buffer.alloc(0)))),
    ),
  "a piece that is longer than the rest": ({ header }) =>
    seal(header, Buffer.concat([u32(2 ** 32 - 1), Buffer.alloc(100)])),
  "16 MB behind a small body": (parts) =>
    seal(parts.header, Buffer.concat([bodyOf(parts), Buffer.alloc(16 * million)])),
  "a header of 16 MB": () => seal(" ".repeat(16 * million), Buffer.alloc(0)),
  "a header of nothing but brackets": () => seal("[".repeat(250_000), Buffer.alloc(0)),
  "10,000 descriptors": ({ header, ...parts }) => {
    const one = {
      descriptor: 3,
      description: 0,
      inode: 2,
      position: 0,
      read: true,
      write: true,
      append: false,
    };
    const process = { workingDirectory: "/", descriptors: new Array(1025).fill(one) };
    return sealParts({ header: { ...header, process }, ...parts });
  },
  "a working directory of 200,000 characters": ({ header, ...parts }) => {
    const process = { workingDirectory: "/a".repeat(100_000), descriptors: [] };
    return sealParts({ header: { ...header, process }, ...parts });
  },
  "four billion entries in a directory": ({ header, ...parts }) =>
    sealParts({ header, ...parts, files: filesOf(2 ** 32 - 1, fileOf("a", 2, 0, 0)) }),
  "more files than are allowed": ({ header, ...parts }) =>
    sealParts({
      header,
      ...parts,
      files: filesOf(
        70_000,
        ...Array.from({ length: 70_000 }, (_, index) => fileOf(`${index}`, index + 2, 0, 0)),
      ),
    }),
  "more hard links than are allowed": ({ header, ...parts }) =>
    sealParts({
      header,
      ...parts,
      files: filesOf(
        70_001,
        fileOf("a", 2, 0, 0),
        ...Array.from({ length: 70_000 }, (_, index) =>
          Buffer.concat([Buffer.of(4), text(`${index}`), u32(0)]),
        ),
      ),
    }),
  "a file larger than is allowed": ({ header, ...parts }) =>
    sealParts({ header, ...parts, files: filesOf(1, fileOf("a", 2, 2 ** 40, 0)) }),
  "100,000 stretches of one byte, each in a piece of its own": ({ header, ...parts }) => {
    const stretch = (index) => Buffer.concat([u64(index * 65_536), u32(1), Buffer.of(1)]);
    const stretches = Buffer.concat(Array.from({ length: 100_000 }, (_, index) => stretch(index)));
    return sealParts({ header, ...parts, files: filesOf(1, fileOf("a", 2, 2 ** 33, 100_000, stretches)) });
  },
  "a file that is kept, of none before": ({ header, ...parts }) =>
    sealParts({
      header,
      ...parts,
      files: filesOf(1, Buffer.concat([Buffer.of(5), text("a"), metadata(2)])),
    }),
  "a body without files": ({ header, ...parts }) =>
    seal({ ...header, filesBytes: 0 }, bodyOf({ ...parts, files: Buffer.alloc(0) })),
  "a part of a chain by itself": ({ header, ...parts }) =>
    sealParts({ header: { ...header, parent: "0".repeat(64) }, ...parts }),
  "itself as its parent": (parts) => {
    const id = createHash("sha256").update(JSON.stringify(parts.header)).digest("hex");
    return sealParts({ ...parts, header: { ...parts.header, parent: id, replaces: id } });
  },
  "an id that is none": ({ header, ...parts }) =>
    sealParts({ header: { ...header, replaces: "../../etc" }, ...parts }),
  "another runtime": ({ header, ...parts }) =>
    sealParts({ header: { ...header, runtimeId: "0".repeat(64) }, ...parts }),
  "a version that is a command for a terminal": ({ header, ...parts }) =>
    sealParts({ header: { ...header, packageVersion: "\u001b]0;x\u0007" }, ...parts }),
  "a stretch of four gigabytes": ({ header, ...parts }) =>
    sealParts({
      header,
      ...parts,
      files: filesOf(1, fileOf("a", 2, 2 ** 33, 1, u64(0), u32(2 ** 32 - 1), Buffer.alloc(million))),
    }),
};

const refusals = ["INVALID_SNAPSHOT", "SNAPSHOT_DAMAGED", "RUNTIME_MISMATCH"];
const forged = {};
let sound;

before(async () => {
  const session = await createSession("javascript");
  await session.run("var a = [1, 2, 3]; require('fs').writeFileSync('/tmp/file', 'content')");
  const snapshot = await session.snapshot();
  await session.close();
  sound = join(folder, "sound");
  writeFileSync(sound, snapshot);
  const parts = unseal(snapshot);
  assert.ok(sealParts(parts).equals(snapshot), "the forger does not know the format");
  for (const [index, [what, forge]] of Object.entries(forgeries).entries()) {
    forged[what] = join(folder, `${index}.snapshot`);
    writeFileSync(forged[what], forge(parts));
  }
});

test("each forgery is refused as a snapshot in a moment, and takes no memory", async () => {
  const files = [...Object.values(forged), sound];
  const { stdout, stderr, peakMb } = await runMeasured([opener, "javascript", "{}", ...files]);
  assert.equal(stderr, "");
  const outcomes = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  for (const [index, what] of Object.keys(forged).entries()) {
    const { code, message, ms } = outcomes[index];
    assert.ok(refusals.includes(code), `${what}: ${JSON.stringify(outcomes[index])}`);
    assert.match(message, /^the snapshot cannot be used: [^\n]+$/, what);
    assert.ok(ms < longestMs, `${what}: ${ms} ms`);
  }
  assert.equal(outcomes.at(-1).result, "42");
  assert.ok(peakMb < mostMb, `${peakMb} MB`);
});

test("a megabyte that stands for more memory than the session may have is refused, and for what it may have is opened", async () => {
  const { header, files } = unseal(readFileSync(sound));
  const first = header.memoryBytes / pageBytes;
  const numbers = Array.from({ length: 64 * 256 }, (_, index) => first + index);
  const bomb = join(folder, "bomb");
  const memoryBytes = header.memoryBytes + 64 * million;
  writeFileSync(
    bomb,
    sealParts({ header: { ...header, memoryBytes }, files, numbers, pages: Buffer.alloc(64 * million, 1) }),
  );
  assert.ok(readFileSync(bomb).length < million);
  const open = (file, memoryBytes) =>
    runMeasured([opener, "javascript", JSON.stringify({ checkpoints: false, memoryBytes }), file]);
  const refused = await open(bomb, 48 * million);
  assert.match(refused.stdout, /it needs \d+ bytes of memory, and 50331648 are allowed/);
  assert.ok(refused.peakMb < mostMb, `${refused.peakMb} MB`);
  // Its memory is there once, not once more expanded or as differences; what is left is garbage of the last pieces.
  const small = await open(sound, 256 * million);
  const opened = await open(bomb, 256 * million);
  assert.equal(JSON.parse(opened.stdout).result, "42");
  assert.ok(opened.peakMb < small.peakMb + 64 + 80, `${opened.peakMb} MB after ${small.peakMb} MB`);
});

test("JSON lines: a forgery is an error of its request, and the next request is served", async () => {
  const server = startJsonLines("jsrunner");
  for (const what of Object.keys(forged).slice(0, 8)) {
    const { error } = await server.send({ id: 1, op: "restore", path: forged[what] });
    assert.match(error, /^the snapshot cannot be used: [^\n]+$/, what);
    assert.equal((await server.send({ id: 2, code: "6 * 7" })).result, "42", what);
  }
  await server.send({ id: 3, op: "restore", path: sound });
  assert.equal((await server.send({ id: 4, code: "a.length" })).result, "3");
  assert.equal(await server.end(), 0);
});

test("--session: a forgery is refused in one line, and the file stays as it is", async () => {
  const chosen = Object.keys(forged)
    .filter((what) => !what.includes("MB"))
    .slice(0, 6);
  for (const what of chosen) {
    const bytes = readFileSync(forged[what]);
    const { code, stdout, stderr } = await run("jsrunner", ["--session", forged[what], "-e", "1"]);
    assert.ok(code > 0, what);
    assert.equal(stdout, "");
    assert.match(stderr, /^[^\n]*the snapshot cannot be used: [^\n]+\n$/, what);
    assert.ok(readFileSync(forged[what]).equals(bytes), what);
  }
  const { code, stdout } = await run("jsrunner", ["--session", sound, "-e", "console.log(a.length)"]);
  assert.deepEqual([code, stdout], [0, "3\n"]);
});

test("while a large snapshot is taken or opened, the caller's event loop goes on", async () => {
  const session = await createSession("python");
  await session.run("import os; x = os.urandom(64 << 20)");
  // What counts is the part of the time that is lost, so that a slow machine is no slower by this measure.
  const lostParts = async (action) => {
    let longestMs = 0;
    const begun = performance.now();
    let last = begun;
    const tick = () => {
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    };
    const timer = setInterval(tick, 1);
    const busy = performance.eventLoopUtilization();
    const result = await action();
    tick();
    clearInterval(timer);
    const { utilization } = performance.eventLoopUtilization(busy);
    return { result, busy: utilization, longest: longestMs / (last - begun) };
  };
  const taking = await lostParts(() => session.snapshot());
  assert.ok(taking.result.length > 64 * million);
  assert.ok(taking.busy < 0.2, `busy for ${taking.busy} of the time`);
  const opening = await lostParts(() => createSession("python", { snapshot: taking.result }));
  assert.equal((await opening.result.run("len(x)")).result, String(64 * million));
  assert.ok(opening.longest < 0.2, `held up for ${opening.longest} of the time`);
  await opening.result.close();
  await session.close();
});
