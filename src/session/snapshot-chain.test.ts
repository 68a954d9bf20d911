import assert from "node:assert/strict";
import { test } from "node:test";
import { createSession, runtimeId } from "../node/sessions.js";
import { compactSnapshots, inspectSnapshot } from "../node/snapshots.js";
import type { Session } from "./session.js";

const programs = {
  python: {
    begin:
      "import json; x = {'n': 1}; open('/tmp/kept', 'w').write('k' * 50_000); open('/tmp/log', 'w').close()",
    step: (n: number) => `x['n'] = ${n}; l = list(range(${n}, 500)); open('/tmp/log', 'a').write('${n},')`,
    question: "x['n'], len(l), open('/tmp/log').read(), len(open('/tmp/kept').read())",
    answer: (n: number, log: string) => `(${n}, ${500 - n}, '${log}', 50000)`,
  },
  javascript: {
    begin:
      "const fs = require('fs'); var x = { n: 1 }, l; fs.writeFileSync('/tmp/kept', 'k'.repeat(50_000)); fs.writeFileSync('/tmp/log', '')",
    step: (n: number) =>
      `x.n = ${n}; l = Array.from({ length: 500 - ${n} }, (_, i) => i); fs.appendFileSync('/tmp/log', '${n},')`,
    question: "[x.n, l.length, fs.readFileSync('/tmp/log', 'utf8'), fs.readFileSync('/tmp/kept').length]",
    answer: (n: number, log: string) => `[ ${n}, ${500 - n}, '${log}', 50000 ]`,
  },
} as const;

/** Everything of a snapshot behind its header. */
function bodyOf(snapshot: Uint8Array): Buffer {
  const bytes = Buffer.from(snapshot);
  return bytes.subarray(44 + bytes.readUInt32LE(8));
}

async function asks(
  session: Session,
  language: keyof typeof programs,
  n: number,
  log: string,
): Promise<void> {
  const { result, error } = await session.run(programs[language].question);
  assert.equal(error, undefined);
  assert.equal(result, programs[language].answer(n, log));
}

for (const language of ["python", "javascript"] as const) {
  const { begin, step } = programs[language];

  test(`${language}: a chain of what changed makes the session again, and one whole snapshot of it the same`, async () => {
    const session = await createSession(language);
    await session.run(begin);
    const chain = [await session.snapshot()];
    let log = "";
    for (let n = 2; n < 8; n++) {
      assert.equal((await session.run(step(n))).error, undefined);
      log += `${n},`;
      chain.push(await session.snapshot({ since: chain.at(-1) as Uint8Array }));
    }
    // The first step brings what it loads, such as a module.
    for (const part of chain.slice(2)) {
      assert.ok(part.length < (chain[0]?.length ?? 0) / 2, `a part takes ${part.length} bytes`);
      assert.ok(inspectSnapshot(part).filesBytes < 5000, "a file that has not changed is in it");
    }
    const compacted = await compactSnapshots(chain);
    assert.ok(bodyOf(compacted).equals(bodyOf(await session.snapshot())), "it holds something else");
    await session.close();
    for (const snapshot of [chain, [compacted], compacted]) {
      const copy = await createSession(language, { snapshot });
      await asks(copy, language, 7, log);
      await copy.close();
    }
    // Each part of it is a state of its own.
    const earlier = await createSession(language, { snapshot: chain.slice(0, 3) });
    await asks(earlier, language, 3, "2,3,");
    await earlier.close();
  });

  test(`${language}: a session that began from a chain goes on with it, also behind one that was made of it`, async () => {
    const first = await createSession(language);
    await first.run(begin);
    const base = await first.snapshot();
    await first.run(step(2));
    const chain = [base, await first.snapshot({ since: base })];
    await first.close();
    const second = await createSession(language, { snapshot: chain });
    const { snapshot } = await second.run(step(3), { snapshot: { since: chain.at(-1) as Uint8Array } });
    assert.ok(snapshot !== undefined);
    await second.close();
    for (const before of [chain, [await compactSnapshots(chain)]]) {
      const third = await createSession(language, { snapshot: [...before, snapshot] });
      await asks(third, language, 3, "2,3,");
      await third.close();
    }
  });

  test(`${language}: what changed since one of the last snapshots, and since any whole one, is told`, async () => {
    const session = await createSession(language);
    await session.run(begin);
    const taken = [await session.snapshot()];
    for (let n = 2; n < 9; n++) {
      await session.run(step(n));
      taken.push(await session.snapshot());
    }
    await session.run(step(9));
    for (const since of [7, 5, 0, 1, 3, 7].map((index) => taken[index] as Uint8Array)) {
      const part = await session.snapshot({ since });
      const copy = await createSession(language, { snapshot: [since, part] });
      await asks(copy, language, 9, "2,3,4,5,6,7,8,9,");
      await copy.close();
    }
    await session.close();
  });

  test(`${language}: a run gives its result and its snapshot at once`, async () => {
    const session = await createSession(language, { checkpoints: false });
    await session.run(begin);
    const whole = (await session.run(step(2), { snapshot: true })).snapshot;
    assert.ok(whole !== undefined);
    const { snapshot, result } = await session.run(`${step(3)}; 42`, { snapshot: { since: whole } });
    assert.equal(result, "42");
    const copy = await createSession(language, { snapshot: [whole, snapshot as Uint8Array] });
    await asks(copy, language, 3, "2,3,");
    const failed = await session.run("nothing_of_that_name", { snapshot: true });
    assert.equal(failed.exception?.type, language === "python" ? "NameError" : "ReferenceError");
    assert.ok(failed.snapshot !== undefined);
    await copy.close();
    await session.close();
  });
}

test("the same state gives the same bytes, and a part of nothing is small", async () => {
  // Otherwise the reading of its clock is part of a state.
  const session = await createSession("python", { deterministic: { seed: "a", startTime: 0 } });
  await session.run("x = 1");
  const first = await session.snapshot();
  const second = await session.snapshot();
  assert.ok(Buffer.from(first).equals(second));
  assert.equal(inspectSnapshot(first).id, inspectSnapshot(second).id);
  const nothing = await session.snapshot({ since: first });
  assert.deepEqual([inspectSnapshot(nothing).changedBytes, inspectSnapshot(nothing).filesBytes], [0, 0]);
  assert.ok(nothing.length < 1000);
  await session.close();
});

test("a snapshot says what it is of", async () => {
  const session = await createSession("javascript");
  const base = await session.snapshot();
  await session.run("require('fs').writeFileSync('/tmp/a', 'a')");
  const part = await session.snapshot({ since: base });
  await session.close();
  const info = inspectSnapshot(base);
  assert.equal(info.runtimeId, await runtimeId("javascript"));
  assert.notEqual(info.runtimeId, await runtimeId("python"));
  assert.deepEqual(
    [info.language, info.format, info.parent, info.suspended],
    ["javascript", 3, undefined, false],
  );
  assert.match(info.packageVersion, /^\d+\.\d+\.\d+/);
  assert.ok(info.memoryBytes >= info.changedBytes && info.changedBytes > 0);
  assert.equal(inspectSnapshot(part).parent, info.id);
  assert.ok(inspectSnapshot(part).filesBytes > 0);
});

test("a part is no snapshot without what it follows, and nothing is run for one that cannot be told", async () => {
  const session = await createSession("javascript");
  await session.run("var a = 1");
  const base = await session.snapshot();
  await session.run("a++");
  const part = await session.snapshot({ since: base });
  const other = await createSession("javascript");
  await other.run("var a = 100");
  const refused = { code: "INVALID_SNAPSHOT", message: /what changed since another one/ };
  await assert.rejects(createSession("javascript", { snapshot: part }), refused);
  await assert.rejects(other.run("a++", { snapshot: { since: part } }), refused);
  await assert.rejects(other.snapshot({ since: part }), refused);
  assert.equal((await other.run("a")).result, "100");
  // With all of it there is a difference even to what is no earlier state.
  const across = await other.snapshot({ since: [base, part] });
  const copy = await createSession("javascript", { snapshot: [base, part, across] });
  assert.equal((await copy.run("a")).result, "100");
  for (const each of [copy, other, session]) await each.close();
});

test("a hibernated session tells what changed since its last snapshot once that is given whole", async () => {
  const session = await createSession("javascript");
  await session.run("var a = 1");
  const base = await session.snapshot();
  await session.hibernate();
  const { snapshot } = await session.run("a = 2", { snapshot: { since: base } });
  const copy = await createSession("javascript", { snapshot: [base, snapshot as Uint8Array] });
  assert.equal((await copy.run("a")).result, "2");
  await copy.close();
  await session.close();
});
