// A chain of snapshots may come from a stranger, whole or in parts. Whatever is in it, it is refused or opened at the cost
// of one session, and making one snapshot of it holds nobody up.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { compactSnapshots, createSession, inspectSnapshot } from "../../dist/index.js";
import { pageBytes, piecesOf, seal, sealParts, unseal, varint } from "./forge-snapshot.mjs";
import { seededRandom } from "./random.mjs";

const refusals = ["INVALID_SNAPSHOT", "SNAPSHOT_DAMAGED", "RUNTIME_MISMATCH"];
/** By language; a thorough run sets 10,000 for both. */
const mutations = Number(process.env.WASM_REPL_TEST_FORGERIES ?? 0);
const most = { javascript: mutations || 60, python: mutations || 12 };
const million = 2 ** 20;
const zeroId = "0".repeat(64);

/** A whole snapshot, two parts behind it, and a part of another session. */
let base;
let first;
let second;
let foreign;

const cells = {
  javascript: [
    "const fs = require('fs'); fs.writeFileSync('/tmp/kept', 'k'.repeat(1000)); var a = 1",
    "a = 2; fs.writeFileSync('/tmp/new', 'new')",
  ],
  python: ["open('/tmp/kept', 'w').write('k' * 1000); a = 1", "a = 2; open('/tmp/new', 'w').write('new')"],
};

/** A whole snapshot, and two parts behind it. */
async function chainOf(language) {
  const session = await createSession(language);
  const [begin, change] = cells[language];
  const parts = [];
  for (const cell of [begin, change, "a = 3"]) {
    await session.run(cell);
    parts.push(await session.snapshot(parts.length === 0 ? {} : { since: parts.at(-1) }));
  }
  await session.close();
  return parts;
}

before(async () => {
  [base, first, second] = await chainOf("javascript");
  const other = await createSession("javascript");
  const otherBase = await other.snapshot();
  await other.run("var a = 4");
  foreign = await other.snapshot({ since: otherBase });
  await other.close();
});

/** A part that claims to follow another snapshot. */
const following = (snapshot, parts) =>
  sealParts({ ...parts, header: { ...parts.header, parent: inspectSnapshot(snapshot).id } });

async function assertRefused(chain, what, codes = refusals) {
  for (const open of [
    async () => (await createSession("javascript", { snapshot: chain, cwd: "/" })).close(),
    () => compactSnapshots(chain),
  ]) {
    await assert.rejects(open, ({ code, message }) => {
      assert.ok(codes.includes(code), `${what}: ${code}: ${message}`);
      assert.match(message, /^the snapshot cannot be used: [^\n]+$/, what);
      return true;
    });
  }
}

test("a chain in which something is missing, foreign, twice or out of order is refused", async () => {
  const chains = {
    "none at all": [],
    "parts without what they follow": [first, second],
    "one missing": [base, second],
    "out of order": [base, second, first],
    backwards: [second, first, base],
    "one twice": [base, first, first],
    "round and round": [base, first, second, first],
    "two whole ones": [base, base],
    "a part of another session": [base, foreign],
    "a part of another session behind others": [base, first, foreign],
    "what is no snapshot": [base, new Uint8Array(100)],
    "what is no bytes": [base, { length: 100 }],
    "chains in a chain": [[base, first], second],
    "a hole": [base, undefined],
    "cut short": [base, first.subarray(0, first.length - 1)],
    "less memory than before": [base, following(base, withHeader(unseal(first), { memoryBytes: 65_536 }))],
    "another language": [base, following(base, withHeader(unseal(first), { language: "python" }))],
    "another interpreter": [base, following(base, withHeader(unseal(first), { runtimeId: zeroId }))],
  };
  for (const [what, chain] of Object.entries(chains)) await assertRefused(chain, what);
  const sound = await createSession("javascript", { snapshot: [base, first, second] });
  assert.equal((await sound.run("[a, fs.readFileSync('/tmp/new', 'utf8')].join()")).result, "'3,new'");
  await sound.close();
});

const withHeader = (parts, fields) => ({ ...parts, header: { ...parts.header, ...fields } });

test("a chain that is too long, or far too large together, is refused before any of it is opened", async () => {
  const chain = [base];
  const nothing = { ...unseal(second), files: Buffer.alloc(0), numbers: [], pages: Buffer.alloc(0) };
  while (chain.length < 300) chain.push(following(chain.at(-1), nothing));
  await assertRefused(chain, "300 parts");
  const most = await createSession("javascript", { snapshot: chain.slice(0, 256) });
  assert.equal((await most.run("a")).result, "1");
  await most.close();
  // Each announces 256 MB of files, of which there is nothing.
  const large = [base];
  while (large.length < 32) {
    const header = { ...nothing.header, parent: inspectSnapshot(large.at(-1)).id, filesBytes: 256 * million };
    large.push(seal({ ...header, pageCount: 0, pagesBytes: 0 }, Buffer.alloc(10)));
  }
  const begun = performance.now();
  await assert.rejects(compactSnapshots(large), /far larger together/);
  assert.ok(performance.now() - begun < 5000);
});

test("files that are kept again and again, or of nothing, or until they are too large, are refused", async () => {
  const { header, numbers, pages } = unseal(first);
  const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer);
  const u64 = (value) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
  const text = (value) => Buffer.concat([Buffer.from([value.length, 0]), Buffer.from(value, "utf16le")]);
  const metadata = (inode) => Buffer.concat([u64(inode), Buffer.from([0o44, 1]), Buffer.alloc(36)]);
  const volume = (...entries) => Buffer.concat([Buffer.of(2), metadata(1), u32(entries.length), ...entries]);
  const kept = (name, inode) => Buffer.concat([Buffer.of(5), text(name), metadata(inode)]);
  const file = (name, inode, bytes) =>
    Buffer.concat([
      Buffer.of(2),
      text(name),
      metadata(inode),
      ...[u64(bytes.length), u32(1), u64(0), u32(bytes.length), bytes],
    ]);
  const part = (before, files) => following(before, { header, numbers, pages, files });
  const large = part(base, volume(file("a", 50, Buffer.alloc(million, 1))));
  const volumes = {
    "a file kept twice": [base, large, part(large, volume(kept("a", 50), kept("b", 50)))],
    "a file kept that never was": [base, part(base, volume(kept("a", 4711)))],
    "a file kept that is gone": [base, large, part(large, volume()), null],
    "an entry of no kind": [base, part(base, volume(Buffer.concat([Buffer.of(9), text("a")])))],
    "more entries than there are": [
      base,
      part(base, Buffer.concat([Buffer.of(2), metadata(1), u32(2 ** 32 - 1), kept("a", 50)])),
    ],
    "cut short in the middle of a file": [
      base,
      part(base, volume(file("a", 50, Buffer.alloc(100))).subarray(0, 150)),
    ],
    "bytes left over": [base, part(base, Buffer.concat([volume(), Buffer.alloc(50)]))],
    "100,000 entries": [
      base,
      part(
        base,
        volume(...Array.from({ length: 100_000 }, (_, index) => file(`${index}`, 100 + index, Buffer.of(1)))),
      ),
    ],
  };
  const gone = volumes["a file kept that is gone"];
  gone[3] = part(gone[2], volume(kept("a", 50)));
  for (const [what, chain] of Object.entries(volumes)) await assertRefused(chain, what);
  // A small part may keep much of what was there, but not more in all than a session may have.
  const grown = [base];
  const names = [];
  for (let inode = 50; inode < 56; inode++) {
    const entries = [
      ...names.map((each) => kept(`${each}`, each)),
      file(`${inode}`, inode, Buffer.alloc(million, 1)),
    ];
    grown.push(part(grown.at(-1), volume(...entries)));
    names.push(inode);
  }
  await (await createSession("javascript", { snapshot: grown, cwd: "/" })).close();
  const limits = { maxFileBytes: 4 * million, maxFiles: 100 };
  await assert.rejects(createSession("javascript", { snapshot: grown, cwd: "/", ...limits }), {
    code: "INVALID_SNAPSHOT",
  });
  await assert.rejects(compactSnapshots(grown, limits), { code: "INVALID_SNAPSHOT" });
});

for (const language of ["javascript", "python"]) {
  test(`${language}: ${most[language]} mutations of parts of a chain are refused, or their sessions answer`, async () => {
    const random = seededRandom(7);
    const sound = await chainOf(language);
    const parts = sound.map(unseal);
    let opened = 0;
    for (let count = 0; count < most[language]; count++) {
      const index = random(3);
      const chain = [...sound];
      const changed = { ...parts[index], header: { ...parts[index].header } };
      const bytes = Buffer.from(changed.pages);
      for (let left = 1 + random(4); left > 0 && bytes.length > 0; left--)
        bytes[random(bytes.length)] = random(256);
      changed.pages = bytes;
      // What follows is made to follow again, so that more than the links are tried.
      for (let at = index; at < 3; at++) {
        const own = at === index ? changed : parts[at];
        chain[at] = at === 0 ? sealParts(own) : following(chain[at - 1], own);
      }
      try {
        const session = await createSession(language, { snapshot: chain, memoryBytes: 64 * million });
        await session.run("a", { timeoutMs: 300 });
        await session.reset();
        assert.equal((await session.run("6 * 7")).result, "42");
        await session.close();
        opened++;
      } catch ({ code, message }) {
        assert.ok([...refusals, "START_FAILED"].includes(code), `${code}: ${message}`);
      }
      const compacted = await compactSnapshots(chain);
      assert.equal(inspectSnapshot(compacted).id, inspectSnapshot(chain[2]).id);
    }
    assert.ok(opened > 0, "none was opened");
  });
}

test("every bit that is flipped in a part is found, where it is opened and where one is made of it", async () => {
  for (let bit = 0; bit < 8 * first.length; bit += 97) {
    const flipped = Buffer.from(first);
    flipped[bit >> 3] ^= 1 << (bit & 7);
    await assert.rejects(
      compactSnapshots([base, flipped, second]),
      ({ code }) => refusals.includes(code),
      `bit ${bit}`,
    );
  }
});

test("making one of a chain of hundreds of megabytes holds its caller's event loop up for moments only", async () => {
  const { header, files } = unseal(base);
  const memoryBytes = header.memoryBytes + 128 * million;
  const start = header.memoryBytes / pageBytes;
  const count = (128 * million) / pageBytes;
  const word = Buffer.alloc(pageBytes, 1);
  const record = Buffer.concat([varint(1), varint(0), varint(1024), word]);
  const records = Buffer.concat([
    varint(start + 1),
    record.subarray(1),
    ...new Array(count - 1).fill(record),
  ]);
  const counts = { memoryBytes, pageCount: count, pagesBytes: records.length, filesBytes: files.length };
  const large = seal({ ...header, ...counts }, piecesOf(Buffer.concat([files, records])));
  const next = following(large, { ...unseal(second), header: { ...unseal(second).header, memoryBytes } });
  let last = performance.now();
  let longestMs = 0;
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  }, 1);
  const begun = performance.now();
  const compacted = await compactSnapshots([large, next]);
  clearInterval(timer);
  assert.equal(inspectSnapshot(compacted).memoryBytes, memoryBytes);
  const part = longestMs / (performance.now() - begun);
  assert.ok(part < 0.3, `held up for ${part} of the time`);
});
