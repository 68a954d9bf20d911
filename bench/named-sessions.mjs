// Many named Python sessions in one process, of which four have an interpreter: memory, and how long hibernating, waking
// and both together take. `--sessions 10000` is the number that the goal speaks of.
import { median, processOutput } from "./measure.mjs";
import { benchFile } from "./paths.mjs";

export async function namedSessions({ runs, sessions }) {
  const child = benchFile("named-sessions-child.mjs");
  const output = await processOutput(process.execPath, [child, String(sessions), String(5 * runs)]);
  const { firstMb, allMb, first, answerMs, hibernateMs, wakeMs } = JSON.parse(output);
  const what = `${sessions} named python sessions`;
  const eachKb = ((allMb - firstMb) / (sessions - first)) * 1000;
  return [
    { what: `${what}: memory of the process`, ours: allMb, unit: "MB", goal: 2000 },
    { what: `${what}: of each that hibernates`, ours: eachKb, unit: "kB", goal: 1000 },
    { what: `${what}: one makes room, and another answers`, ours: median(answerMs), unit: "ms" },
    { what: "a python session hibernates", ours: median(hibernateMs), unit: "ms" },
    { what: "a python session wakes and answers", ours: median(wakeMs), unit: "ms", goal: 8 },
  ];
}
