// A directory that a guest may write to, and one beside it that is none of its business.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { finish, start } from "../commands.mjs";

/** Who hangs is ended then, and its test fails. */
const hangsMs = 30_000;

/**
 * Makes `mount/` and `outside/` in a new folder that goes with the test file. `outside/` holds a file `keys`, which
 * a guest would like to write, and a directory `deep`.
 */
export function makePlaces() {
  const folder = mkdtempSync(join(tmpdir(), "wasm-repl-planting-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const mount = join(folder, "mount");
  const outside = join(folder, "outside");
  for (const path of [mount, outside, join(outside, "deep")]) mkdirSync(path);
  writeFileSync(join(outside, "keys"), "the owner's\n");
  const before = describe(outside);
  return {
    folder,
    mount,
    outside,
    rw: ["--mount", `${mount}:/m:rw`],
    assertOutsideUntouched: () => assert.deepEqual(describe(outside), before),
  };
}

/** What is in a directory: names, kinds and contents; nothing is followed or opened but files. */
export function describe(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
    .map((path) => {
      const stats = lstatSync(path);
      return [path, stats.mode, stats.rdev, stats.ino, stats.isFile() ? readFileSync(path, "latin1") : ""];
    });
}

/** As `run` of `commands.mjs`, but what hangs is ended. */
export function runBriefly(command, args, { input, ...options } = {}) {
  const child = start(command, args, { timeout: hangsMs, killSignal: "SIGKILL", ...options });
  return finish(child, { input });
}

/** Runs a module's text, which gets `args` as `args`, in a process of its own: what hangs there is ended. */
export async function runInProcess(source, args) {
  const child = spawn(
    process.execPath,
    ["--input-type=module", "-e", `const args = ${JSON.stringify(args)};\n${source}`],
    { cwd: fileURLToPath(new URL("../..", import.meta.url)), timeout: hangsMs, killSignal: "SIGKILL" },
  );
  const { code, signal, stdout, stderr } = await finish(child);
  assert.deepEqual([code, signal, stderr], [0, null, ""], `${signal}: ${stderr}`);
  return stdout;
}

/** Has a guest run code that must succeed. */
export async function plant(places, code) {
  const { code: exitCode, stderr } = await runBriefly("pyrunner", [...places.rw, "-c", `import os\n${code}`]);
  assert.deepEqual([exitCode, stderr], [0, ""]);
}

/** A command that is refused: exit code 2, nothing on standard output, one line that matches. */
export async function assertRefused(command, args, line, options) {
  const { code, signal, stdout, stderr } = await runBriefly(command, args, options);
  assert.deepEqual([code, signal, stdout], [2, null, ""], stderr || `${signal}`);
  assert.match(stderr, line);
  assert.equal(stderr.split("\n").length, 2, stderr);
}
