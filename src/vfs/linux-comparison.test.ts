import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as host from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { createHostVolume } from "../node/files/host-volume.js";
import { createFileSystem } from "./file-system.js";
import { type Backend, backends } from "./test-backends.js";
import { createRandom, createStep, outcome, prefix } from "./test-linux-steps.js";

/** Makes the same calls on both sides. `prepared` of them are made on the host alone before ours is opened. */
function compare(backend: Backend, seed: number, calls: number, prepared: number): void {
  const random = createRandom(seed);
  const root = host.mkdtempSync(join(tmpdir(), "linux-"));
  host.mkdirSync(join(root, prefix), { recursive: true });
  const history: string[] = [];
  const { fileSystem: fs, finish } = backend.make((hostPath) => {
    host.mkdirSync(join(hostPath, prefix), { recursive: true });
    for (let count = 0; count < prepared; count++) {
      const step = createStep(random);
      // Hard links from below come apart on an overlay, as documented.
      if (step.text.startsWith("link")) continue;
      history.push(`before: ${step.text}`);
      for (const side of [root, hostPath]) outcome(() => step.theirs(join(side, prefix)));
    }
  });
  for (let depth = 1; depth < prefix.length + 1; depth += 2) {
    outcome(() => fs.makeDirectory(prefix.slice(0, depth), 0o755));
  }
  const base = fs.open(prefix, { directory: true });
  try {
    for (let count = 0; count < calls; count++) {
      const step = createStep(random);
      const theirs = outcome(() => step.theirs(join(root, prefix)));
      history.push(`${step.text} -> ${theirs}`);
      const ours = outcome(() => step.ours(fs, base));
      if (!isDeepStrictEqual(ours, theirs)) {
        assert.deepEqual(ours, theirs, `seed ${seed}\n${history.join("\n")}`);
      }
    }
  } finally {
    base.close();
    fs.close();
    finish();
    host.rmSync(root, { recursive: true, force: true });
  }
}

const skip = process.platform !== "linux" && "the other side is Linux";
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
for (const backend of backends) {
  test(`2,000 random calls on a volume of kind "${backend.name}" end as on Linux`, { skip }, () => {
    for (const seed of seeds) compare(backend, seed, 2000 / seeds.length, 0);
  });
  if (backend.name === "memory") continue;
  test(`2,000 random calls on files from before a volume of kind "${backend.name}" end as on Linux`, {
    skip,
  }, () => {
    for (const seed of seeds) compare(backend, 1000 + seed, 2000 / seeds.length, 200);
  });
}

/** Runs a command with `directory` mounted read-only, for that command alone. Undefined if this is not allowed here. */
function whileReadOnly(directory: string, words: readonly string[]): string | undefined {
  const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
  const namespace = ["--user", "--map-root-user", "--mount", "sh", "-c", script, directory];
  const { status, stdout } = spawnSync("unshare", [...namespace, ...words], { encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}

const canMount = process.platform === "linux" && whileReadOnly(tmpdir(), ["true"]) !== undefined;
test("2,000 random calls on a read-only mount end as on Linux, but for the removal of what is not there", {
  skip: !canMount && "nothing can be mounted here",
}, () => {
  for (const seed of seeds) compareReadOnly(seed, 2000 / seeds.length, 200);
});

function compareReadOnly(seed: number, calls: number, prepared: number): void {
  const root = host.mkdtempSync(join(tmpdir(), "linux-"));
  const inside = join(root, prefix);
  host.mkdirSync(inside, { recursive: true });
  const preparing = createRandom(seed);
  for (let count = 0; count < prepared; count++) {
    const step = createStep(preparing);
    outcome(() => step.theirs(inside));
  }
  const child = fileURLToPath(new URL("./test-linux-child.js", import.meta.url));
  const callSeed = seed + 1000;
  const answer = whileReadOnly(root, [process.execPath, child, inside, String(callSeed), String(calls)]);
  const fs = createFileSystem({ root: createHostVolume(root) });
  const base = fs.open(prefix, { directory: true });
  try {
    const random = createRandom(callSeed);
    for (const theirs of JSON.parse(answer ?? "") as unknown[]) {
      const step = createStep(random);
      const ours = outcome(() => step.ours(fs, base));
      const isMissing = ours === "ENOENT" && /^(unlink|rmdir|rename) /.test(step.text);
      assert.deepEqual(isMissing && theirs === "EROFS" ? theirs : ours, theirs, `seed ${seed}: ${step.text}`);
    }
  } finally {
    base.close();
    fs.close();
    host.rmSync(root, { recursive: true, force: true });
  }
}

test("what is not there is ENOENT on a read-only mount too, and what is there is EROFS", () => {
  const root = host.mkdtempSync(join(tmpdir(), "read-only-"));
  host.mkdirSync(join(root, "directory"));
  host.writeFileSync(join(root, "file"), "");
  const fs = createFileSystem({ root: createHostVolume(root) });
  const ends: Array<[string, () => void]> = [
    ["ENOENT", () => fs.unlink("none")],
    ["ENOENT", () => fs.removeDirectory("none")],
    ["ENOENT", () => fs.rename("none", "file")],
    ["EROFS", () => fs.unlink("file")],
    ["EROFS", () => fs.removeDirectory("directory")],
    ["EROFS", () => fs.rename("file", "none")],
    ["EROFS", () => fs.makeDirectory("none")],
    ["EEXIST", () => fs.makeDirectory("file")],
    ["EEXIST", () => fs.symlink("file", "directory")],
    ["EEXIST", () => fs.link("file", "file")],
    ["done", () => fs.open("file", { read: true, create: true }).close()],
    ["EROFS", () => fs.open("none", { read: true, create: true })],
  ];
  for (const [end, call] of ends) assert.equal(outcome(call), end, String(call));
  fs.close();
  host.rmSync(root, { recursive: true });
});
