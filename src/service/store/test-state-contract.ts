import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import {
  blobPart,
  cell,
  chain,
  delta,
  type Fixture,
  part,
  runCell,
  value,
  whole,
} from "./test-store-fixture.js";

export function stateContract(fixture: Fixture): void {
  test("the state is a whole snapshot and what changed since, in order, byte for byte", async () => {
    const { store, other } = fixture;
    let claim = await fixture.claimed();
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index);
    const base = { snapshotId: "base", byteLength: bytes.length, bytes: bytes.subarray(1, 66_001) };
    claim = await runCell(store, claim, "1", whole(base));
    for (const id of ["2", "3", "4"]) claim = await runCell(store, claim, id, delta(part(`delta ${id}`)));
    const parts = await other.readState(claim.key);
    assert.deepEqual(
      parts.map(({ snapshotId }) => snapshotId),
      ["base", "id of delta 2", "id of delta 3", "id of delta 4"],
    );
    const [first] = parts;
    assert.ok(first && "bytes" in first && Buffer.from(first.bytes).equals(base.bytes));
    const sequences = parts.map(({ sequence }) => sequence);
    assert.deepEqual(
      [...sequences].sort((a, b) => a - b),
      sequences,
    );
    const session = await store.getSession(claim.key);
    assert.equal(session?.stateBytes, 70_000 + 3 * 7);
    assert.equal(session?.runtimeId, "runtime-a");
  });

  test("a whole snapshot takes the chain's place", async () => {
    const { store } = fixture;
    let claim = await runCell(store, await fixture.claimed(), "1", whole(part("old")));
    claim = await runCell(store, claim, "2", delta(part("old delta")));
    claim = await runCell(store, claim, "3", { ...whole(part("new")), runtimeId: "runtime-b" });
    assert.deepEqual(await chain(store, claim.key), ["new"]);
    assert.equal((await store.getSession(claim.key))?.runtimeId, "runtime-b");
    assert.equal((await store.getSession(claim.key))?.stateBytes, 3);
  });

  test("a change of a chain that is not there takes no effect, and neither does its cell", async () => {
    const { store } = fixture;
    const claim = await fixture.claimed();
    value(await store.beginCell(claim, cell("c")));
    const commit = { cell: "c", status: "ended", result: "1", calls: [], answered: [] } as const;
    assert.deepEqual(await store.commitCell(claim, { ...commit, state: delta(part("x")) }), { fenced: true });
    assert.equal((await store.getCell(claim.key, "c"))?.status, "running");
    assert.deepEqual(await chain(store, claim.key), []);
    assert.deepEqual(await store.checkClaim(claim), { fenced: false, value: undefined });
  });

  test("a state that is put in the chain's place fences the claim of before, and loses what was suspended", async () => {
    const { store } = fixture;
    const begun = await runCell(store, await fixture.claimed(), "1", whole(part("old")));
    value(await store.beginCell(begun, cell("2")));
    const call = { id: `${begun.key}-call`, call: 1, name: "f", arguments: "[]" };
    const suspended = value(
      await store.commitCell(begun, {
        cell: "2",
        status: "suspended",
        result: "1",
        calls: [call],
        answered: [],
      }),
    );
    const claim = value(await store.replaceState(suspended, whole(part("new"))));
    assert.deepEqual(await store.replaceState(suspended, whole(part("late"))), { fenced: true });
    assert.deepEqual(await chain(store, claim.key), ["new"]);
    assert.equal((await store.getSession(claim.key))?.suspendedCell, undefined);
    assert.equal((await store.getCell(claim.key, "2"))?.status, "lost");
    assert.equal((await store.getCell(claim.key, "1"))?.status, "ended");
    assert.equal(await store.getCall(call.id), undefined);
    await runCell(store, claim, "3", delta(part("more")));
    await assert.rejects(store.replaceState(claim, delta(part("x"))), RangeError);
  });

  test("a state that no cell has made goes behind the chain or takes its place, and leaves a suspended cell alone", async () => {
    const { store } = fixture;
    const begun = await runCell(store, await fixture.claimed(), "1", whole(part("a")));
    value(await store.beginCell(begun, cell("2")));
    const suspended = value(
      await store.commitCell(begun, { cell: "2", status: "suspended", result: "1", calls: [], answered: [] }),
    );
    const claim = value(await store.writeState(suspended, delta(part("b"))));
    assert.deepEqual(await store.writeState(suspended, delta(part("late"))), { fenced: true });
    assert.deepEqual(await chain(store, claim.key), ["a", "b"]);
    value(await store.writeState(claim, whole(part("c"))));
    assert.deepEqual(await chain(store, claim.key), ["c"]);
    assert.equal((await store.getSession(claim.key))?.suspendedCell, "2");
    const empty = await fixture.claimed();
    assert.deepEqual(await store.writeState(empty, delta(part("x"))), { fenced: true });
  });

  test("a fork's state is foreign until it has written one of its own", async () => {
    const { store } = fixture;
    const claim = await runCell(store, await fixture.claimed(), "1", whole(part("a")));
    const isForeign = async (key: string) => (await store.getSession(key))?.isForeign;
    assert.equal(await isForeign(claim.key), false);
    for (const write of [
      async (forked: typeof claim) => void value(await store.writeState(forked, delta(part("b")))),
      async (forked: typeof claim) => void (await runCell(store, forked, "1", delta(part("b")))),
    ]) {
      const key = fixture.key("fork");
      const { session } = value(await store.fork(claim, { key, language: "python", spec: "{}" }));
      assert.equal(session.isForeign, true);
      const forked = await fixture.claim(key);
      await write(forked);
      assert.equal(await isForeign(key), false);
    }
    const empty = value(
      await store.fork(await fixture.claimed(), { key: fixture.key(), language: "python", spec: "{}" }),
    );
    assert.equal(empty.session.isForeign, false);
  });

  test("a chain is compacted up to a part, and what came after it stays", async () => {
    const { store } = fixture;
    let claim = await runCell(store, await fixture.claimed(), "1", whole(part("a")));
    claim = await runCell(store, claim, "2", delta(part("b")));
    const through = (await store.readState(claim.key)).at(-1)?.sequence as number;
    const later = await runCell(store, claim, "3", delta(part("c")));
    // With the claim of before that commit, as a compaction in the background has it.
    assert.equal(await store.compactState(claim, through, part("ab")), true);
    assert.deepEqual(await chain(store, claim.key), ["ab", "c"]);
    assert.equal((await store.getSession(claim.key))?.stateBytes, 3);
    await runCell(store, later, "4", delta(part("d")));
    assert.deepEqual(await chain(store, claim.key), ["ab", "c", "d"]);
  });

  test("compactions and commits at the same time lose nothing", async () => {
    const { store, other } = fixture;
    let claim = await runCell(store, await fixture.claimed(), "0", whole(part("0")));
    const expected = ["0"];
    const compactions: Promise<boolean>[] = [];
    for (let index = 1; index <= 30; index++) {
      const parts = await store.readState(claim.key);
      if (index % 3 === 0) {
        const content = parts
          .map((found) => ("bytes" in found ? Buffer.from(found.bytes).toString() : ""))
          .join("");
        compactions.push(other.compactState(claim, parts.at(-1)?.sequence as number, part(content)));
      }
      claim = await runCell(store, claim, `${index}`, delta(part(`,${index}`)));
      expected.push(`,${index}`);
    }
    const done = await Promise.all(compactions);
    assert.ok(done.includes(true));
    const contents = await chain(store, claim.key);
    assert.equal(contents.join(""), expected.join(""));
    assert.ok(contents.length < expected.length);
    assert.equal((await store.getSession(claim.key))?.stateBytes, expected.join("").length);
  });

  test("a compaction of what is no longer there, or of another owner's, writes nothing", async () => {
    const { store } = fixture;
    const first = await runCell(store, await fixture.claimed(), "1", whole(part("a")));
    const through = (await store.readState(first.key)).at(-1)?.sequence as number;
    assert.equal(await store.compactState(first, through + 1, part("x")), false);
    const replaced = await runCell(store, first, "2", whole(part("b")));
    assert.equal(await store.compactState(replaced, through, part("x")), false);
    const now = (await store.readState(first.key)).at(-1)?.sequence as number;
    await fixture.claim(first.key);
    assert.equal(await store.compactState(replaced, now, part("x")), false);

    // A session that was deleted and made again under the same key has the same epochs, and no part of the old one.
    const gone = await runCell(store, await fixture.claimed(), "1", whole(part("old")));
    const old = (await store.readState(gone.key)).at(-1)?.sequence as number;
    value(await store.deleteSession(gone));
    const anew = await runCell(store, await fixture.claimed(gone.key), "1", whole(part("new")));
    assert.equal(anew.epoch, gone.epoch);
    assert.equal(await store.compactState(gone, old, part("x")), false);
    assert.deepEqual(await chain(store, gone.key), ["new"]);
    assert.deepEqual(await chain(store, first.key), ["b"]);
  });

  test("a blob is retired once no state refers to it, and never while one does", async () => {
    const { store, other } = fixture;
    const [base, more, joined] = ["base", "more", "joined"].map((name) => `${name}-${randomUUID()}`) as [
      string,
      string,
      string,
    ];
    let claim = await runCell(store, await fixture.claimed(), "1", whole(blobPart(base)));
    claim = await runCell(store, claim, "2", delta(blobPart(more)));
    assert.deepEqual(await chain(store, claim.key), [base, more]);
    assert.deepEqual(await other.retireBlobs([base, more]), []);
    const fork = fixture.key("fork");
    value(await store.fork(claim, { key: fork, language: "python", spec: "{}" }));
    const through = (await store.readState(claim.key)).at(-1)?.sequence as number;
    assert.equal(await store.compactState(claim, through, blobPart(joined)), true);
    assert.deepEqual(await other.retireBlobs([base, more, joined]), []);
    value(await store.deleteSession(await fixture.claim(fork)));
    assert.deepEqual([...(await other.retireBlobs([base, more, joined]))].sort(), [base, more].sort());
    assert.deepEqual(await other.retireBlobs([joined]), []);
    assert.deepEqual(await other.retireBlobs([]), []);
  });

  test("a write with a blob that was retired before it, or that was used before, is fenced", async () => {
    const { store, other } = fixture;
    const blob = `late-${randomUUID()}`;
    const claim = await fixture.claimed();
    value(await store.beginCell(claim, cell("c")));
    assert.deepEqual(await other.retireBlobs([blob]), [blob]);
    assert.deepEqual(await other.retireBlobs([blob]), [blob]);
    const commit = { cell: "c", status: "ended", result: "1", calls: [], answered: [] } as const;
    const late = { ...commit, state: whole(blobPart(blob)) };
    assert.deepEqual(await store.commitCell(claim, late), { fenced: true });
    assert.deepEqual(await store.replaceState(claim, whole(blobPart(blob))), { fenced: true });
    assert.equal((await store.getCell(claim.key, "c"))?.status, "running");
    const next = value(await store.commitCell(claim, { ...commit, state: whole(part("in time")) }));
    const through = (await store.readState(claim.key)).at(-1)?.sequence as number;
    assert.equal(await store.compactState(next, through, blobPart(blob)), false);
    assert.deepEqual(await chain(store, claim.key), ["in time"]);

    const used = `used-${randomUUID()}`;
    const after = await runCell(store, next, "2", delta(blobPart(used)));
    value(await store.beginCell(after, cell("3")));
    assert.deepEqual(await store.commitCell(after, { ...commit, cell: "3", state: delta(blobPart(used)) }), {
      fenced: true,
    });
  });

  test("a blob is either retired or referred to, when both are tried at once", async () => {
    const { store, other } = fixture;
    let claim = await runCell(store, await fixture.claimed(), "0", whole(part("0")));
    for (let index = 1; index <= 20; index++) {
      const blob = `raced-${randomUUID()}`;
      value(await store.beginCell(claim, cell(`${index}`)));
      const commit = { cell: `${index}`, status: "ended", result: "1", calls: [], answered: [] } as const;
      const [outcome, retired] = await Promise.all([
        store.commitCell(claim, { ...commit, state: delta(blobPart(blob)) }),
        other.retireBlobs([blob]),
      ]);
      const referred = (await chain(store, claim.key)).includes(blob);
      assert.deepEqual(
        { referred, retired: retired.length },
        outcome.fenced ? { referred: false, retired: 1 } : { referred: true, retired: 0 },
      );
      claim = outcome.fenced ? value(await store.commitCell(claim, commit)) : outcome.value;
    }
  });
}
