// The packed tarball, installed where nothing else is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasm-repl-pack-"));
const home = join(folder, "home");
let packed;

const call = (command, ...args) => execFileSync(command, args, { cwd: home, encoding: "utf8" });
const installed = (name) => join(home, "node_modules", ".bin", name);

before(() => {
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), "{}");
  const options = { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  [packed] = JSON.parse(execFileSync("npm", args, options));
  call(
    "npm",
    "install",
    "--ignore-scripts",
    "--offline",
    "--no-audit",
    "--no-fund",
    join(folder, packed.filename),
  );
});
after(() => rmSync(folder, { recursive: true }));

test("the package holds what it runs on, no machine code of one Node.js, no sources or tests", () => {
  const paths = packed.files.map(({ path }) => path);
  for (const path of [
    "dist/pyrunner.cjs",
    "dist/jsrunner.cjs",
    "dist/thread.cjs",
    "dist/index.js",
    "LICENSE",
  ]) {
    assert.ok(paths.includes(path), `${path} is missing`);
  }
  assert.deepEqual(
    paths.filter((path) => /\.code$|\.test\.|^(src|test|build)\//.test(path)),
    [],
  );
});

test("it needs no other package", () => {
  const { dependencies } = JSON.parse(call("npm", "ls", "--all", "--json"));
  assert.deepEqual(Object.keys(dependencies), ["wasm-repl"]);
  assert.equal(dependencies["wasm-repl"].dependencies, undefined);
});

test("both commands run where it is installed, without anything cached", () => {
  assert.equal(call(installed("pyrunner"), "-c", "import json; print(json.dumps([6 * 7]))"), "[42]\n");
  assert.equal(call(installed("jsrunner"), "-e", "console.log(6 * 7)"), "42\n");
});

test("the library runs where it is installed", () => {
  const code = `import { createSession } from "wasm-repl";
    for (const language of ["python", "javascript"]) {
      const session = await createSession(language);
      console.log((await session.run("6 * 7")).result);
      await session.close();
    }`;
  assert.equal(call(process.execPath, "--input-type=module", "-e", code), "42\n42\n");
});
