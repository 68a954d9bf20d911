// Many named Python sessions in one process, of which four have an interpreter: memory, and the answer of one that has
// none. `--sessions 10000` is the number that the goal speaks of.
import { median, processOutput } from "./measure.mjs";
import { benchFile } from "./paths.mjs";

export async function namedSessions({ runs, sessions }) {
  const child = benchFile("named-sessions-child.mjs");
  const output = await processOutput(process.execPath, [child, String(sessions), String(5 * runs)]);
  const { firstMb, allMb, first, wakingMs } = JSON.parse(output);
  const what = `${sessions} named python sessions`;
  return [
    { what: `${what}: memory of the process`, ours: allMb, unit: "MB", goal: 2000 },
    {
      what: `${what}: of each that hibernates`,
      ours: ((allMb - firstMb) / (sessions - first)) * 1000,
      unit: "kB",
      goal: 1000,
    },
    { what: `${what}: waking and a cell`, ours: median(wakingMs), unit: "ms", goal: 8 },
  ];
}
