// A stock CPython build for WASI. None is part of the package: tests use the one that lies in shared/runtimes beside
// the repository, or in the directory that WASM_REPL_RUNTIMES names.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run } from "./commands.mjs";

const archives =
  process.env.WASM_REPL_RUNTIMES ?? fileURLToPath(new URL("../../shared/runtimes", import.meta.url));
const archive = existsSync(archives)
  ? readdirSync(archives).find((name) => /^python-.*wasi.*\.zip$/.test(name))
  : undefined;

/** Why tests with a stock build are left out, or false. */
export const skipStock = archive === undefined ? `there is no python-*wasi*.zip in ${archives}` : false;

/** Makes a directory with the build in it. Does nothing where there is none. */
export async function unpackStockBuild(directory) {
  if (archive === undefined) return;
  mkdirSync(directory);
  const mounts = ["--mount", `${archives}:/in`, "--mount", `${directory}:/out:rw`];
  const code = `import zipfile; zipfile.ZipFile("/in/${archive}").extractall("/out")`;
  const { code: exitCode, stderr } = await run("pyrunner", [...mounts, "-c", code]);
  assert.deepEqual([exitCode, stderr], [0, ""]);
}
