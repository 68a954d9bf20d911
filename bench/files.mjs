// Files through wasirun's host and through node:wasi: the same module, which times itself, on the same directory.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import wabt from "wabt";
import { median } from "./measure.mjs";
import { benchFile, command } from "./paths.mjs";

const lines = [
  ["writing 256 MB in calls of 64 KiB", 1.0],
  ["reading 256 MB in calls of 64 KiB", 1.0],
  ["10,000 stat calls", 2.0],
  ["10,000 stat calls for a name that is not there", undefined],
];

/** Writing to a disk varies more than what is measured here, so a few turns must do. */
const mostRuns = 7;

export async function files({ runs }) {
  const directory = mkdtempSync(join(tmpdir(), "wasm-repl-bench-"));
  try {
    const { parseWat } = await wabt();
    const module = join(directory, "files.wasm");
    const text = readFileSync(benchFile("files.wat"), "utf8");
    writeFileSync(module, parseWat("files.wat", text, {}).toBinary({}).buffer);
    const sides = {
      ours: [command("wasirun"), "--mount", `${directory}:/:rw`, module],
      other: ["--no-warnings", benchFile("node-wasi.mjs"), module, directory],
    };
    const samples = { ours: [], other: [] };
    for (let turn = 0; turn <= Math.min(runs, mostRuns); turn++) {
      for (const [name, args] of Object.entries(sides)) {
        const times = timesOf(args);
        if (turn > 0) samples[name].push(times);
      }
    }
    const middle = (name, index) => median(samples[name].map((times) => times[index]));
    return lines.map(([what, goal], index) => ({
      what,
      ours: middle("ours", index),
      other: middle("other", index),
      otherName: "node:wasi",
      unit: "ms",
      ...(goal === undefined ? {} : { goal }),
    }));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The module's four results, in milliseconds. */
function timesOf(args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args);
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}: ${stderr}`);
  return lines.map((_, index) => Number(stdout.readBigUInt64LE(index * 8)) / 1e6);
}
