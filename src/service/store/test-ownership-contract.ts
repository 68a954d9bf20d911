import assert from "node:assert/strict";
import { test } from "node:test";
import type { Claim } from "./store.js";
import { cell, description, type Fixture, runCell, value } from "./test-store-fixture.js";

export function ownershipContract(fixture: Fixture): void {
  test("a claim adds one to the epoch, and the one before it is fenced", async () => {
    const { store } = fixture;
    const first = await fixture.claimed();
    const second = await fixture.claim(first.key);
    assert.deepEqual([first.epoch, second.epoch], [1, 2]);
    assert.notEqual(first.token, second.token);
    assert.deepEqual(await store.checkClaim(first), { fenced: true });
    assert.deepEqual(await store.checkClaim(second), { fenced: false, value: undefined });
  });

  test("what a living worker owns no other may claim, and it is told who owns it", async () => {
    const owner = fixture.membership;
    const other = await fixture.join(fixture.other);
    const { key, epoch } = await fixture.claimed();
    assert.deepEqual(await fixture.other.claim(key, other.worker.id), { ownedBy: owner.worker });
    assert.equal((await fixture.store.getSession(key))?.epoch, epoch);
    await other.leave();
  });

  test("what a dead worker owned can be claimed at once, and its claims are fenced from then on", async () => {
    const dead = await fixture.join(fixture.other);
    const { key } = (
      await fixture.store.createSession({ key: fixture.key(), language: "python", spec: "{}" })
    ).session;
    const lost = await fixture.claim(key, dead.worker.id);
    await fixture.kind.kill(dead);
    const taken = await fixture.claim(key);
    assert.equal(taken.epoch, lost.epoch + 1);
    assert.deepEqual(await fixture.store.checkClaim(lost), { fenced: true });
    assert.deepEqual(await fixture.store.checkClaim({ ...taken, worker: lost.worker }), { fenced: true });
  });

  test("a session is abandoned if it has an open cell, and no owner that lives", async () => {
    const { store } = fixture;
    const open = async (owner: string) => {
      const key = fixture.key();
      await store.createSession({ key, language: "python", spec: "{}" });
      const claim = await fixture.claim(key, owner);
      value(await store.beginCell(claim, cell("c")));
      return claim;
    };
    const dead = await fixture.join(fixture.other);
    const ofDead = await open(dead.worker.id);
    const ofNone = await open(fixture.membership.worker.id);
    await store.release(ofNone);
    const ofOwner = await open(fixture.membership.worker.id);
    const idle = await fixture.claimed();
    await store.release(idle);
    await fixture.kind.kill(dead);
    const abandoned = await store.abandonedSessions(1000);
    assert.deepEqual(
      [ofDead, ofNone, ofOwner, idle].map(({ key }) => abandoned.includes(key)),
      [true, true, false, false],
    );
    assert.equal((await store.abandonedSessions(1)).length, 1);
  });

  test("of many that claim what a dead worker owned, one gets it", async () => {
    const dead = await fixture.join();
    const { key } = (
      await fixture.store.createSession({ key: fixture.key(), language: "python", spec: "{}" })
    ).session;
    await fixture.claim(key, dead.worker.id);
    const members = await Promise.all(
      Array.from({ length: 8 }, (_, index) => fixture.join(index % 2 ? fixture.store : fixture.other)),
    );
    await fixture.kind.kill(dead);
    const outcomes = await Promise.all(
      members.map(({ worker }, index) => (index % 2 ? fixture.store : fixture.other).claim(key, worker.id)),
    );
    const claims = outcomes.flatMap((outcome) => ("claimed" in outcome ? [outcome.claimed] : []));
    assert.equal(claims.length, 1);
    const [claim] = claims as [Claim];
    for (const outcome of outcomes) if ("ownedBy" in outcome) assert.equal(outcome.ownedBy.id, claim.worker);
    assert.deepEqual(await fixture.store.checkClaim(claim), { fenced: false, value: undefined });
    for (const member of members) await member.leave();
  });

  test("of one worker's many claims at once, one is held in the end", async () => {
    const { key } = await fixture.claimed();
    const claims = await Promise.all(Array.from({ length: 10 }, () => fixture.claim(key)));
    assert.deepEqual(
      claims.map(({ epoch }) => epoch).sort((a, b) => a - b),
      [2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    );
    const held = await Promise.all(claims.map((claim) => fixture.store.checkClaim(claim)));
    assert.equal(held.filter(({ fenced }) => !fenced).length, 1);
  });

  test("what is released any worker may claim, and releasing it late changes nothing", async () => {
    const { store } = fixture;
    const other = await fixture.join();
    const claim = await fixture.claimed();
    await store.release(claim);
    assert.equal((await store.getSession(claim.key))?.owner, undefined);
    assert.deepEqual(await store.checkClaim(claim), { fenced: true });
    const taken = await fixture.claim(claim.key, other.worker.id);
    await store.release(claim);
    assert.deepEqual(await store.checkClaim(taken), { fenced: false, value: undefined });
    await other.leave();
  });

  test("a worker that has left leaves what it owned to others", async () => {
    const other = await fixture.join(fixture.other);
    const { key } = await fixture.claimed();
    await fixture.store.release(await fixture.claim(key));
    const claim = await fixture.claim(key, other.worker.id);
    await other.leave();
    await other.leave();
    await fixture.claim(key);
    assert.deepEqual(await fixture.store.checkClaim(claim), { fenced: true });
  });

  test("the workers that are alive are listed with what they said of themselves", async () => {
    const member = await fixture.join(fixture.other);
    const find = async () => (await fixture.store.workers()).find(({ id }) => id === member.worker.id);
    assert.deepEqual(await find(), { ...description, id: member.worker.id, draining: false });
    await member.drain();
    assert.equal((await find())?.draining, true);
    await fixture.kind.kill(member);
    assert.equal(await find(), undefined);
  });

  test("who is no worker claims nothing", async () => {
    const claim = await fixture.claimed();
    await assert.rejects(fixture.store.claim(claim.key, "nobody"));
    assert.deepEqual(await fixture.store.checkClaim(claim), { fenced: false, value: undefined });
  });

  test("a claim with another's words in it is fenced everywhere", async () => {
    const { store } = fixture;
    const claim = await runCell(store, await fixture.claimed(), "c");
    const forged: Claim[] = [
      { ...claim, token: "guess" },
      { ...claim, token: "" },
      { ...claim, epoch: claim.epoch + 1 },
      { ...claim, worker: "another" },
      { ...claim, key: "another" },
    ];
    for (const wrong of forged) {
      assert.deepEqual(await store.checkClaim(wrong), { fenced: true });
      await store.release(wrong);
      assert.deepEqual(await store.deleteSession(wrong), { fenced: true });
    }
    assert.deepEqual(await store.checkClaim(claim), { fenced: false, value: undefined });
  });
}
