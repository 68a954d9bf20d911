// Compiled code that is damaged, as a machine that stops may leave it, is done without. V8 ends the process over it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "wasm-repl-caches-"));
after(() => rmSync(copy, { recursive: true }));
for (const name of ["dist", "package.json"]) cpSync(join(root, name), join(copy, name), { recursive: true });

const caches = ["bundles", "runtimes"].flatMap((folder) =>
  readdirSync(join(copy, "dist", folder))
    .filter((name) => name.endsWith(".code"))
    .map((name) => join(copy, "dist", folder, name)),
);
const pageBytes = 4096;
/** A part of the bytes is zero, from whole pages on. */
const zeroed = (bytes, from, to) => {
  const page = (part) => Math.floor((bytes.length * part) / pageBytes) * pageBytes;
  return Buffer.from(bytes).fill(0, page(from), Math.max(page(to), page(from) + pageBytes));
};
const damages = {
  "zero from the middle on": (bytes) => Buffer.from(bytes).fill(0, bytes.length >> 1),
  "all zero": (bytes) => Buffer.alloc(bytes.length),
  "a page zero": (bytes) => zeroed(bytes, 0.7, 0.7),
  "another page zero": (bytes) => zeroed(bytes, 0.3, 0.3),
  "cut short": (bytes) => bytes.subarray(0, bytes.length >> 1),
  "cut short by a page": (bytes) => bytes.subarray(0, -pageBytes),
  empty: () => Buffer.alloc(0),
  "another file": () => Buffer.alloc(100_000, "text"),
};

for (const [command, flag, code] of [
  ["jsrunner", "-e", "console.log(6 * 7)"],
  ["pyrunner", "-c", "print(6 * 7)"],
]) {
  test(`${command} runs whatever has become of its caches`, () => {
    const run = () => spawnSync(join(copy, "dist", `${command}.cjs`), [flag, code], { encoding: "utf8" });
    const own = caches.filter((path) => {
      const others = command === "jsrunner" ? ["pyrunner.", "python"] : ["jsrunner.", "quickjs"];
      return ![...others, "wasirun."].some((name) => path.includes(`/${name}`));
    });
    assert.ok(own.length >= 2);
    for (const path of own) {
      const whole = readFileSync(path);
      for (const [what, damage] of Object.entries(damages)) {
        writeFileSync(path, damage(whole));
        const { status, signal, stdout, stderr } = run();
        assert.deepEqual([status, signal, stdout, stderr], [0, null, "42\n", ""], `${path}: ${what}`);
      }
      writeFileSync(path, whole);
    }
  });
}
