// A new session in a process that has had one before.
import { setTimeout as pause } from "node:timers/promises";
import { createSession } from "../dist/index.js";
import { median } from "./measure.mjs";

const goalsMs = { python: 2, javascript: 1 };
/** Sessions are asked for one after the other, not in a burst. */
const pauseMs = 100;

export async function newSession({ runs }) {
  const rows = [];
  for (const [language, goal] of Object.entries(goalsMs)) {
    const { ready, answered } = await measure(language, runs);
    rows.push({ what: `new ${language} session`, ours: ready, unit: "ms", goal });
    rows.push({ what: `new ${language} session, to its first answer`, ours: answered, unit: "ms" });
  }
  return rows;
}

async function measure(language, runs) {
  const ready = [];
  const answered = [];
  for (let turn = 0; turn <= runs; turn++) {
    const start = performance.now();
    const session = await createSession(language);
    const readyMs = performance.now() - start;
    await session.run("1");
    const answeredMs = performance.now() - start;
    await session.close();
    if (turn > 0) {
      ready.push(readyMs);
      answered.push(answeredMs);
    }
    await pause(pauseMs);
  }
  return { ready: median(ready), answered: median(answered) };
}
