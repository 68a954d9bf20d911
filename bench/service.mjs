// The service, each cell durable, beside the library in one process that takes a snapshot of what changed after each cell
// and keeps nothing. Both languages by turns; the clients are those of `wasm-repl/client`, in this process.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startPostgres, withoutPostgres } from "../build/service/store/postgres/test-postgres.js";
import { connect } from "../dist/client/index.js";
import { createSession } from "../dist/index.js";
import { median } from "./measure.mjs";
import { command } from "./paths.mjs";

const clientCount = 8;
const mostSessions = 200;
const languages = ["python", "javascript"];
const languageOf = (number) => languages[number % languages.length];
const first = { python: "n = 0", javascript: "var n = 0" };
const cell = "n += 1\nn";
const workers = 3;

export async function service({ runs, sessions }) {
  const count = Math.min(sessions, mostSessions);
  const cells = runs * 100;
  const library = await measureLibrary(count, cells, runs);
  const rows = await measureSqlite(library, count, cells, runs);
  if (withoutPostgres) rows.push({ what: "service on PostgreSQL", skipped: withoutPostgres });
  else rows.push(...(await measurePostgres(library, count, cells, runs)));
  return rows;
}

/** Runs cells with so many at a time, each in a session that comes by chance. Gives cells a second. */
async function throughput(cells, count, run) {
  let left = cells;
  let random = 1;
  const work = async (client) => {
    while (left > 0) {
      left--;
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      await run(Math.floor((random / 2 ** 32) * count), client);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: clientCount }, (_, client) => work(client)));
  return (cells / (performance.now() - start)) * 1000;
}

/** How long something takes, in milliseconds, in order. */
async function times(runs, action) {
  const samples = [];
  for (let turn = 0; turn < runs; turn++) samples.push(await action());
  return samples.sort((a, b) => a - b);
}

const p95 = (sorted) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))];

async function timed(action) {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

async function measureLibrary(count, cells, runs) {
  const live = await Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const session = await createSession(languageOf(number), { checkpoints: false });
      const { snapshot } = await session.run(first[languageOf(number)], { snapshot: true });
      return { session, since: snapshot, turn: Promise.resolve() };
    }),
  );
  const run = (number) => {
    const each = live[number];
    // A snapshot is of what the one before was of: one at a time.
    each.turn = each.turn.then(async () => {
      const { snapshot } = await each.session.run(cell, { snapshot: { since: each.since } });
      each.since = snapshot;
    });
    return each.turn;
  };
  const cellsPerSecond = await throughput(cells, count, run);
  const hot = await times(runs * 5, () => timed(() => run(0)));
  await Promise.all(live.map(({ session }) => session.close()));
  return { cellsPerSecond, hot };
}

/** Starts a worker. Gives its address, its resident memory in MB, and how to end it. */
async function startWorker(options, env = {}) {
  const child = spawn(command("wasm-repl"), ["serve", "--listen", "127.0.0.1:0", ...options], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const [line] = await Promise.race([
    new Promise((resolve) => createInterface(child.stdout).once("line", (text) => resolve([text]))),
    ended.then((code) => {
      throw new Error(`the service ended with ${code}`);
    }),
  ]);
  return {
    url: line.replace("listening on ", ""),
    residentMb: () =>
      Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1]) / 1000,
    end() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

async function makeSessions(client, count) {
  const made = [];
  for (let number = 0; number < count; number++) {
    const session = await client.createSession(`bench-${number}`, languageOf(number));
    await session.run(first[languageOf(number)]);
    made.push(session);
  }
  return made;
}

async function measureSqlite(library, count, cells, runs) {
  const data = mkdtempSync(join(tmpdir(), "wasm-repl-bench-"));
  const worker = await startWorker(["--data", data, "--max-hot", String(count)]);
  try {
    const bareMb = worker.residentMb();
    const client = connect({ url: worker.url });
    const sessions = await makeSessions(client, count);
    const cellsPerSecond = await throughput(cells, count, (number) => sessions[number].run(cell));
    const hotMb = (worker.residentMb() - bareMb) / count;
    const storedKb = bytesIn(data) / count / 1000;
    const what = (text) => `service on SQLite: ${text}`;
    return [
      ...(await latencies(what, library, cellsPerSecond, sessions[0], runs)),
      { what: what("memory of a hot session, both languages"), ours: hotMb, unit: "MB" },
      { what: what("hot sessions in a GB of memory"), ours: 1000 / hotMb, unit: "sessions" },
      { what: what("a cold session in the store, its cells included"), ours: storedKb, unit: "kB" },
      { what: what("cold sessions in a GB of the store"), ours: 1e6 / storedKb, unit: "sessions" },
    ];
  } finally {
    await worker.end();
    rmSync(data, { recursive: true });
  }
}

async function measurePostgres(library, count, cells, runs) {
  const directory = mkdtempSync(join(tmpdir(), "wasm-repl-bench-"));
  const postgres = await startPostgres();
  const started = [];
  try {
    const secret = join(directory, "secret");
    writeFileSync(secret, `${randomBytes(32).toString("hex")}\n`);
    mkdirSync(join(directory, "blobs"));
    const start = async (database) => {
      const worker = await startWorker(
        ["--blobs", join(directory, "blobs"), "--cluster-secret-file", secret, "--max-hot", String(count)],
        { WASM_REPL_POSTGRES: database },
      );
      started.push(worker);
      return worker;
    };
    const alone = await start(await postgres.createDatabase());
    const sessions = await makeSessions(connect({ url: alone.url }), count);
    const cellsPerSecond = await throughput(cells, count, (number) => sessions[number].run(cell));
    const rows = await latencies(
      (text) => `service on PostgreSQL: ${text}`,
      library,
      cellsPerSecond,
      sessions[0],
      runs,
    );
    await alone.end();

    const shared = await postgres.createDatabase();
    const urls = [];
    for (let number = 0; number < workers; number++) urls.push((await start(shared)).url);
    const clients = urls.map((url) => connect({ url }));
    const keys = (await makeSessions(clients[0], count)).map(({ key }) => key);
    // Each worker gets its part, and two of three requests come to another.
    const at = await Promise.all(
      clients.map((client) => Promise.all(keys.map((key) => client.openSession(key)))),
    );
    for (const [number] of keys.entries()) {
      await at[0][number].evict();
      await at[number % workers][number].run(cell);
    }
    const ofMany = await throughput(cells, count, (number, client) => at[client % workers][number].run(cell));
    rows.push(rate(`service on PostgreSQL, ${workers} workers, any of them asked: a cell`, ofMany, library));
    return rows;
  } finally {
    await Promise.all(started.map((worker) => worker.end()));
    await postgres.end();
    rmSync(directory, { recursive: true });
  }
}

/** As the time for each of all cells: less is better, as everywhere in the table. */
function rate(what, cellsPerSecond, library) {
  return {
    what,
    ours: 1000 / cellsPerSecond,
    other: 1000 / library.cellsPerSecond,
    otherName: "the library, a snapshot each",
    unit: "ms",
    goal: 1.11,
  };
}

async function latencies(what, library, cellsPerSecond, session, runs) {
  const hot = await times(runs * 5, () => timed(() => session.run(cell)));
  const revived = await times(runs, async () => {
    await session.evict();
    return timed(() => session.run(cell));
  });
  const stopped = await times(runs, async () => {
    let stop;
    const begun = new Promise((resolve) => {
      stop = resolve;
    });
    const run = session.run("print('on', flush=True)\nwhile True: pass", { onOutput: stop });
    await begun;
    return timed(async () => {
      await session.interrupt();
      const result = await run;
      if (result.stopped !== "interrupt") throw new Error(JSON.stringify(result));
    });
  });
  return [
    rate(what(`a cell, ${clientCount} clients at once`), cellsPerSecond, library),
    {
      what: what("a hot cell, median"),
      ours: median(hot),
      other: median(library.hot),
      otherName: "the library",
      unit: "ms",
    },
    {
      what: what("a hot cell, more than the library's"),
      ours: median(hot) - median(library.hot),
      unit: "ms",
      goal: 5,
    },
    {
      what: what("a hot cell, 95 of 100"),
      ours: p95(hot),
      other: p95(library.hot),
      otherName: "the library",
      unit: "ms",
    },
    { what: what("a cold session's cell, median"), ours: median(revived), unit: "ms", goal: 50 },
    { what: what("a cold session's cell, 95 of 100"), ours: p95(revived), unit: "ms" },
    { what: what("an interrupt, to the cell's answer, median"), ours: median(stopped), unit: "ms" },
  ];
}

function bytesIn(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0);
}
