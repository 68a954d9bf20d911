import assert from "node:assert/strict";
import { test } from "node:test";
import { chain, type Fixture, part, runCell, value, whole } from "./test-store-fixture.js";

const oddTexts = [
  JSON.stringify({ a: "\0 and \ud800" }),
  '{"raw":"\0"}',
  '"half: \ud83d, other half: \ude00, whole: \u{1f600}"',
  "\uffff\ufffe\u00ff",
  "",
  `"${"ä".repeat(300_000)}"`,
];
const oddKeys = [
  "",
  " ",
  "a/b",
  "a b",
  "ä",
  "x\0",
  "%",
  "_%'\"; DROP TABLE sessions; --",
  "\ud800",
  "a".repeat(201),
  "a\n",
];

export function sessionContract(fixture: Fixture): void {
  test("a session that was made is there, without an owner and without a state", async () => {
    const { store, other } = fixture;
    const key = fixture.key();
    const { created, session } = await store.createSession({ key, language: "javascript", spec: '{"a":1}' });
    assert.equal(created, true);
    const { createdAt, updatedAt, ...rest } = session;
    assert.deepEqual(rest, {
      key,
      language: "javascript",
      spec: '{"a":1}',
      epoch: 0,
      owner: undefined,
      runtimeId: undefined,
      suspendedCell: undefined,
      stateBytes: 0,
      isForeign: false,
    });
    assert.ok(createdAt instanceof Date && updatedAt instanceof Date);
    assert.deepEqual(await other.getSession(key), session);
    assert.deepEqual(await store.readState(key), []);
  });

  test("of many that make a session of one key at once, one makes it and all get that one", async () => {
    const key = fixture.key();
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? fixture.store : fixture.other).createSession({
          key,
          language: "python",
          spec: `{"n":${index}}`,
        }),
      ),
    );
    assert.equal(made.filter(({ created }) => created).length, 1);
    const { spec } = made.find(({ created }) => created)?.session ?? {};
    for (const { session } of made) assert.equal(session.spec, spec);
  });

  test("specs come back as they were given, whatever characters they have", async () => {
    for (const spec of oddTexts) {
      const key = fixture.key();
      assert.equal((await fixture.store.createSession({ key, language: "python", spec })).session.spec, spec);
      assert.equal((await fixture.other.getSession(key))?.spec, spec);
    }
  });

  test("a key that none may have makes no session, and finds none", async () => {
    const { store } = fixture;
    await store.createSession({ key: "x", language: "python", spec: "{}" });
    for (const key of oddKeys) {
      await assert.rejects(store.createSession({ key, language: "python", spec: "{}" }), RangeError);
      assert.equal(await store.getSession(key), undefined, JSON.stringify(key));
      assert.deepEqual(await store.readState(key), []);
      assert.equal(await store.getCell(key, "c"), undefined);
      assert.deepEqual(await store.openCells(key), []);
      assert.deepEqual(await store.claim(key, fixture.membership.worker.id), { absent: true });
      if (key === "") continue;
      assert.deepEqual(await store.listSessions({ prefix: key, limit: 10 }), []);
      assert.deepEqual(await store.countSessions(key), { sessions: 0, stateBytes: 0 });
    }
    const longest = `${"k".repeat(196)}-_.:`;
    await store.createSession({ key: longest, language: "python", spec: "{}" });
    assert.equal((await store.getSession(longest))?.key, longest);
  });

  test("sessions are listed by the bytes of their keys, page by page, and none of another prefix", async () => {
    const { store } = fixture;
    const prefix = fixture.key("list:");
    const names = ["-", ".", "0", "9", ":", "A", "Z", "_", "a", "aa", "ab", "b", "z"];
    for (const name of [...names].reverse())
      await store.createSession({ key: prefix + name, language: "python", spec: "{}" });
    // Neighbours, and what a pattern would take for the prefix.
    await store.createSession({
      key: `${prefix.slice(0, -1)};`.replace(";", "9"),
      language: "python",
      spec: "{}",
    });
    await store.createSession({ key: prefix.replace("-", "_"), language: "python", spec: "{}" });
    const keys: string[] = [];
    for (;;) {
      const after = keys.at(-1);
      const page = await store.listSessions({ prefix, limit: 4, ...(after === undefined ? {} : { after }) });
      keys.push(...page.map(({ key }) => key));
      if (page.length < 4) break;
    }
    assert.deepEqual(
      keys,
      names.map((name) => prefix + name),
    );
    assert.deepEqual(await store.countSessions(prefix), { sessions: names.length, stateBytes: 0 });
    assert.equal((await store.listSessions({ prefix: `${prefix}a`, limit: 10 })).length, 3);
  });

  test("what sessions take is counted by prefix", async () => {
    const { store } = fixture;
    const prefix = fixture.key("count:");
    for (const [index, name] of ["a", "b"].entries()) {
      const claim = await fixture.claimed(prefix + name);
      await runCell(store, claim, "c", whole(part("x".repeat(100 * (index + 1)))));
    }
    assert.deepEqual(await store.countSessions(prefix), { sessions: 2, stateBytes: 300 });
    assert.deepEqual(await store.countSessions(`${prefix}b`), { sessions: 1, stateBytes: 200 });
  });

  test("a session that is deleted is gone with its state, cells and calls, and its key begins anew", async () => {
    const { store } = fixture;
    const claim = await fixture.claimed();
    value(
      await store.beginCell(claim, {
        cell: "c",
        digest: "d",
        request: "{}",
        atMostOnce: false,
        maxAttempts: 3,
      }),
    );
    const call = { id: `${claim.key}-call`, call: 1, name: "f", arguments: "[]" };
    const next = value(
      await store.commitCell(claim, {
        cell: "c",
        status: "suspended",
        result: "1",
        state: whole(part("state")),
        calls: [call],
        answered: [],
      }),
    );
    assert.deepEqual(await store.deleteSession(claim), { fenced: true });
    value(await store.deleteSession(next));
    assert.equal(await store.getSession(claim.key), undefined);
    assert.deepEqual(await store.readState(claim.key), []);
    assert.equal(await store.getCell(claim.key, "c"), undefined);
    assert.equal(await store.getCall(call.id), undefined);
    const again = await fixture.claimed(claim.key);
    assert.equal(again.epoch, 1);
    assert.deepEqual(await store.checkClaim(next), { fenced: true });
  });

  test("a fork has the state of the first and nothing else of it, and each goes its own way", async () => {
    const { store } = fixture;
    let claim = await fixture.claimed();
    claim = await runCell(store, claim, "one", whole(part("base")));
    const key = fixture.key("fork");
    const { created, session } = value(
      await store.fork(claim, { key, language: "python", spec: '{"forked":true}' }),
    );
    assert.equal(created, true);
    assert.deepEqual(
      {
        owner: session.owner,
        spec: session.spec,
        runtimeId: session.runtimeId,
        stateBytes: session.stateBytes,
      },
      { owner: undefined, spec: '{"forked":true}', runtimeId: "runtime-a", stateBytes: 4 },
    );
    assert.equal(await store.getCell(key, "one"), undefined);
    const second = await fixture.claim(key);
    await runCell(store, second, "one", { part: { ...part("b-two"), whole: false }, runtimeId: "runtime-a" });
    claim = await runCell(store, claim, "two", {
      part: { ...part("a-two"), whole: false },
      runtimeId: "runtime-a",
    });
    assert.deepEqual(await chain(store, claim.key), ["base", "a-two"]);
    assert.deepEqual(await chain(store, key), ["base", "b-two"]);

    value(await store.deleteSession(claim));
    assert.deepEqual(await chain(store, key), ["base", "b-two"]);
  });

  test("a fork into a session that is there changes nothing of it, and one of a fenced claim makes nothing", async () => {
    const { store } = fixture;
    const old = await fixture.claimed();
    const claim = await runCell(store, old, "one", whole(part("base")));
    const taken = await fixture.claimed();
    const { created, session } = value(
      await store.fork(claim, { key: taken.key, language: "python", spec: '{"other":1}' }),
    );
    assert.deepEqual({ created, spec: session.spec }, { created: false, spec: "{}" });
    assert.deepEqual(await chain(store, taken.key), []);
    const key = fixture.key("fork");
    assert.deepEqual(await store.fork(old, { key, language: "python", spec: "{}" }), { fenced: true });
    assert.equal(await store.getSession(key), undefined);
    await assert.rejects(store.fork(claim, { key: "a/b", language: "python", spec: "{}" }), RangeError);
  });
}
