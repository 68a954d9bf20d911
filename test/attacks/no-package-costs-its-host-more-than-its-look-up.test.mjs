// What a package says of itself is a stranger's: large, deep and endless descriptions are errors, and cost little.
import assert from "node:assert/strict";
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createSession } from "../../dist/index.js";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-packages-"));
after(() => rmSync(folder, { recursive: true }));
const mounted = join(folder, "mounted");
const packages = join(mounted, "node_modules");
writeFileSync(join(mkdir(folder, "outside"), "secret.js"), "export default 'secret';");

function mkdir(...parts) {
  const path = join(...parts);
  mkdirSync(path, { recursive: true });
  return path;
}

function describe(name, text) {
  writeFileSync(
    join(mkdir(packages, name), "package.json"),
    typeof text === "string" ? text : JSON.stringify(text),
  );
}

mkdir(packages, "huge");
const huge = openSync(join(packages, "huge", "package.json"), "w");
ftruncateSync(huge, 100_000_000);
closeSync(huge);
describe("deep", `{"exports":${'{"a":'.repeat(200_000)}`);
describe("wide", `{"exports":{${Array.from({ length: 150_000 }, (_, n) => `"./${n}":1`).join()}}}`);
describe("stars", { exports: { "./*": `./${"*/".repeat(20_000)}x.js` } });
describe("out", {
  exports: {
    "./up": "../../../outside/secret.js",
    "./dots": "./.%2e/%2e./outside/secret.js",
    "./abs": join(folder, "outside/secret.js"),
  },
});
describe("main", { main: "../../../outside/secret.js" });
symlinkSync(join(folder, "outside"), join(packages, "link"));
symlinkSync("../../outside", join(packages, "relative"));
symlinkSync("ring", join(packages, "ring"));
describe(
  "polluting",
  '{"__proto__":{"exports":"./evil.js","name":"fs"},"constructor":{"prototype":{"main":"x"}}}',
);

const session = await createSession("javascript", {
  mounts: [{ hostPath: mounted, guestPath: "/app" }],
  cwd: "/app",
  memoryBytes: 64 * 1024 * 1024,
});
after(() => session.close());

for (const [name, error] of [
  ["huge", /Invalid package config \/app\/node_modules\/huge\/package\.json: it has more than 2097152 bytes/],
  ["deep", /the JSON is nested deeper than 64/],
  ["wide/1", /the JSON has more than 100000 members/],
  [`stars/${"y".repeat(10_000)}`, /Invalid target/],
  ["out/up", /Invalid target/],
  ["out/dots", /Invalid target/],
  ["out/abs", /Invalid target/],
  ["main", /Cannot find package 'main'/],
  ["link/secret.js", /Cannot find/],
  ["relative/secret.js", /Cannot find/],
  ["ring", /Cannot find package 'ring'/],
  ["polluting", /Cannot find package 'polluting'/],
  ["../../outside/secret.js", /Cannot find module '\/outside\/secret\.js'/],
  ["main/..%2f..%2f..%2foutside/secret.js", /must not have an encoded/],
]) {
  test(`${name.slice(0, 40)} is one clear error, by import and by require`, async () => {
    const code = `await import(${JSON.stringify(name)})`;
    const imported = await session.run(code);
    assert.match(imported.error ?? `found: ${imported.result}`, error);
    assert.equal(imported.state ?? "kept", "kept");
    const required = await session.run(`require(${JSON.stringify(name)})`);
    assert.match(required.error ?? `found: ${required.result}`, /Cannot find|Invalid|nested|members/);
    assert.doesNotMatch(`${imported.error}${required.error}`, /secret'$|node:internal|dist\/bundles/);
  });
}

test("code in a directory that is nested as deeply as it can be finds packages above all the same", async () => {
  const { result, error } = await session.run(
    `const fs = require("fs"); const deep = "/home/user/" + "d/".repeat(1500);
     fs.mkdirSync(deep, { recursive: true }); fs.mkdirSync("/home/user/node_modules/top", { recursive: true });
     fs.writeFileSync("/home/user/node_modules/top/index.js", "module.exports = 'top'");
     fs.writeFileSync(deep + "a.mjs", "export { default } from 'top'; import('nowhere').catch((e) => { globalThis.code = e.code })");
     const found = (await import(deep + "a.mjs")).default; await new Promise((done) => setTimeout(done, 0)); [found, code]`,
  );
  assert.deepEqual({ result, error }, { result: "[ 'top', 'ERR_MODULE_NOT_FOUND' ]", error: undefined });
});

test("thousands of modules that import each other in circles are loaded once each", async () => {
  const { result, error } = await session.run(
    `for (let n = 0; n < 1000; n++) fs.writeFileSync("/tmp/m" + n + ".mjs", "import './m" + ((n + 1) % 1000) + ".mjs'; import './m" + ((n * 7) % 1000) + ".mjs'; globalThis.loaded = (globalThis.loaded ?? 0) + 1;");
     await import("/tmp/m0.mjs"); loaded`,
  );
  assert.deepEqual({ result, error }, { result: "1000", error: undefined });
});
