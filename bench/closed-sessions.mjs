// What 200 Python sessions take while they live, and what stays of them after their end.
import { processOutput } from "./measure.mjs";
import { benchFile } from "./paths.mjs";

export async function closedSessions() {
  const output = await processOutput(process.execPath, [benchFile("closed-sessions-child.mjs")]);
  const { before, live, used, closed } = JSON.parse(output);
  return [
    { what: "200 Python sessions, each", ours: (live - before) / 200, unit: "MB" },
    { what: "the same after 10,000 runs and 50 crashes", ours: (used - before) / 200, unit: "MB" },
    { what: "memory after they were closed, over before", ours: closed - before, unit: "MB", goal: 150 },
  ];
}
