// What the service promises of many workers on one database: each cell takes effect once, whatever is killed, cut off,
// frozen or set wrong meanwhile, and nobody is told what is not so any more.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startPostgres, withoutPostgres } from "../../build/service/store/postgres/test-postgres.js";
import { startProxy } from "../../build/service/store/postgres/test-proxy.js";
import { seededRandom } from "../attacks/random.mjs";
import { createLoad } from "./load.mjs";
import { temporaryDirectory } from "./service.mjs";
import { startWorker } from "./worker-process.mjs";

/** How many cells are run while workers are killed; a thorough run sets 2000. */
const cells = Number(process.env.WASM_REPL_TEST_CELLS ?? 60);
/** And in each of the other tests. */
const fewerCells = Math.max(24, cells / 8);
/** How often one is killed meanwhile; a thorough run sets 100, of which each fourth is a worker's. */
const kills = Math.max(2, Math.ceil(Number(process.env.WASM_REPL_TEST_KILLS ?? 5) / 4));
/** How often something else happens that takes some seconds each time. */
const disturbances = kills > 2 ? 4 : 2;
const sessionsOf = (count) => Math.max(6, Math.ceil(count / 10));
const random = seededRandom(Number(process.env.WASM_REPL_TEST_SEED ?? 1));
const clients = 8;
const workerCount = 3;
const membershipTimeoutMs = 1500;
const clock = fileURLToPath(new URL("shifted-clock.cjs", import.meta.url));

describe("many workers on one database", { skip: withoutPostgres }, () => {
  const folder = temporaryDirectory();
  let postgres;
  let url;
  const proxies = [];
  const workers = [];
  let load;

  before(async () => {
    postgres = await startPostgres();
    url = await postgres.createDatabase();
    writeFileSync(secret, "a secret of the tests'".replaceAll(" ", "-"), { mode: 0o600 });
    for (let index = 0; index < workerCount; index++) proxies.push(await startProxy(postgres.socketPath));
    workers.push(...(await Promise.all(proxies.map((proxy) => startWith(proxy, membershipTimeoutMs)))));
    load = createLoad(() => workers.map(({ address }) => address), random);
  });
  after(async () => {
    await Promise.all(workers.map((worker) => worker.kill()));
    for (const proxy of proxies) await proxy.close();
    await postgres?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const secret = join(folder, "secret");

  function startWith(proxy, timeoutMs) {
    return startWorker([
      ...["--postgres", proxy.through(url), "--blobs", join(folder, "blobs"), "--max-hot", "12"],
      ...["--cluster-secret-file", secret, "--membership-timeout", `${timeoutMs}ms`],
    ]);
  }

  /** Runs cells, and lets something happen so many times, evenly among them; then every counter has to be exact. */
  async function underLoad(t, name, count, times, happen, sessions = sessionsOf(count)) {
    const keys = await load.makeSessions(name, sessions);
    const startMs = performance.now();
    const before = { ...load.figures };
    let happening = Promise.resolve();
    let done = 0;
    await load.run(keys, count, clients, (ended) => {
      if (done >= times || ended < ((done + 1) * count) / (times + 1)) return;
      const turn = done++;
      happening = happening.then(() => happen(turn));
    });
    await happening;
    assert.equal(done, times);
    await load.check(keys);
    const seconds = (performance.now() - startMs) / 1000;
    const { cells, lost, retries, attempts } = load.figures;
    t.diagnostic(
      `${cells - before.cells} cells in ${seconds.toFixed(1)} s; ${attempts - before.attempts} attempts, ` +
        `${retries - before.retries} times asked again, ${lost - before.lost} lost`,
    );
    return keys;
  }

  test(`workers that are killed ${kills} times lose no cell, and none takes effect twice`, async (t) => {
    await underLoad(t, "killed", cells, kills, async () => {
      const worker = workers[random(workers.length)];
      await worker.kill();
      await worker.startAgain();
    });
  });

  test("a database that is restarted, or crashes, loses no cell", async (t) => {
    // So few sessions that a thorough run makes their chains long, and has them compacted.
    const happen = (turn) => (turn % 2 ? postgres.crash() : postgres.restart());
    await underLoad(t, "restarted", fewerCells, disturbances, happen, 6);
  });

  test("commits whose answers are cut off take effect once", async (t) => {
    let lost = 0;
    let isOver = false;
    let end;
    const over = new Promise((resolve) => {
      end = resolve;
    });
    const cutting = proxies.map(async (proxy) => {
      while (!isOver) {
        const cut = proxy.loseAnswerTo("commit-cell").then(() => lost++);
        await Promise.race([cut, over]);
        await Promise.race([sleep(200), over]);
      }
    });
    const keys = await load.makeSessions("cut", sessionsOf(fewerCells));
    await load.run(keys, fewerCells, clients);
    isOver = true;
    end();
    await Promise.all(cutting);
    await load.check(keys);
    assert.ok(lost > 0);
    t.diagnostic(`${lost} answers were cut off`);
  });

  test("a worker behind a partition loses its sessions to others, and comes back without them", async (t) => {
    await underLoad(t, "partitioned", fewerCells, disturbances / 2, async (turn) => {
      const proxy = proxies[turn % workerCount];
      proxy.partition();
      await sleep(1.5 * membershipTimeoutMs);
      proxy.heal();
    });
  });

  test("workers whose clocks are wrong, and jump, change nothing", async (t) => {
    for (const [index, days] of ["400", "-400", "jumping"].entries()) {
      await workers[index].kill();
      await workers[index].startAgain({ NODE_OPTIONS: `--require=${clock}`, CLOCK_SHIFT_DAYS: days });
    }
    await underLoad(t, "clocks", fewerCells, 1, async () => {
      await workers[2].kill();
      await workers[2].startAgain({ NODE_OPTIONS: `--require=${clock}`, CLOCK_SHIFT_DAYS: "-30" });
    });
    for (const worker of workers) {
      await worker.kill();
      await worker.startAgain();
    }
  });

  const plain = { "content-type": "application/octet-stream" };
  const contentOf = async (client, key) => client.ask("GET", `/v1/sessions/${key}/files/told`);

  /** Sessions that live in that worker, and have a file. */
  async function sessionsIn(worker, name) {
    const own = worker.client;
    const alone = createLoad(() => [worker.address], random);
    const keys = await alone.makeSessions(name, 6);
    for (const key of keys) {
      await alone.add(key);
      await own.ask("PUT", `/v1/sessions/${key}/files/told`, Buffer.from("old"), plain);
      assert.equal(new TextDecoder().decode((await contentOf(own, key)).body), "old");
    }
    const { body: metrics } = await own.ask("GET", "/metrics");
    assert.match(new TextDecoder().decode(metrics), /^wasm_repl_hot_sessions ([6-9]|\d\d)/m);
    return keys;
  }

  /** Changes the file of each by way of another worker, as soon as that may. */
  async function change(keys, worker) {
    for (const key of keys) {
      for (;;) {
        const answer = await worker.client
          .ask("PUT", `/v1/sessions/${key}/files/told`, Buffer.from("new"), plain)
          .catch(() => ({ status: 503 }));
        if (answer.status < 300) break;
        assert.equal(answer.status, 503, JSON.stringify(answer.body));
        await sleep(50);
      }
    }
  }

  test("a worker that was frozen past its ownership tells nothing old when it is woken", async (t) => {
    const [frozen, other] = workers;
    const keys = await sessionsIn(frozen, "asleep");
    const own = frozen.client;
    frozen.freeze();
    // They wait in its sockets, and are what it sees first when it is woken.
    const asked = keys.map((key) => contentOf(own, key));
    const cellsAsked = keys.map((key) => own.cell(key, "n + 0", "stale"));
    await change(keys, other);
    frozen.wake();
    const answers = await Promise.all(asked);
    for (const { status, body } of answers) {
      if (status === 200) assert.equal(new TextDecoder().decode(body), "new");
      else assert.equal(status, 503, JSON.stringify(body));
    }
    for (const { status, body } of await Promise.all(cellsAsked)) {
      if (status === 200) assert.equal(body.result.result, "1");
      else assert.equal(status, 503, JSON.stringify(body));
    }
    t.diagnostic(`${answers.filter(({ status }) => status === 503).length} of ${keys.length} were refused`);
    for (const key of keys) {
      const { body } = await contentOf(other.client, key);
      assert.equal(new TextDecoder().decode(body), "new");
    }
  });

  test("a worker that does not know yet that it is none any more tells nothing old", async (t) => {
    const [, other] = workers;
    // It would find out by itself within a minute, which is more than the test takes.
    const unknowing = await startWith(proxies[0], 120_000);
    t.after(() => unknowing.kill());
    const keys = await sessionsIn(unknowing, "unknowing");
    proxies[0].muffle("pg_advisory_lock");
    await postgres.query(
      `SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l JOIN wasm_repl.workers AS w
       ON l.locktype = 'advisory' AND l.mode = 'ExclusiveLock'
       AND (l.classid::bigint << 32) + l.objid::bigint = w.lock WHERE w.address = '${unknowing.address}'`,
      "test_1",
    );
    const answered = await Promise.all(
      keys.map(async (key) => {
        await change([key], other);
        return contentOf(unknowing.client, key);
      }),
    );
    assert.doesNotMatch(unknowing.log, /the membership is lost/);
    for (const { status, body } of answered) {
      if (status === 200) assert.equal(new TextDecoder().decode(body), "new");
      else assert.equal(status, 503, JSON.stringify(body));
    }
    t.diagnostic(`${answered.filter(({ status }) => status === 503).length} of ${keys.length} were refused`);
    proxies[0].heal();
    for (const key of keys)
      assert.equal(new TextDecoder().decode((await contentOf(other.client, key)).body), "new");
  });
});
