import assert from "node:assert/strict";
import { test } from "node:test";
import { cell, type Fixture, part, value, whole } from "./test-store-fixture.js";

export function callContract(fixture: Fixture): void {
  test("calls of a suspended cell are there until they are answered, and then tell with what", async () => {
    const { store, other } = fixture;
    const begun = await fixture.claimed();
    const { key } = begun;
    value(await store.beginCell(begun, cell("c")));
    const call = (n: number) => ({
      id: `${key}-${n}`,
      call: n,
      name: "ask\0\ud800",
      arguments: `["\0",${n}]`,
    });
    const suspend = { cell: "c", status: "suspended", result: '"waits"', answered: [] } as const;
    const first = value(
      await store.commitCell(begun, {
        ...suspend,
        state: whole(part("s")),
        calls: [call(1), call(2), call(3)],
      }),
    );
    assert.equal((await other.getSession(key))?.suspendedCell, "c");
    assert.deepEqual(await other.getCall(call(2).id), { ...call(2), key, cell: "c", answered: undefined });
    const start = value(await store.beginCell(first, cell("c")));
    assert.ok(start.kind === "suspended" && start.cell.result === '"waits"');

    // The first is answered, the second goes on waiting, the third ends without an answer, and a fourth comes.
    const second = value(
      await store.commitCell(first, {
        ...suspend,
        calls: [call(2), call(4)],
        answered: [{ id: call(1).id, digest: "answer 1" }],
      }),
    );
    assert.equal((await other.getCall(call(1).id))?.answered, "answer 1");
    assert.equal((await other.getCall(call(2).id))?.answered, undefined);
    assert.equal(await other.getCall(call(3).id), undefined);
    assert.equal((await other.getCall(call(4).id))?.call, 4);

    const third = value(
      await store.commitCell(second, {
        cell: "c",
        status: "ended",
        result: '"done"',
        calls: [],
        answered: [{ id: call(2).id, digest: "answer 2" }],
      }),
    );
    assert.equal((await other.getSession(key))?.suspendedCell, undefined);
    assert.equal((await other.getCall(call(1).id))?.answered, "answer 1");
    assert.equal((await other.getCall(call(2).id))?.answered, "answer 2");
    assert.equal(await other.getCall(call(4).id), undefined);
    assert.equal((await store.getCell(key, "c"))?.result, '"done"');
    value(await store.deleteSession(third));
    assert.equal(await other.getCall(call(1).id), undefined);
  });

  test("a commit answers no call of another session's", async () => {
    const { store } = fixture;
    const victim = await fixture.claimed();
    value(await store.beginCell(victim, cell("c")));
    const call = { id: `${victim.key}-call`, call: 1, name: "f", arguments: "[]" };
    value(
      await store.commitCell(victim, {
        cell: "c",
        status: "suspended",
        result: "1",
        calls: [call],
        answered: [],
      }),
    );
    const thief = await fixture.claimed();
    value(await store.beginCell(thief, cell("c")));
    value(
      await store.commitCell(thief, {
        cell: "c",
        status: "suspended",
        result: "1",
        calls: [{ ...call, name: "stolen" }],
        answered: [{ id: call.id, digest: "forged" }],
      }),
    );
    assert.deepEqual(await store.getCall(call.id), {
      ...call,
      key: victim.key,
      cell: "c",
      answered: undefined,
    });
  });

  test("a cell that ends beside a suspended one leaves it suspended", async () => {
    const { store } = fixture;
    let claim = await fixture.claimed();
    value(await store.beginCell(claim, cell("waits")));
    const suspend = { cell: "waits", status: "suspended", result: "1", calls: [], answered: [] } as const;
    claim = value(await store.commitCell(claim, suspend));
    value(await store.beginCell(claim, cell("other")));
    claim = value(await store.commitCell(claim, { ...suspend, cell: "other", status: "ended" }));
    assert.equal((await store.getSession(claim.key))?.suspendedCell, "waits");
  });

  test("what a tenant uses is summed up by period, also by many at once", async () => {
    const { store, other } = fixture;
    const tenant = fixture.key("tenant of ours");
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? store : other).addUsage(tenant, "2026-11", {
          requests: 1,
          cpuMs: 0.25,
          outputBytes: 3_000_000_000,
        }),
      ),
    );
    const none = { requests: 0, cpuMs: 0, outputBytes: 0 };
    assert.deepEqual(await store.addUsage(tenant, "2026-11", none), {
      requests: 20,
      cpuMs: 5,
      outputBytes: 60_000_000_000,
    });
    assert.deepEqual(await store.addUsage(tenant, "2026-12", none), none);
    await assert.rejects(store.addUsage("\0", "2026-12", none), RangeError);
  });

  test("a store that can be used says so", async () => {
    await fixture.store.ping();
    await fixture.other.ping();
  });
}
