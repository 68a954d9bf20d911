// Makes the files of dist/runtimes a second time, in another directory, with the clock of another day, another time zone
// and another environment, and compares each with the first, byte for byte. They name snapshots: if two builds of one
// commit differed, neither would read what the other wrote. Exits with 1 and the names of those that differ.
//
// usage: node scripts/compare-builds.mjs [ANOTHER-NODE]
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [node = process.execPath] = process.argv.slice(2);

/** What no guest is made of: machine code for one version of Node.js, and the build's own mark. */
const isOwn = (name) => name.endsWith(".code") || name === ".stamp";
const files = (folder) => readdirSync(join(folder, "dist", "runtimes")).filter((name) => !isOwn(name));

/** Loaded before the build: the clock goes wrong by a year and some. */
const shiftClock = `
const shiftMs = 400.123 * 86_400_000;
const { now } = Date;
globalThis.Date = class extends Date {
  constructor(...values) {
    super(...(values.length === 0 ? [now() + shiftMs] : values));
  }
  static now() {
    return now() + shiftMs;
  }
};
const { now: elapsed } = performance;
performance.now = () => elapsed.call(performance) + shiftMs;
`;

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-another-build-"));
try {
  for (const name of ["build", "src", "package.json"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "shift-clock.cjs"), shiftClock);
  const { status, error } = spawnSync(
    node,
    ["--require", join(folder, "shift-clock.cjs"), join(folder, "build/build/prepare.js")],
    {
      cwd: folder,
      stdio: "inherit",
      env: {
        PATH: process.env.PATH,
        TZ: "Asia/Kathmandu",
        LANG: "tr_TR.UTF-8",
        HOME: folder,
        PYTHONHASHSEED: "7",
      },
    },
  );
  if (error) throw error;
  if (status !== 0) throw new Error(`the second build ended with ${status}`);

  const names = [...new Set([...files(root), ...files(folder)])].sort();
  const read = (from, name) => {
    try {
      return readFileSync(join(from, "dist", "runtimes", name));
    } catch {
      return undefined;
    }
  };
  const different = names.filter((name) => {
    const [first, second] = [read(root, name), read(folder, name)];
    return first === undefined || second === undefined || !first.equals(second);
  });
  if (different.length > 0) {
    console.error(`two builds of the same sources differ in ${different.join(", ")}`);
    process.exitCode = 1;
  } else {
    console.log(`two builds of the same sources have the same bytes: ${names.join(", ")}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
