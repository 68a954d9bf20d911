// Checks the package as it would be published: that its entries and types are found by every kind of importer.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasm-repl-package-"));

function run(command, ...args) {
  const { status, error, stdout } = spawnSync(command, args, { cwd: root, encoding: "utf8", shell: false });
  if (error) throw error;
  if (status === 0) return;
  process.stderr.write(stdout);
  throw new Error(`${command} ${args.join(" ")} ended with status ${status}`);
}

try {
  // Without the scripts, which would build once more.
  run("npm", "pack", "--ignore-scripts", "--pack-destination", folder);
  const [name] = readdirSync(folder);
  const tarball = join(folder, name);
  run(process.execPath, "node_modules/publint/src/cli.js", tarball, "--strict");
  const types = (...options) =>
    run(process.execPath, "node_modules/@arethetypeswrong/cli/dist/index.js", tarball, ...options);
  types("--entrypoints", ".", "package.json");
  // Resolution as of Node.js 10 knows no entries but the first.
  types("--entrypoints", "server", "client", "--profile", "node16");
  // A page has ES modules alone.
  types("--entrypoints", "browser", "--profile", "esm-only");
} finally {
  rmSync(folder, { recursive: true });
}
