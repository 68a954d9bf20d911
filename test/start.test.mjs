// What a start costs shows in what it loads: some of Node.js's modules take longer than a short program.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { commandPath, finish } from "./commands.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-start-"));
after(() => rmSync(folder, { recursive: true }));

/** Tells on standard error which of Node.js's modules were made, by whatever asked for them. */
const watcher = join(folder, "watcher.cjs");
writeFileSync(
  watcher,
  `const before = new Set(process.moduleLoadList);
  process.on("exit", () => {
    const made = process.moduleLoadList.filter((name) => !before.has(name));
    const names = made.flatMap((name) => /^NativeModule (\\w+)$/.exec(name)?.[1] ?? []);
    require("node:fs").writeSync(2, names.sort().join());
  });`,
);

for (const [name, option, allowed] of [
  ["jsrunner", "-e", ["vm"]],
  // Of these, streams come with threads.
  [
    "pyrunner",
    "-c",
    ["diagnostics_channel", "net", "stream", "string_decoder", "v8", "vm", "worker_threads"],
  ],
]) {
  test(`${name} loads no module of Node.js that a short program has no use for`, async () => {
    const [firstLine] = readFileSync(commandPath(name), "utf8").split("\n", 1);
    const flags = firstLine.match(/--\S+/g) ?? [];
    const words = [...flags, "-r", watcher, commandPath(name), option, "1"];
    const { stderr } = await finish(spawn(process.execPath, words, { stdio: "pipe" }));
    assert.deepEqual(
      stderr.split(",").filter((module) => !allowed.includes(module)),
      [],
    );
  });
}
