// What a start costs shows in what it loads: some of Node.js's modules take longer than a short program.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { commandPath, finish } from "./commands.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-start-"));
after(() => rmSync(folder, { recursive: true }));

/** Tells on standard error which of Node.js's modules were asked for. */
const watcher = join(folder, "watcher.cjs");
writeFileSync(
  watcher,
  `const Module = require("node:module");
  const load = Module._load;
  const names = new Set();
  Module._load = (name, ...rest) => {
    if (name.startsWith("node:")) names.add(name.slice(5));
    return load(name, ...rest);
  };
  process.on("exit", () => process.stderr.write([...names].sort().join()));`,
);

for (const [name, option, allowed] of [
  ["jsrunner", "-e", ["fs", "module", "path", "url", "v8", "vm"]],
  ["pyrunner", "-c", ["fs", "module", "path", "url", "v8", "vm", "worker_threads"]],
]) {
  test(`${name} loads no module of Node.js that a short program has no use for`, async () => {
    const words = ["--stack-size=6400", "-r", watcher, commandPath(name), option, "1"];
    const { stderr } = await finish(spawn(process.execPath, words, { stdio: "pipe" }));
    assert.deepEqual(
      stderr.split(",").filter((module) => !allowed.includes(module)),
      [],
    );
  });
}
