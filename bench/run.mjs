// npm run bench -- [NAME ...] [--runs N] [--sessions N] [--json FILE]
// Measures what the design set goals for, prints one table, and writes the figures to bench/results/.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { delimiter, dirname } from "node:path";
import { parseArgs } from "node:util";
import { benchmarks } from "./benchmarks.mjs";
import { processOutput } from "./measure.mjs";
import { benchFile } from "./paths.mjs";
import { formatTable } from "./table.mjs";

const { values: options, positionals: chosen } = parseArgs({
  options: {
    runs: { type: "string", default: "20" },
    sessions: { type: "string", default: "1000" },
    json: { type: "string" },
  },
  allowPositionals: true,
});
const runs = Number(options.runs);
const sessions = Number(options.sessions);
const strangers = chosen.filter((name) => !Object.hasOwn(benchmarks, name));
const isCount = (value) => Number.isInteger(value) && value >= 1;
if (strangers.length > 0 || !isCount(runs) || !isCount(sessions)) {
  console.error(
    strangers.length > 0
      ? `no benchmark is named ${strangers.join(" or ")}`
      : "--runs and --sessions take whole numbers",
  );
  console.error(`usage: npm run bench -- [NAME ...] [--runs N] [--sessions N] [--json FILE]`);
  console.error(`names: ${Object.keys(benchmarks).join(", ")}`);
  process.exit(2);
}

// The commands find their Node.js on the path: it is to be the one that runs this. Otherwise the path stays as it
// is, since python3 is looked up on it too.
if ((await processOutput("node", ["-p", "process.execPath"])).trim() !== process.execPath) {
  process.env.PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
}

const rows = [];
for (const name of chosen.length > 0 ? chosen : Object.keys(benchmarks)) {
  process.stderr.write(`${name} ...\n`);
  const measure = await benchmarks[name]();
  for (const row of await measure({ runs, sessions })) rows.push({ benchmark: name, ...row });
}
console.log(formatTable(rows));

const machine = {
  node: process.version,
  platform: process.platform,
  arch: process.arch,
  cpu: cpus()[0]?.model,
};
const date = new Date().toISOString();
const file = options.json ?? benchFile(`results/${date.replaceAll(":", "-")}.json`);
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ date, machine, runs, rows }, null, 2)}\n`);
