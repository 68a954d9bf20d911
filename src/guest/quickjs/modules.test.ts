import assert from "node:assert/strict";
import { test } from "node:test";
import { createFileSystem } from "../../vfs/file-system.js";
import { createMemoryVolume } from "../../vfs/memory-volume.js";
import type { FileSystem } from "../../vfs/types.js";
import { bootForTest, createTestGuest } from "./test-guest.js";

const boot = bootForTest();

function files(contents: Readonly<Record<string, string>>): FileSystem {
  const fileSystem = createFileSystem({ root: createMemoryVolume() });
  fileSystem.makeDirectory("/app");
  fileSystem.makeDirectory("/app/lib");
  for (const [path, text] of Object.entries(contents)) {
    const file = fileSystem.open(path, { write: true, create: true });
    file.write(new TextEncoder().encode(text));
    file.close();
  }
  return fileSystem;
}

const fileSystem = files({
  "/app/a.js":
    "import { b } from './lib/b.js'; import data from '../app/data.json'; export default [b, data.list, import.meta.url !== 0];",
  "/app/lib/b.js": "import { count } from '../count.js'; count(); export const b = 'b';",
  "/app/count.js": "let n = 0; export const count = () => ++n;",
  "/app/data.json": '{ "list": [1, "x"], "__proto__": { "own": true } }',
  "/app/bad.json": "{ nope }",
  "/app/broken.js": "export const = 1;",
  "/app/throws.js": "export const before = 1;\nthrow new RangeError('while loading');",
  "/app/cycle-a.js":
    "import { b } from './cycle-b.js'; export const a = 'a'; export const both = () => a + b;",
  "/app/cycle-b.js": "import { a } from './cycle-a.js'; export const b = 'b'; export const seen = () => a;",
});

test("A program with static imports is a module that loads from the guest's files.", () => {
  const guest = createTestGuest(boot, { fileSystem });
  const code =
    "import a from './a.js';\nimport { count } from '/app/count.js';\nimport { both } from './cycle-a.js';\nconsole.log(a, count(), both());";
  assert.deepEqual(guest.program(code, "/app/main.js"), { exitCode: 0 });
  assert.equal(guest.stdout(), "[ 'b', [ 1, 'x' ], true ] 2 ab\n");
  assert.deepEqual(guest.program("export const x = await 5; console.log(x, this)", "[eval]"), {
    exitCode: 0,
  });
  assert.equal(guest.stdout(), "5 undefined\n");
});

test("Cells and scripts import dynamically, relative to the working directory.", () => {
  const guest = createTestGuest(boot, { fileSystem, cwd: "/app" });
  assert.equal(guest.cell("const { count } = await import('./count.js'); count()").result, "1");
  assert.equal(guest.cell("const again = await import('/app/../app/count.js'); again.count()").result, "2");
  assert.equal(
    guest.cell("(await import('./data.json')).default").result,
    "{ list: [ 1, 'x' ], ['__proto__']: { own: true } }",
  );
  assert.equal(guest.cell("await import('./lib/b.js')").result, "[Module: null prototype] { b: 'b' }");
});

test("Modules that cannot be had fail with an error that says why, and can be caught.", () => {
  const guest = createTestGuest(boot, { fileSystem });
  const failures: ReadonlyArray<readonly [string, RegExp]> = [
    ["./missing.js", /Cannot find module '\/app\/missing\.js'/],
    ["lodash", /Cannot find package 'lodash' imported from \/app\/main\.js: only paths/],
    ["node:nothing", /No such built-in module: node:nothing/],
    ["./lib", /Cannot import a directory: \/app\/lib|Cannot read module '\/app\/lib': EISDIR/],
    ["./bad.json", /\/app\/bad\.json: .*JSON/],
    ["./broken.js", /SyntaxError: .*\n {4}at \/app\/broken\.js:1:\d+/],
    ["./throws.js", /RangeError: while loading\n {4}at .*\/app\/throws\.js:2:\d+/],
    ["../../../../etc/passwd", /Cannot find module '\/etc\/passwd'/],
    ["", /Cannot find package ''/],
  ];
  for (const [specifier, message] of failures) {
    const { error, exitCode } = guest.program(`import ${JSON.stringify(specifier)};`, "/app/main.js");
    assert.match(error ?? "none", message);
    assert.equal(exitCode, 1);
    const caught = guest.cell(
      `try { await import(${JSON.stringify(`/app/${specifier}`)}) } catch (e) { typeof e.message }`,
    );
    assert.equal(caught.result, "'string'", specifier);
  }
  assert.doesNotMatch(guest.stderr(), /node:internal|build\/guest/);
});

test("Built-in modules come from the registry, with and without their prefix.", () => {
  const guest = createTestGuest(boot, { fileSystem, builtins: { answer: "export default 42;" } });
  assert.equal(
    guest.cell("[(await import('node:answer')).default, (await import('answer')).default]").result,
    "[ 42, 42 ]",
  );
});
