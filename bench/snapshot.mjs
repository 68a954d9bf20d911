// A snapshot of a small session to a file, and a session from that file, in one process.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSession } from "../dist/index.js";
import { alternate, timeMs } from "./measure.mjs";

const programs = {
  python: "import re\nx = {n: str(n) for n in range(100)}\ndef f(n): return x[n]",
  javascript: "const x = new Map([[1, 'one']]); function f(n) { return x.get(n); }",
};
const goalsMs = { save: 5, restore: 5 };
const goalKb = 200;

export async function snapshot({ runs }) {
  const directory = mkdtempSync(join(tmpdir(), "wasm-repl-bench-"));
  try {
    const rows = [];
    for (const language of Object.keys(programs)) {
      rows.push(...(await measure(language, join(directory, `${language}.session`), runs)));
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function measure(language, file, runs) {
  const session = await createSession(language);
  await session.run(programs[language]);
  const { save, restore } = await alternate(runs, {
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
  const what = `snapshot of a small ${language} session`;
  return [
    { what: `${what}, to disk`, ours: save, unit: "ms", goal: goalsMs.save },
    { what: `${what}, and back`, ours: restore, unit: "ms", goal: goalsMs.restore },
    { what: `${what}, size`, ours: statSync(file).size / 1000, unit: "kB", goal: goalKb },
  ];
}
