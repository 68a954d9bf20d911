// Opens 200 Python sessions, uses them, crashes 50 and closes all. Prints the process's resident memory in MB: before,
// with all of them, after 10,000 runs, and when it has come to rest after their end.
import { setTimeout as pause } from "node:timers/promises";
import { createSession } from "../dist/index.js";

const sessionCount = 200;
const runsOfEach = 50;
const crashEvery = 4;
/** Idle threads are replaced after five seconds. */
const restMs = 10_000;

const residentMb = () => process.memoryUsage.rss() / 1e6;

const first = await createSession("python");
await first.run("x = 5");
await first.close();
const before = residentMb();
const sessions = [];
for (let count = 0; count < sessionCount; count++) {
  const session = await createSession("python");
  await session.run("x = 5; print(x)");
  sessions.push(session);
}
const live = residentMb();
for (let run = 0; run < runsOfEach; run++) {
  for (const session of sessions) await session.run(`x += ${run}; print(x)`);
}
for (const [index, session] of sessions.entries()) {
  if (index % crashEvery === 0) await session.run("import os; os._exit(3)");
}
const used = residentMb();
for (const session of sessions) await session.close();
await pause(restMs);
console.log(JSON.stringify({ before, live, used, closed: residentMb() }));
