// A snapshot that was damaged is refused. One that was forged, with its checksums, is refused or opened: then it harms
// the guest inside it at most, and its session answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSession } from "../../dist/index.js";
import { headLength, sealMutation, sealParts, unseal } from "./forge-snapshot.mjs";
import { seededRandom } from "./random.mjs";

/** Forgeries by language; a thorough run sets 1000 for both. */
const forgeries = Number(process.env.WASM_REPL_TEST_FORGERIES ?? 0);
const most = { javascript: forgeries || 120, python: forgeries || 24 };
const flippedBits = { javascript: 60, python: 30 };
const atOnce = 4;

const refusals = ["INVALID_SNAPSHOT", "SNAPSHOT_DAMAGED", "RUNTIME_MISMATCH", "START_FAILED"];

const states = {
  python: "import re, sqlite3\nx = {n: str(n) for n in range(100)}\nopen('/tmp/file', 'w').write('content')",
  javascript: "var x = new Map([[1, 'one']]); require('fs').writeFileSync('/tmp/file', 'content')",
};

async function snapshotOf(language) {
  const session = await createSession(language);
  assert.equal((await session.run(states[language])).error, undefined);
  const snapshot = await session.snapshot();
  await session.close();
  return Buffer.from(snapshot);
}

function flip(snapshot, bit) {
  const flipped = Buffer.from(snapshot);
  flipped[bit >> 3] ^= 1 << (bit & 7);
  return flipped;
}

/** Whether it was opened; anything else than a refusal, or a session that answers, fails. */
async function tryToOpen(language, snapshot, refusals, what) {
  let session;
  try {
    session = await createSession(language, { snapshot, memoryBytes: 256 * 2 ** 20 });
  } catch ({ code, message }) {
    assert.ok(refusals.includes(code), `${what}: ${code}: ${message}`);
    assert.match(message, /^[^\n]+$/, what);
    return false;
  }
  const { result, error } = await session.run(language === "python" ? "len(x)" : "x.size", {
    timeoutMs: 300,
  });
  assert.equal(typeof (result ?? error ?? ""), "string", what);
  await session.reset();
  assert.equal((await session.run("6 * 7")).result, "42", what);
  await session.close();
  return true;
}

for (const language of ["javascript", "python"]) {
  test(`${language}: every bit of the head and some of the rest, flipped, make a snapshot that is refused`, async () => {
    const snapshot = await snapshotOf(language);
    const head = 8 * headLength(snapshot);
    for (let bit = 0; bit < head; bit++) {
      // Of the first bytes some say that it is no snapshot, and the version in them that it is of another one.
      const codes = bit < 8 * 8 ? ["INVALID_SNAPSHOT", "RUNTIME_MISMATCH"] : ["SNAPSHOT_DAMAGED"];
      const opened = createSession(language, { snapshot: flip(snapshot, bit) });
      await assert.rejects(opened, ({ code }) => codes.includes(code), `bit ${bit}`);
    }
    const random = seededRandom(1);
    const bits = Array.from(
      { length: flippedBits[language] },
      () => head + random(8 * snapshot.length - head),
    );
    await inParallel(bits, async (bit) => {
      await assert.rejects(createSession(language, { snapshot: flip(snapshot, bit) }), {
        code: "SNAPSHOT_DAMAGED",
      });
    });
  });

  test(`${language}: ${most[language]} forgeries with right checksums are refused, or their sessions answer`, async () => {
    const parts = unseal(await snapshotOf(language));
    const seeds = Array.from({ length: most[language] }, (_, seed) => seed);
    let opened = 0;
    await inParallel(seeds, async (seed) => {
      const random = seededRandom(seed);
      const snapshot = sealMutation(parts, random);
      if (await tryToOpen(language, snapshot, refusals, `seed ${seed}`)) opened++;
    });
    // Neither all nor none of them, or this shows nothing.
    assert.ok(opened > most[language] / 10 && opened < most[language], `${opened} were opened`);
    const sound = await createSession(language, { snapshot: sealParts(parts) });
    assert.equal((await sound.run(language === "python" ? "len(x)" : "x.size")).error, undefined);
    await sound.close();
  });
}

async function inParallel(items, action) {
  const left = [...items];
  const work = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await action(item);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
