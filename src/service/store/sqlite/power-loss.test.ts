import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Claim } from "../store.js";
import { chain, delta, description, part, runCell, whole } from "../test-store-fixture.js";
import { openSqliteStore } from "./open-sqlite-store.js";
import { watchWrites } from "./test-power-loss.js";

test("a machine that stops, and keeps of what was not waited for whatever it likes, loses no commit that was told", async () => {
  const parent = mkdtempSync(join(tmpdir(), "wasm-repl-power-"));
  const directory = join(parent, "store");
  const writes = watchWrites(directory);
  try {
    const store = openSqliteStore(directory);
    const { worker } = await store.join(description);
    await store.createSession({ key: "k", language: "python", spec: "{}" });
    const outcome = await store.claim("k", worker.id);
    assert.ok("claimed" in outcome);
    let claim: Claim = outcome.claimed;
    let seed = 1;
    const chance = () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return seed / 2 ** 32;
    };
    // Far enough that the log is written back into the file several times, and begins anew.
    for (let count = 1; count <= 70; count++) {
      const state = part(`${count} `.padEnd(count % 7 === 0 ? 120_000 : 3000, "."));
      claim = await runCell(store, claim, `${count}`, count % 10 === 1 ? whole(state) : delta(state));
      if (count % 7 !== 0) continue;
      for (const share of [0, 0.5]) {
        const copy = join(parent, `copy-${count}-${share}`);
        writes.leaveIn(copy, () => chance() < share);
        const left = openSqliteStore(copy);
        const contents = (await chain(left, "k")).map((content) => Number.parseInt(content, 10));
        assert.equal(contents.at(-1), count);
        assert.equal(contents.length, ((count - 1) % 10) + 1);
        assert.equal((await left.getCell("k", `${count}`))?.status, "ended");
        await left.close();
        rmSync(copy, { recursive: true });
      }
    }
    await store.close();
  } finally {
    writes.end();
    rmSync(parent, { recursive: true });
  }
});
