// Commits a cell after the other and tells of each that it was committed: `node test-committing-child.js DIRECTORY`.
import { delta, description, part, runCell, whole } from "../test-store-fixture.js";
import { openSqliteStore } from "./open-sqlite-store.js";

const store = openSqliteStore(process.argv[2] as string);
const { worker } = await store.join(description);
await store.createSession({ key: "counter", language: "python", spec: "{}" });
const outcome = await store.claim("counter", worker.id);
if (!("claimed" in outcome)) throw new Error("not claimed");
let claim = outcome.claimed;
let last = (await store.readState("counter")).at(-1);
const count = () => (last && "bytes" in last ? Number(Buffer.from(last.bytes)) : 0);
process.stdout.write(`${count()}\n`);
for (;;) {
  const next = count() + 1;
  const state = part(`${next}`);
  claim = await runCell(store, claim, `cell-${next}`, next % 20 === 1 ? whole(state) : delta(state));
  process.stdout.write(`${next}\n`);
  last = (await store.readState("counter")).at(-1);
}
