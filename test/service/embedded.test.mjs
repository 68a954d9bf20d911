// What the service promises of one process that keeps its sessions in a directory: whatever was answered is there after
// kill -9, and each cell takes effect once.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { seededRandom } from "../attacks/random.mjs";
import { createLoad } from "./load.mjs";
import { temporaryDirectory } from "./service.mjs";
import { startWorker } from "./worker-process.mjs";

/** How often the process is killed; a thorough run sets 100. */
const kills = Number(process.env.WASM_REPL_TEST_KILLS ?? 3);
/** So many cells are answered between two kills, at most. */
const mostBetween = 8;

test(`killed ${kills} times under load, the process loses nothing that was answered`, async (t) => {
  const folder = temporaryDirectory();
  const random = seededRandom(Number(process.env.WASM_REPL_TEST_SEED ?? 1));
  const worker = await startWorker(["--data", join(folder, "data"), "--max-hot", "8"]);
  t.after(async () => {
    await worker.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const load = createLoad(() => [worker.address], random);
  const startMs = performance.now();
  const keys = await load.makeSessions("embedded", 12);
  for (let kill = 0; kill < kills; kill++) {
    let left = 1 + random(mostBetween);
    let restarted;
    await load.run(keys, mostBetween + 4, 6, () => {
      if (--left === 0) restarted = worker.kill().then(() => worker.startAgain());
    });
    await restarted;
  }
  await load.check(keys);
  const { cells, attempts, retries, lost } = load.figures;
  assert.ok(attempts >= cells);
  t.diagnostic(
    `${cells} cells in ${((performance.now() - startMs) / 1000).toFixed(1)} s; ${attempts} attempts, ` +
      `${retries} times asked again, ${lost} lost`,
  );
});
