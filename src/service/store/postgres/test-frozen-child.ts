// Joins, claims a session, begins a cell, and says so. When it is told to by a line on its standard input it commits,
// and tells with what outcome; and it tells when its membership is lost: `node test-frozen-child.js URL TIMEOUT`.
import { createInterface } from "node:readline";
import { cell, description } from "../test-store-fixture.js";
import { openPostgresStore } from "./open-postgres-store.js";

const [url, timeout] = process.argv.slice(2) as [string, string];
const store = await openPostgresStore(url, { membershipTimeoutMs: Number(timeout) });
const membership = await store.join(description);
membership.lost.then(() => console.log("lost"));
const outcome = await store.claim("frozen", membership.worker.id);
if (!("claimed" in outcome)) throw new Error("not claimed");
const claim = outcome.claimed;
await store.beginCell(claim, cell("c"));
console.log("begun");
for await (const _ of createInterface(process.stdin)) {
  const commit = { cell: "c", status: "ended", result: '"late"', calls: [], answered: [] } as const;
  const told = await store.commitCell(claim, commit).catch((error: Error) => error.name);
  console.log(typeof told === "string" ? told : told.fenced ? "fenced" : "committed");
}
process.exit();
