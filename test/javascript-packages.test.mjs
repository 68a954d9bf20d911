// Packages of npm that need no modules of Node.js, as they are installed here, and ones that a session's owner writes.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createSession } from "../dist/index.js";

const installed = fileURLToPath(new URL("../node_modules", import.meta.url));
const mounted = ["dequal", "escape-string-regexp", "mime-db", "semver", "yaml"].map((name) => ({
  hostPath: `${installed}/${name}`,
  guestPath: `/app/node_modules/${name}`,
}));
const session = await createSession("javascript", { mounts: mounted, cwd: "/app" });
after(() => session.close());

async function gives(code, result) {
  const outcome = await session.run(code);
  assert.equal(outcome.error, undefined, code);
  assert.equal(outcome.result, result, code);
}

test("an ES module with a short form of exports", async () => {
  await gives("import escape from 'escape-string-regexp'; escape('a.b')", "'a\\\\.b'");
});

test("a CommonJS package of many modules, by its main file and by paths in it", async () => {
  await gives(
    "import semver, { satisfies, coerce } from 'semver'; [satisfies('1.2.3', '^1.0'), String(coerce('v2'))]",
    "[ true, '2.0.0' ]",
  );
  await gives("import gt from 'semver/functions/gt.js'; gt('2.0.0', '1.9.9')", "true");
  await gives(
    "require('semver/functions/inc')('1.2.3', 'minor') + (semver === require('semver'))",
    "'1.3.0true'",
  );
});

test("conditions of exports, for import and for require, and subpaths", async () => {
  await gives("import { dequal } from 'dequal'; dequal({ a: [1] }, { a: [1] })", "true");
  await gives(
    "import { dequal as lite } from 'dequal/lite'; [lite([1], [2]), lite === require('dequal/lite').dequal]",
    "[ false, false ]",
  );
  await gives(
    "import YAML, { parse } from 'yaml'; [parse('a: [1, x]'), YAML.stringify({ b: true })]",
    "[ { a: [ 1, 'x' ] }, 'b: true\\n' ]",
  );
});

test("JSON, by require within a package and by import of its file", async () => {
  await gives("import mime from 'mime-db'; mime['text/html'].extensions", "[ 'html', 'htm', 'shtml' ]");
  await gives(
    "import db from 'mime-db/db.json' with { type: 'json' }; db['text/css'].extensions",
    "[ 'css' ]",
  );
  await gives("Object.keys(require('mime-db/package.json')).includes('version')", "true");
});

test("a package that was written into the session's files", async () => {
  const files = {
    "package.json": JSON.stringify({
      name: "@own/tool",
      version: "1.0.0",
      type: "module",
      exports: { ".": "./main.js", "./*": "./lib/*.js" },
    }),
    "main.js":
      "import { half } from '@own/tool/half'; import data from './data.json' with { type: 'json' }; export default half(data.n);",
    "lib/half.js": "export const half = (n) => n / 2;",
    "data.json": '{ "n": 84 }',
  };
  const own = await createSession("javascript");
  for (const [path, text] of Object.entries(files)) {
    await own.files.write(`node_modules/@own/tool/${path}`, text, { parents: true });
  }
  const { result, error } = await own.run("import value from '@own/tool'; value");
  await own.close();
  assert.deepEqual({ result, error }, { result: "42", error: undefined });
});
