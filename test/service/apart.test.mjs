// The service costs those nothing who do not use it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { commandPath, finish } from "../commands.mjs";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasm-repl-apart-"));
after(() => rmSync(folder, { recursive: true }));
const watcher = join(folder, "watcher.cjs");
writeFileSync(
  watcher,
  `const fs = require("node:fs");
  const read = new Set();
  for (const name of ["readFileSync", "openSync"]) {
    const own = fs[name];
    fs[name] = (path, ...rest) => (read.add(String(path)), own(path, ...rest));
  }
  process.on("exit", () => fs.writeSync(2, [...read, ...Object.keys(require.cache)].join("\\n")));`,
);

for (const [what, ...words] of [
  ["pyrunner", commandPath("pyrunner"), "-c", "1"],
  ["jsrunner", commandPath("jsrunner"), "-e", "1"],
  ["wasirun", commandPath("wasirun"), "--version"],
  ["the library", "-e", `require(${JSON.stringify(join(dist, "index.cjs"))})`],
  ["wasm-repl without serving", commandPath("wasm-repl"), "token"],
]) {
  test(`${what} loads nothing of the service`, async () => {
    const { stderr, code } = await finish(
      spawn(process.execPath, ["-r", watcher, ...words], { stdio: "pipe" }),
    );
    assert.equal(code, 0, stderr);
    assert.match(stderr, /dist/);
    assert.doesNotMatch(stderr, /dist\/service/);
  });
}

test("no other bundle has a database in it, and the service's own are as large as they are said to be", () => {
  for (const name of [...readdirSync(join(dist, "bundles")), "../index.cjs", "../wasm-repl.cjs"]) {
    if (!name.endsWith(".cjs")) continue;
    assert.doesNotMatch(readFileSync(join(dist, "bundles", name), "utf8"), /sqlite3-wasm|pg_advisory/, name);
  }
  const bytes = readdirSync(join(dist, "service")).map((name) => statSync(join(dist, "service", name)).size);
  assert.ok(bytes.reduce((sum, size) => sum + size) < 2_000_000);
});
