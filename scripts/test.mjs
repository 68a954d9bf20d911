// Builds everything, tests included, and runs the tests under node:test. Arguments narrow the run to test files
// whose path contains one of them: `npm test -- vfs cli`.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const only = process.argv.slice(2);

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function* testFiles(folder, ending) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && path.endsWith(ending)) yield path;
  }
}

run(process.execPath, [join(root, "scripts/build.mjs")]);
const files = [...testFiles("build", ".test.js"), ...testFiles("test", ".test.mjs")]
  .filter((file) => only.length === 0 || only.some((part) => relative(root, file).includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`no test file has ${only.join(" or ")} in its path`);
  process.exit(1);
}
// One more than processors, since tests also wait; no more than four, since some take a gigabyte.
const concurrency = Math.min(availableParallelism() + 1, 4);
run(process.execPath, ["--test", `--test-concurrency=${concurrency}`, ...files]);
