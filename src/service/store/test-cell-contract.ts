import assert from "node:assert/strict";
import { test } from "node:test";
import { cell, chain, delta, type Fixture, part, runCell, value, whole } from "./test-store-fixture.js";

const ended = (id: string, result = "1") =>
  ({ cell: id, status: "ended", result, calls: [], answered: [] }) as const;

export function cellContract(fixture: Fixture): void {
  test("a cell is begun, committed with the state, and told from then on", async () => {
    const { store, other } = fixture;
    const claim = await fixture.claimed();
    assert.deepEqual(value(await store.beginCell(claim, cell("c"))), { kind: "run", attempt: 1 });
    const running = await other.getCell(claim.key, "c");
    assert.deepEqual(
      {
        status: running?.status,
        attempts: running?.attempts,
        result: running?.result,
        ended: running?.endedAt,
      },
      { status: "running", attempts: 1, result: undefined, ended: undefined },
    );
    assert.deepEqual(await other.openCells(claim.key), [running]);
    const next = value(await store.commitCell(claim, { ...ended("c", '{"v":1}'), state: whole(part("s")) }));
    assert.deepEqual({ ...next, token: "" }, { ...claim, token: "" });
    assert.notEqual(next.token, claim.token);
    const record = await other.getCell(claim.key, "c");
    assert.equal(record?.status, "ended");
    assert.equal(record?.result, '{"v":1}');
    assert.equal(record?.request, cell("c").request);
    assert.ok(record?.endedAt instanceof Date);
    assert.deepEqual(value(await store.beginCell(next, cell("c"))), { kind: "ended", cell: record });
    assert.deepEqual(await other.openCells(claim.key), []);
    assert.equal(await other.getCell(claim.key, "another"), undefined);
  });

  test("a commit with an old token writes nothing of all that it has", async () => {
    const { store } = fixture;
    const old = await fixture.claimed();
    value(await store.beginCell(old, cell("c")));
    const claim = await fixture.claim(old.key);
    const commit = {
      ...ended("c", '"late"'),
      state: whole(part("late")),
      calls: [{ id: `${old.key}-late`, call: 1, name: "f", arguments: "[]" }],
    };
    assert.deepEqual(await store.commitCell(old, commit), { fenced: true });
    assert.equal((await store.getCell(old.key, "c"))?.status, "running");
    assert.deepEqual(await chain(store, old.key), []);
    assert.equal(await store.getCall(`${old.key}-late`), undefined);
    assert.deepEqual(await store.beginCell(old, cell("d")), { fenced: true });
    assert.equal(await store.getCell(old.key, "d"), undefined);
    assert.deepEqual(value(await store.beginCell(claim, cell("c"))), { kind: "run", attempt: 2 });
    value(await store.commitCell(claim, ended("c", '"right"')));
    assert.equal((await store.getCell(old.key, "c"))?.result, '"right"');
  });

  test("of commits with one token at once, one takes effect", async () => {
    const { store, other } = fixture;
    let claim = await runCell(store, await fixture.claimed(), "0", whole(part("0")));
    for (let turn = 1; turn <= 5; turn++) {
      const ids = Array.from({ length: 6 }, (_, index) => `${turn}-${index}`);
      for (const id of ids) value(await store.beginCell(claim, cell(id)));
      const held = claim;
      const outcomes = await Promise.all(
        ids.map((id, index) =>
          (index % 2 ? store : other).commitCell(held, { ...ended(id), state: delta(part(id)) }),
        ),
      );
      const winners = outcomes.flatMap((outcome) => (outcome.fenced ? [] : [outcome.value]));
      assert.equal(winners.length, 1);
      claim = winners[0] as typeof claim;
      assert.equal((await chain(store, claim.key)).length, turn + 1);
      const statuses = await Promise.all(ids.map(async (id) => (await store.getCell(claim.key, id))?.status));
      assert.equal(statuses.filter((status) => status === "ended").length, 1);
    }
  });

  test("a commit and a claim at once: either the cell took effect before, or it is fenced", async () => {
    const { store, other } = fixture;
    let claim = await runCell(store, await fixture.claimed(), "0", whole(part("0")));
    for (let turn = 1; turn <= 10; turn++) {
      value(await store.beginCell(claim, cell(`${turn}`)));
      const before = (await chain(store, claim.key)).length;
      const [outcome, taken] = await Promise.all([
        store.commitCell(claim, { ...ended(`${turn}`), state: delta(part(`${turn}`)) }),
        other.claim(claim.key, claim.worker),
      ]);
      assert.ok("claimed" in taken);
      assert.equal((await chain(store, claim.key)).length, outcome.fenced ? before : before + 1);
      // Whichever came first, nothing but the claim gave the token that is held now.
      assert.deepEqual(await store.checkClaim(taken.claimed), { fenced: false, value: undefined });
      claim = taken.claimed;
    }
  });

  test("a cell that was not begun, or has ended, cannot be committed", async () => {
    const { store } = fixture;
    const claim = await runCell(store, await fixture.claimed(), "1");
    assert.deepEqual(await store.commitCell(claim, ended("never begun")), { fenced: true });
    assert.deepEqual(await store.commitCell(claim, ended("1", '"again"')), { fenced: true });
    assert.equal((await store.getCell(claim.key, "1"))?.result, '"1"');
    assert.deepEqual(await store.checkClaim(claim), { fenced: false, value: undefined });
  });

  test("the same id with other code is a conflict, whatever has become of the cell", async () => {
    const { store } = fixture;
    const claim = await fixture.claimed();
    const other = cell("c", { digest: "another" });
    value(await store.beginCell(claim, cell("c")));
    assert.deepEqual(value(await store.beginCell(claim, other)), { kind: "conflict" });
    assert.equal((await store.getCell(claim.key, "c"))?.attempts, 1);
    const next = value(await store.commitCell(claim, ended("c")));
    assert.deepEqual(value(await store.beginCell(next, other)), { kind: "conflict" });
  });

  test("a cell is lost after as many attempts as it may have, and one that runs at most once after the first", async () => {
    const { store } = fixture;
    const claim = await fixture.claimed();
    for (const attempt of [1, 2, 3])
      assert.deepEqual(value(await store.beginCell(claim, cell("c"))), { kind: "run", attempt });
    for (let turn = 0; turn < 2; turn++) {
      const start = value(await store.beginCell(claim, cell("c")));
      assert.ok(start.kind === "lost" && start.cell.status === "lost" && start.cell.attempts === 3);
      assert.ok(start.cell.endedAt instanceof Date);
    }
    const once = cell("once", { atMostOnce: true });
    assert.deepEqual(value(await store.beginCell(claim, once)), { kind: "run", attempt: 1 });
    assert.equal(value(await store.beginCell(claim, once)).kind, "lost");
    assert.deepEqual(await store.openCells(claim.key), []);
    assert.deepEqual(await store.commitCell(claim, ended("once")), { fenced: true });
  });

  test("cells that were begun are open in the order in which they were", async () => {
    const { store } = fixture;
    const claim = await fixture.claimed();
    for (const id of ["z", "a", "m"]) value(await store.beginCell(claim, cell(id)));
    value(await store.beginCell(claim, cell("z")));
    const ids = (await store.openCells(claim.key)).map(({ cell }) => cell);
    assert.deepEqual(ids, ["z", "a", "m"]);
  });

  test("requests and results come back as they were given, whatever characters they have", async () => {
    const { store, other } = fixture;
    let claim = await fixture.claimed();
    const texts = [
      '"\0"',
      '"\ud800"',
      '"\\u0000\\ud800"',
      "",
      `"${"\u{1f600}\ud83d".repeat(100_000)}"`,
      "x".repeat(3_000_000),
    ];
    for (const [index, text] of texts.entries()) {
      const id = `${index}`;
      value(await store.beginCell(claim, cell(id, { request: text })));
      claim = value(await store.commitCell(claim, ended(id, text)));
      const record = await other.getCell(claim.key, id);
      assert.ok(record?.request === text && record.result === text, `text ${index}`);
    }
  });

  test("an id that none may have begins no cell, and finds none", async () => {
    const { store } = fixture;
    const claim = await runCell(store, await fixture.claimed(), "c");
    for (const id of ["", " ", "a b", "c\0", "ä", "\ud800", "\n", "x".repeat(201)]) {
      await assert.rejects(store.beginCell(claim, cell(id)), RangeError);
      assert.equal(await store.getCell(claim.key, id), undefined);
      assert.equal(await store.getCall(id), undefined);
    }
    const odd = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    await runCell(store, claim, odd);
    assert.equal((await store.getCell(claim.key, odd))?.cell, odd);
  });

  test("a cell that lost its state keeps the session's, and gets a new token all the same", async () => {
    const { store } = fixture;
    const first = await runCell(store, await fixture.claimed(), "1", whole(part("a")));
    const second = await runCell(store, first, "2");
    assert.notEqual(second.token, first.token);
    assert.deepEqual(await chain(store, first.key), ["a"]);
  });

  test("cells that ended long enough ago are swept, and neither open nor suspended ones", async () => {
    const { store } = fixture;
    let claim = await runCell(store, await fixture.claimed(), "ended");
    value(await store.beginCell(claim, cell("suspended")));
    const call = { id: `${claim.key}-call`, call: 1, name: "f", arguments: "[]" };
    claim = value(
      await store.commitCell(claim, { ...ended("suspended"), status: "suspended", calls: [call] }),
    );
    value(await store.beginCell(claim, cell("running")));
    value(await store.beginCell(claim, cell("lost", { atMostOnce: true })));
    value(await store.beginCell(claim, cell("lost", { atMostOnce: true })));
    const present = async () => {
      const ids = ["ended", "suspended", "running", "lost"];
      const found = await Promise.all(ids.map((id) => store.getCell(claim.key, id)));
      return found.flatMap((record) => record?.cell ?? []);
    };
    await store.sweepCells(3_600_000);
    assert.deepEqual(await present(), ["ended", "suspended", "running", "lost"]);
    // A time in the future stands for one that has passed.
    assert.ok((await store.sweepCells(-3_600_000)) >= 2);
    assert.deepEqual(await present(), ["suspended", "running"]);
    assert.equal((await store.getCall(call.id))?.id, call.id);
    assert.equal(await store.sweepCells(-3_600_000), 0);
  });
}
