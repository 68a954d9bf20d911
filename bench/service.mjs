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
const turns = 4;
const atOnce = `a cell, ${clientCount} clients at once`;

export async function service({ runs, sessions }) {
  const count = Math.min(sessions, mostSessions);
  const cells = runs * 100;
  const library = await openLibrary(count);
  try {
    const rows = await measureSqlite(library, count, cells, runs);
    if (withoutPostgres) rows.push({ what: "service on PostgreSQL", skipped: withoutPostgres });
    else rows.push(...(await measurePostgres(library, count, cells, runs)));
    return rows;
  } finally {
    await library.close();
  }
}

/** Runs cells with so many at a time, each in a session that comes by chance. Gives the milliseconds. */
function runAll(cells, count, run) {
  let left = cells;
  let random = 1;
  const work = async (client) => {
    while (left > 0) {
      left--;
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      await run(Math.floor((random / 2 ** 32) * count), client);
    }
  };
  return timed(() => Promise.all(Array.from({ length: clientCount }, (_, client) => work(client))));
}

/** By turns, since other work on the machine comes and goes. As the time for each of all cells. */
async function rate(what, library, cells, count, run) {
  const sums = { ours: 0, other: 0 };
  await runAll(count, count, run);
  for (let turn = 0; turn < turns; turn++) {
    sums.other += await runAll(cells / turns, count, library.run);
    sums.ours += await runAll(cells / turns, count, run);
  }
  return {
    what,
    ours: sums.ours / cells,
    other: sums.other / cells,
    otherName: "the library, a snapshot each",
    unit: "ms",
    goal: 1.11,
  };
}

/** What something measures, so many times. */
async function times(runs, action) {
  const samples = [];
  for (let turn = 0; turn < runs; turn++) samples.push(await action());
  return samples;
}

function p95(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))];
}

async function timed(action) {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** As many sessions in this process, each cell with a snapshot of what it has changed. */
async function openLibrary(count) {
  const live = [];
  for (let number = 0; number < count; number++) {
    const session = await createSession(languageOf(number), { checkpoints: false });
    const { snapshot } = await session.run(first[languageOf(number)], { snapshot: true });
    live.push({ session, since: snapshot, turn: Promise.resolve() });
  }
  return {
    run(number) {
      const each = live[number];
      // A snapshot is of what has changed since the one before: one at a time.
      each.turn = each.turn.then(async () => {
        const { snapshot } = await each.session.run(cell, { snapshot: { since: each.since } });
        each.since = snapshot;
      });
      return each.turn;
    },
    close: () => Promise.all(live.map(({ session }) => session.close())),
  };
}

/** Starts a worker. Gives its address, its resident memory in MB, and how to end it. */
async function startWorker(options, env = {}) {
  const child = spawn(command("wasm-repl"), ["serve", "--listen", "127.0.0.1:0", ...options], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "ignore"],
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
    const what = (text) => `service on SQLite: ${text}`;
    const bareMb = worker.residentMb();
    const client = connect({ url: worker.url });
    const sessions = await makeSessions(client, count);
    const all = await rate(what(atOnce), library, cells, count, (number) => sessions[number].run(cell));
    const hotMb = (worker.residentMb() - bareMb) / count;
    const storedKb = bytesIn(data) / count / 1000;
    return [
      all,
      ...(await latencies(what, library, sessions[0], runs)),
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
    const what = (text) => `service on PostgreSQL: ${text}`;
    const rows = [
      await rate(what(atOnce), library, cells, count, (number) => sessions[number].run(cell)),
      ...(await latencies(what, library, sessions[0], runs)),
    ];
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
    const run = (number, client) => at[client % workers][number].run(cell);
    rows.push(
      await rate(what(`${workers} workers, any of them asked: ${atOnce}`), library, cells, count, run),
    );
    return rows;
  } finally {
    await Promise.all(started.map((worker) => worker.end()));
    await postgres.end();
    rmSync(directory, { recursive: true });
  }
}

async function latencies(what, library, session, runs) {
  const hot = { ours: [], other: [] };
  for (let turn = 0; turn < runs * 5; turn++) {
    hot.other.push(await timed(() => library.run(0)));
    hot.ours.push(await timed(() => session.run(cell)));
  }
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
    {
      what: what("a hot cell, median"),
      ours: median(hot.ours),
      other: median(hot.other),
      otherName: "the library",
      unit: "ms",
    },
    {
      what: what("a hot cell, more than the library's"),
      ours: median(hot.ours) - median(hot.other),
      unit: "ms",
      goal: 5,
    },
    {
      what: what("a hot cell, 95 of 100"),
      ours: p95(hot.ours),
      other: p95(hot.other),
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
