// A fresh session for every call, one call after the other, for as long as it takes to settle: what a service does that
// runs each request's code by itself.
import { createPool } from "../dist/index.js";

const goalsMs = { python: 3.5, javascript: 0.6 };
const callsPerRun = 20;
const warmCalls = 50;

export async function freshSessions({ runs }) {
  const rows = [];
  for (const [language, goal] of Object.entries(goalsMs)) {
    const pool = await createPool(language);
    for (let call = 0; call < warmCalls; call++) await pool.run("1 + 1");
    const calls = runs * callsPerRun;
    const start = performance.now();
    for (let call = 0; call < calls; call++) await pool.run("1 + 1");
    const ours = (performance.now() - start) / calls;
    await pool.close();
    rows.push({ what: `a fresh ${language} session for every call, sustained`, ours, unit: "ms", goal });
  }
  return rows;
}
