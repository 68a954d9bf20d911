import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Claim, Store } from "../store.js";
import { StoreUnavailable } from "../store-unavailable.js";
import { cell, chain, delta, description, part, runCell, value, whole } from "../test-store-fixture.js";
import { openConnections } from "./connections.js";
import { openPostgresStore } from "./open-postgres-store.js";
import { startPostgres, type TestPostgres, withoutPostgres } from "./test-postgres.js";
import { startProxy, type TestProxy } from "./test-proxy.js";

const short = { membershipTimeoutMs: 1500, statementTimeoutMs: 1000, networkTimeoutMs: 500 };
const ended = (id: string) => ({ cell: id, status: "ended", result: "1", calls: [], answered: [] }) as const;

describe("PostgreSQL that fails", { skip: withoutPostgres }, () => {
  let postgres: TestPostgres;
  let proxy: TestProxy;
  let url: string;
  /** By way of the proxy, and without it. */
  let store: Store;
  let other: Store;
  before(async () => {
    postgres = await startPostgres();
    proxy = await startProxy(postgres.socketPath);
    url = await postgres.createDatabase();
    store = await openPostgresStore(proxy.through(url), short);
    other = await openPostgresStore(url, short);
  });
  after(async () => {
    await store.close();
    await other.close();
    await proxy.close();
    await postgres.end();
  });

  async function claimed(key: string, by = store): Promise<Claim> {
    const { worker } = await by.join(description);
    await by.createSession({ key, language: "python", spec: "{}" });
    const outcome = await by.claim(key, worker.id);
    assert.ok("claimed" in outcome);
    return outcome.claimed;
  }

  test("a commit whose answer is lost is unknown, and has happened; one whose request is lost has not", async () => {
    let claim = await runCell(store, await claimed("lost-answers"), "0", whole(part("0")));
    for (let index = 1; index <= 10; index++) {
      const id = `${index}`;
      value(await store.beginCell(claim, cell(id)));
      const loses = index % 2 ? "loseAnswerTo" : "loseRequestWith";
      const lost = proxy[loses]("commit-cell");
      await assert.rejects(
        store.commitCell(claim, { ...ended(id), state: delta(part(id)) }),
        StoreUnavailable,
      );
      await lost;
      // As a worker goes on after it: it claims, and looks.
      const outcome = await store.claim(claim.key, claim.worker);
      assert.ok("claimed" in outcome);
      claim = outcome.claimed;
      const start = value(await store.beginCell(claim, cell(id)));
      assert.equal(start.kind, index % 2 ? "ended" : "run");
      if (start.kind === "run")
        claim = value(await store.commitCell(claim, { ...ended(id), state: delta(part(id)) }));
    }
    assert.deepEqual(await chain(store, claim.key), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
  });

  test("a transaction whose end is lost is unknown, and happens as a whole or not at all", async () => {
    let claim = await runCell(store, await claimed("lost-ends"), "0", whole(part("0")));
    for (const loses of ["loseAnswerTo", "loseRequestWith"] as const) {
      claim = await runCell(store, claim, loses, delta(part("x")));
      const through = (await store.readState(claim.key)).at(-1)?.sequence as number;
      const lost = proxy[loses]("COMMIT");
      await assert.rejects(store.compactState(claim, through, part("both")), StoreUnavailable);
      await lost;
      assert.deepEqual(await chain(other, claim.key), loses === "loseAnswerTo" ? ["both"] : ["both", "x"]);
    }
  });

  test("a server that is restarted, or crashes, is unavailable meanwhile, loses nothing, and memberships end", async () => {
    for (const stop of ["restart", "crash"] as const) {
      const membership = await other.join(description);
      const key = `stopped-by-${stop}`;
      const claim = await runCell(other, await claimed(key, other), "1", whole(part("1")));
      const stopped = postgres[stop]();
      assert.ok((await membership.lost) instanceof StoreUnavailable);
      await stopped;
      // A worker joins anew, and finds what it had committed. Its old connections may have to fail first.
      const again = await other.join(description);
      const outcome = await other.claim(key, again.worker.id);
      assert.ok("claimed" in outcome);
      assert.equal(outcome.claimed.epoch, claim.epoch + 1);
      assert.deepEqual(await chain(other, key), ["1"]);
      assert.equal((await other.getCell(key, "1"))?.status, "ended");
      assert.deepEqual(
        (await other.workers()).map(({ id }) => id),
        [again.worker.id],
      );
      await again.leave();
    }
  });

  test("while there is no server everything is unavailable, and nothing once there is one", async () => {
    await postgres.stopServer();
    await assert.rejects(other.ping(), StoreUnavailable);
    await assert.rejects(other.getSession("x"), StoreUnavailable);
    await assert.rejects(other.join(description), StoreUnavailable);
    await assert.rejects(
      other.fork({ key: "x", worker: "x", epoch: 1, token: "x" }, { key: "y", language: "python", spec: "" }),
      StoreUnavailable,
    );
    await assert.rejects(openPostgresStore(url, short), StoreUnavailable);
    await postgres.startServer();
    await other.ping();
  });

  test("a partition ends the membership on both sides, and what was owned behind it can be claimed", async () => {
    const behind = await store.join(description);
    await store.createSession({ key: "behind", language: "python", spec: "{}" });
    const outcome = await store.claim("behind", behind.worker.id);
    assert.ok("claimed" in outcome);
    const { worker } = await other.join(description);
    proxy.partition();
    assert.ok("ownedBy" in (await other.claim("behind", worker.id)));
    await assert.rejects(store.checkClaim(outcome.claimed), StoreUnavailable);
    assert.ok((await behind.lost) instanceof StoreUnavailable);
    // The server ends the connection by itself, so this comes true.
    for (;;) {
      const taken = await other.claim("behind", worker.id);
      if ("claimed" in taken) break;
      await sleep(50);
    }
    proxy.heal();
    assert.deepEqual(await store.checkClaim(outcome.claimed), { fenced: true });
    await store.ping();
  });

  test("a worker that is frozen is dead after its time, and fenced when it is woken", async () => {
    await other.createSession({ key: "frozen", language: "python", spec: "{}" });
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL("test-frozen-child.js", import.meta.url)), url, `${short.membershipTimeoutMs}`],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const line = async () => (await lines.next()).value;
    assert.equal(await line(), "begun");
    child.kill("SIGSTOP");
    const { worker } = await other.join(description);
    let claim: Claim | undefined;
    while (!claim) {
      const outcome = await other.claim("frozen", worker.id);
      if ("claimed" in outcome) claim = outcome.claimed;
      else await sleep(50);
    }
    assert.deepEqual(value(await other.beginCell(claim, cell("c"))), { kind: "run", attempt: 2 });
    child.stdin.write("commit\n");
    child.kill("SIGCONT");
    const told = [await line(), await line()];
    assert.deepEqual(told.sort(), ["fenced", "lost"]);
    child.stdin.end();
    value(await other.commitCell(claim, ended("c")));
    assert.equal((await other.getCell("frozen", "c"))?.result, "1");
  });

  test("a worker whose row was removed is told so, and can join anew", async () => {
    const membership = await other.join(description);
    await postgres.query(`DELETE FROM wasm_repl.workers WHERE id = '${membership.worker.id}'`, "test_1");
    assert.ok((await membership.lost) instanceof StoreUnavailable);
    await (await other.join(description)).leave();
  });

  test("what waits for another's lock is given up in time, and who stops in a transaction holds up nobody for long", async () => {
    const claim = await claimed("locked", other);
    const connections = openConnections(url, 1, { statementTimeoutMs: 1500, networkTimeoutMs: 500 });
    let locked: () => void = () => {};
    const isLocked = new Promise<void>((resolve) => {
      locked = resolve;
    });
    let goOn: () => void = () => {};
    const stopped = connections.transaction(async (query) => {
      await query("SELECT 1 FROM wasm_repl.sessions WHERE key = 'locked' FOR UPDATE");
      locked();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await query("SELECT 1");
    });
    await isLocked;
    await assert.rejects(other.beginCell(claim, cell("c")), StoreUnavailable);
    for (;;) {
      const started = await other.beginCell(claim, cell("c")).catch(() => undefined);
      if (started) break;
    }
    goOn();
    await assert.rejects(stopped, StoreUnavailable);
    await connections.close();
  });
});
