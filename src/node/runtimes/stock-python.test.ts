import assert from "node:assert/strict";
import { appendFileSync, cpSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guestOptions } from "../../session/options.js";
import { type StockBuild, stockBuildSkip as skip, unpackStockBuild } from "../../session/test-stock-build.js";
import { createSession } from "../sessions.js";
import { startThread } from "../threads/start-thread.js";
import { loadStockRuntime } from "./stock-python.js";

let build: StockBuild;
/** The same build, but for a module that its image holds. */
let changed: string;
/** The same build, but for a file of the library that its image has nothing of. */
let extended: string;
/** The same build in another place. */
let copied: string;

before(async () => {
  if (skip) return;
  build = await unpackStockBuild();
  [changed, extended, copied] = ["changed", "extended", "copied"].map((name) => {
    const directory = join(build.directory, "..", name);
    cpSync(build.directory, directory, { recursive: true });
    return directory;
  }) as [string, string, string];
  appendFileSync(join(changed, "lib", "python3.14", "json", "__init__.py"), '\nWHICH = "changed"\n');
  writeFileSync(join(extended, "lib", "python3.14", "which.py"), 'WHICH = "extended"\n');
});
after(() => build?.remove());

const question = `
import json, importlib.util
getattr(json, "WHICH", "extended" if importlib.util.find_spec("which") else "plain")
`;

test("sessions of several builds in one process each run their own, also with guests that are made ahead", {
  skip,
}, async () => {
  const builds = { plain: build.directory, changed, extended };
  for (let turn = 0; turn < 3; turn++) {
    for (const [which, runtimeDirectory] of Object.entries(builds)) {
      const session = await createSession("python", { runtimeDirectory });
      assert.equal((await session.run(question)).result, `'${which}'`);
      await session.close();
    }
  }
});

test("a guest that was made ahead for one build is not taken for another's", { skip }, async () => {
  const runtimes = await Promise.all(
    [build.directory, changed, extended].map((path) => loadStockRuntime(path)),
  );
  const thread = startThread();
  const options = guestOptions({ checkpoints: false });
  try {
    for (const made of runtimes) {
      for (const [index, which] of ["plain", "changed", "extended"].entries()) {
        const wanted = runtimes[index] ?? made;
        thread.prepare(made, options);
        await thread.open(wanted, options);
        const { result } = await thread.run({ mode: "cell", code: question, filename: "<cell>" });
        assert.equal(result.result, `'${which}'`);
      }
    }
  } finally {
    await thread.terminate();
  }
});

test("a build has one id for as long as nothing in it changes", {
  skip,
}, async () => {
  const idOf = async (directory: string, cache?: string) => (await loadStockRuntime(directory, cache)).id;
  const id = await idOf(build.directory);
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.equal(await idOf(build.directory), id, "read from the cache, it is another");
  const others = [await idOf(changed), await idOf(extended)];
  assert.equal(new Set([id, ...others]).size, 3);
});

test("a build has the same id in another place, at another time, with files of another age", {
  skip,
}, async () => {
  const { id } = await loadStockRuntime(build.directory);
  const moved = join(build.directory, "..", "moved");
  cpSync(build.directory, moved, { recursive: true });
  for (const name of ["", ...readdirSync(moved, { recursive: true, encoding: "utf8" })]) {
    utimesSync(join(moved, name), 1_000_000_000, 1_000_000_000);
  }
  assert.equal((await loadStockRuntime(moved, join(moved, "cache"))).id, id);
});

test("a directory whose files are replaced is another runtime from then on", { skip }, async () => {
  const runtimeDirectory = copied;
  const first = await createSession("python", { runtimeDirectory });
  await first.run("x = 5");
  const snapshot = await first.snapshot();
  await first.close();
  rmSync(copied, { recursive: true });
  cpSync(changed, copied, { recursive: true });
  const second = await createSession("python", { runtimeDirectory });
  assert.equal((await second.run(question)).result, "'changed'");
  await second.close();
  await assert.rejects(createSession("python", { runtimeDirectory, snapshot }), /snapshot cannot be used/);
});
