// Sessions in a tab of Chromium, beside Pyodide from its npm package in the same Chromium: both from a server on this
// machine that sends files as they are.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { chromiumSkip, launchChromium, openPage } from "../test/browser/chromium.mjs";
import { serve } from "../test/browser/static-server.mjs";
import { alternate, median } from "./measure.mjs";
import { benchFile } from "./paths.mjs";

const goals = { megabytes: 5.2, first: 0.5, cellMs: 1, tenSessionsMb: 400 };
const mostRuns = 7;
const cells = 200;
const megabyte = 1e6;

export async function browser({ runs }) {
  if (chromiumSkip) return [{ what: "sessions in a tab", skipped: chromiumSkip }];
  const pyodide = dirname(createRequire(import.meta.url).resolve("pyodide/package.json"));
  const [ours, others] = [await serve(true, pages), await serve(true, pages, pyodide)];
  const chromium = await launchChromium();
  try {
    return [
      ...(await firstResults(chromium, ours, others, Math.min(runs, mostRuns))),
      ...(await inSessions(chromium, ours)),
      ...(await stops(chromium)),
      ...(await tenSessions(chromium, ours)),
    ];
  } finally {
    await chromium.close();
    for (const server of [ours, others]) server.close();
  }
}

const page = (script) =>
  `<!doctype html><link rel="icon" href="data:,"><script type="module">${script}
document.title = String(performance.now());</script>`;

/** Pages whose title is the milliseconds from their beginning to the first result. */
const pages = {
  "/ours.html": page(`import { createSession } from "/dist/browser/index.js";
const session = await createSession("python");
if ((await session.run("6 * 7")).result !== "42") throw new Error("wrong");`),
  "/other.html": page(`import { loadPyodide } from "/pyodide.mjs";
const pyodide = await loadPyodide();
if (pyodide.runPython("6 * 7") !== 42) throw new Error("wrong");`),
};

/** With nothing kept from before, and once more in the same profile. */
async function firstResults(chromium, ours, others, runs) {
  const warm = { ours: [], other: [] };
  const measure = (name, server) => async () => {
    const context = await chromium.createBrowserContext();
    const visit = async () => {
      const page = await context.newPage();
      await page.goto(new URL(`${name}.html`, server.url).href);
      await page.waitForFunction(() => document.title !== "", { timeout: 60_000 });
      const ms = Number(await page.title());
      await page.close();
      return ms;
    };
    const cold = await visit();
    // The first time that code comes from the cache, it is compiled for keeps.
    await visit();
    warm[name].push(await visit());
    await context.close();
    return cold;
  };
  const cold = await alternate(runs, { ours: measure("ours", ours), other: measure("other", others) });
  const otherName = "Pyodide";
  return [
    {
      what: "bytes before a tab's first result, with Brotli",
      ours: compressedBytes(ours, "ours.html", benchFile("..")) / megabyte,
      unit: "MB",
      goal: goals.megabytes,
    },
    { what: "a tab's first result, cold", ...cold, otherName, unit: "ms", goal: goals.first },
    {
      what: "a tab's first result, warm",
      ours: median(warm.ours.slice(1)),
      other: median(warm.other.slice(1)),
      otherName,
      unit: "ms",
      goal: goals.first,
    },
  ];
}

/** What was asked of a server, compressed as servers keep it. */
function compressedBytes({ requests }, name, root) {
  const paths = new Set(requests.filter((path) => path !== "/" && path !== `/${name}`));
  let bytes = 0;
  for (const path of paths) {
    const file = readFileSync(join(root, path));
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: file.length,
    };
    bytes += brotliCompressSync(file, { params }).length;
  }
  return bytes;
}

async function inSessions(chromium, server) {
  const page = await openPage(chromium, server.url);
  const rows = [];
  for (const [language, code] of [
    ["python", "n = globals().get('n', 0) + 1"],
    ["javascript", "globalThis.n = (globalThis.n ?? 0) + 1"],
  ]) {
    const times = await page.evaluate(
      async (language, code, count) => {
        const session = await library.createSession(language);
        const times = { cell: [], snapshot: [], restore: [], create: [] };
        const time = async (name, action) => {
          const start = performance.now();
          const result = await action();
          times[name].push(performance.now() - start);
          return result;
        };
        for (let turn = 0; turn < count; turn++) await time("cell", () => session.run(code));
        for (let turn = 0; turn < 10; turn++) {
          const snapshot = await time("snapshot", () => session.snapshot());
          const other = await time("restore", () => library.createSession(language, { snapshot }));
          await other.close();
          const fresh = await time("create", () => library.createSession(language));
          await fresh.close();
        }
        await session.close();
        return times;
      },
      language,
      code,
      cells,
    );
    const row = (name, what) => ({ what: `${what} in a tab`, ours: median(times[name]), unit: "ms" });
    rows.push(
      { ...row("cell", `a ${language} cell`), goal: goals.cellMs },
      row("create", `a further ${language} session`),
      row("snapshot", `a snapshot of a small ${language} session`),
      row("restore", `a ${language} session from that`),
    );
  }
  await page.close();
  return rows;
}

/** From the wish to the end of an endless run. */
async function stops(chromium) {
  const rows = [];
  for (const isIsolated of [true, false]) {
    const server = await serve(isIsolated);
    const page = await openPage(chromium, server.url);
    const times = await page.evaluate(async () => {
      const times = [];
      const session = await library.createSession("python");
      await session.run("n = 5");
      for (let turn = 0; turn < 10; turn++) {
        await session.run("n");
        const running = session.run("while True: pass");
        await new Promise((done) => setTimeout(done, 100));
        const start = performance.now();
        session.interrupt();
        await running;
        times.push(performance.now() - start);
      }
      await session.close();
      return times;
    });
    await page.close();
    server.close();
    const where = isIsolated ? "a tab" : "a tab that is not isolated";
    rows.push({ what: `an interrupt in ${where}`, ours: median(times), unit: "ms" });
  }
  return rows;
}

async function tenSessions(chromium, server) {
  if (process.platform !== "linux") return [];
  const page = await openPage(chromium, server.url);
  const before = memoryBytes(chromium.process().pid);
  await page.evaluate(async () => {
    globalThis.sessions = [];
    for (let number = 0; number < 10; number++) {
      const session = await library.createSession("python");
      await session.run(`own = ${number}`);
      sessions.push(session);
    }
  });
  const bytes = memoryBytes(chromium.process().pid) - before;
  await page.close();
  return [
    { what: "ten Python sessions in a tab", ours: bytes / megabyte, unit: "MB", goal: goals.tenSessionsMb },
  ];
}

/** What a process and its descendants have in memory, what they share counted once. */
function memoryBytes(root) {
  const parents = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 4).split(" ")[0]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const isOurs = (pid) => pid === root || (parents.has(pid) && isOurs(parents.get(pid)));
  let bytes = 0;
  for (const pid of parents.keys()) {
    if (!isOurs(pid)) continue;
    try {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      bytes += 1024 * Number(/^Pss: +(\d+)/m.exec(rollup)?.[1] ?? 0);
    } catch {
      // It has ended meanwhile.
    }
  }
  return bytes;
}
