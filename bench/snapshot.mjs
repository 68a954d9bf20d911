// A snapshot of a small session to a file, and a session from that file, in one process; and what changed in a cell, in
// a small session and in one that has imported much.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSession } from "../dist/index.js";
import { alternate, timeMs } from "./measure.mjs";

const programs = {
  python: "import re\nx = {n: str(n) for n in range(100)}\ndef f(n): return x[n]",
  javascript: "const x = new Map([[1, 'one']]); function f(n) { return x.get(n); }",
};
const tenImports =
  "import asyncio, email.message, http.client, logging.config, unittest, xml.dom.minidom, sqlite3, decimal, argparse, csv";
const cells = { python: "y = [1, 2, 3]", javascript: "var y = [1, 2, 3]" };
const goalsMs = { bare: 5, save: 5, restore: 5, part: 3, partOfMuch: 5 };
const goalsKb = { whole: 200, partOfMuch: 50 };

export async function snapshot({ runs }) {
  const directory = mkdtempSync(join(tmpdir(), "wasm-repl-bench-"));
  try {
    const rows = [];
    for (const language of Object.keys(programs)) {
      rows.push(...(await measureWhole(language, join(directory, `${language}.session`), runs)));
      rows.push(...(await measureParts(language, "", goalsMs.part, runs)));
    }
    rows.push(...(await measureParts("python", tenImports, goalsMs.partOfMuch, runs)));
    return rows;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measureWhole(language, file, runs) {
  const bare = await createSession(language);
  const session = await createSession(language);
  await session.run(programs[language]);
  const { take, save, restore } = await alternate(runs, {
    take: () => timeMs(() => bare.snapshot()),
    save: () => timeMs(async () => writeFileSync(file, await session.snapshot())),
    restore: async () => {
      const start = performance.now();
      const restored = await createSession(language, { snapshot: readFileSync(file) });
      const time = performance.now() - start;
      await restored.close();
      return time;
    },
  });
  await session.close();
  await bare.close();
  const what = `snapshot of a small ${language} session`;
  return [
    { what: `snapshot of a bare ${language} session`, ours: take, unit: "ms", goal: goalsMs.bare },
    { what: `${what}, to disk`, ours: save, unit: "ms", goal: goalsMs.save },
    { what: `${what}, and back`, ours: restore, unit: "ms", goal: goalsMs.restore },
    { what: `${what}, size`, ours: statSync(file).size / 1000, unit: "kB", goal: goalsKb.whole },
  ];
}

/** What changed in a cell, after a program that is run before. */
async function measureParts(language, before, goal, runs) {
  const session = await createSession(language);
  await session.run(before);
  let since = await session.snapshot();
  const { part, both } = await alternate(runs, {
    part: async () => {
      await session.run(cells[language]);
      return timeMs(async () => {
        since = await session.snapshot({ since });
      });
    },
    both: () =>
      timeMs(async () => {
        since = (await session.run(cells[language], { snapshot: { since } })).snapshot;
      }),
  });
  await session.close();
  const what = `what changed in a ${language} cell${before === "" ? "" : " after ten imports"}`;
  return [
    { what, ours: part, unit: "ms", goal },
    { what: `${what}, with running it`, ours: both, unit: "ms" },
    { what: `${what}, size`, ours: since.length / 1000, unit: "kB", goal: goalsKb.partOfMuch },
  ];
}
