// NOTICE names what is inside of the package, with the versions that are really there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createSession } from "wasm-repl";

const file = (path) => new URL(`../${path}`, import.meta.url);
const notice = readFileSync(file("NOTICE"), "utf8");

test("each package is named with the version that is installed", () => {
  const named = [...notice.matchAll(/^(@?[a-z][\w./-]*) (\d+\.\d+\.\d+), /gm)];
  assert.ok(named.length >= 4);
  for (const [, name, version] of named) {
    assert.equal(JSON.parse(readFileSync(file(`node_modules/${name}/package.json`))).version, version, name);
  }
});

test("each package that a bundle takes something from is named", () => {
  const bundled = JSON.parse(readFileSync(file("build/bundled-packages.json"), "utf8"));
  assert.ok(bundled.length > 5);
  // Packages of one scope may be listed together: "@scope/one, two and three 1.0.0".
  const isNamed = (name) => new RegExp(`[\\s/]${name.replace(/^@[^/]+\//, "")}[\\s,)]`).test(notice);
  for (const name of bundled) assert.ok(isNamed(name), name);
});

test("the libraries inside CPython have the versions that they tell", async () => {
  const session = await createSession("python");
  const { value } = await session.run(
    `import decimal, pyexpat, sqlite3, sys, zlib
{"CPython": sys.version.split()[0], "SQLite": sqlite3.sqlite_version, "zlib": zlib.ZLIB_RUNTIME_VERSION,
 "Expat": pyexpat.EXPAT_VERSION.removeprefix("expat_"), "libmpdec": decimal.__libmpdec_version__}`,
    { value: true },
  );
  await session.close();
  for (const [name, version] of Object.entries(value)) {
    assert.ok(notice.includes(`    ${name} ${version},`), `${name} ${version}`);
  }
});
