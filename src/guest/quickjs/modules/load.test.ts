import assert from "node:assert/strict";
import { test } from "node:test";
import { createFileSystem } from "../../../vfs/file-system.js";
import { createMemoryVolume } from "../../../vfs/memory-volume.js";
import type { FileSystem } from "../../../vfs/types.js";
import { bootForTest, createTestGuest } from "../test-guest.js";

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
  "/app/old.cjs":
    "#!/usr/bin/env node\nconst { twice } = require('./lib/twice'); exports.four = twice(2); exports.where = [__filename, __dirname, module.id, this === module.exports];",
  "/app/lib/twice.js": "let calls = 0; module.exports = { twice: (n) => 2 * n, calls: () => ++calls };",
  "/app/lib/index.js": "exports.isIndex = true;",
  "/app/throws.cjs": "exports.before = 1;\n\nthrow new RangeError('while required');",
  "/app/broken.cjs": "const = 1;",
  "/app/ring-a.cjs": "exports.early = 1; exports.other = require('./ring-b.cjs').seen;",
  "/app/ring-b.cjs": "exports.seen = require('./ring-a.cjs').early;",
  "/app/meta.js":
    "export const { url, filename, dirname } = import.meta; export const found = import.meta.resolve('./a b.js');",
  "/app/live.js": "export let n = 0; export const next = () => ++n; export default class Live {}",
  "/app/later.js": "export const value = await new Promise((done) => setTimeout(() => done('late'), 1));",
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
    [
      "lodash",
      /Cannot find package 'lodash' imported from \/app\/main\.js: no node_modules in \/app or above has it/,
    ],
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

test("Static imports in cells bind names that stay, and follow the module.", () => {
  const guest = createTestGuest(boot, { fileSystem, cwd: "/app" });
  const cells: ReadonlyArray<readonly [code: string, result: string | undefined]> = [
    [
      "import Live, { n, next as step } from './live.js'; [typeof Live, n, step(), n]",
      "[ 'function', 0, 1, 1 ]",
    ],
    ["step(); n", "2"],
    ["import * as live from './live.js'\nlive.n", "2"],
    ["import { value } from './later.js'; value", "'late'"],
    ["import './count.js'", undefined],
    ["import { join } from 'path'\njoin('a', 'b')", "'a/b'"],
    ["import data from './data.json' with { type: 'json' }; await data.list", "[ 1, 'x' ]"],
    ["let n = 'mine'; n", "'mine'"],
    ["import { n } from './live.js'; n", "2"],
    ["n = 5; n", "5"],
    ["var step = 6; step", "6"],
  ];
  for (const [code, result] of cells) {
    const outcome = guest.cell(code);
    assert.equal(outcome.error, undefined, code);
    assert.equal(outcome.result, result, code);
  }
});

test("A cell whose imports fail, or whose rest does not compile, does nothing.", () => {
  const guest = createTestGuest(boot, { fileSystem, cwd: "/app" });
  guest.cell("var ran = 0");
  const failures: ReadonlyArray<readonly [code: string, error: RegExp]> = [
    ["ran = 1; import x from './missing.js'", /Cannot find module '\/app\/missing\.js'/],
    ["ran = 1; import { none } from './live.js'", /SyntaxError: Could not find export 'none' in module/],
    ["ran = 1; import './throws.js'", /RangeError: while loading/],
    ["import { next } from './live.js'; next(); let let", /SyntaxError/],
    ["import x from './live.js'; { import y from './live.js' }", /SyntaxError/],
  ];
  for (const [code, error] of failures) {
    assert.match(guest.cell(code).error ?? "none", error, code);
  }
  assert.equal(
    guest.cell("import { n } from './live.js'; [ran, n, typeof next]").result,
    "[ 0, 0, 'undefined' ]",
  );
});

test("A prompt knows where an import ends, and completes what it has bound.", () => {
  const guest = createTestGuest(boot, { fileSystem, cwd: "/app" });
  const isComplete = (code: string) => guest.inspect({ kind: "isComplete", code });
  assert.deepEqual(isComplete("import { n,"), { status: "incomplete" });
  assert.deepEqual(isComplete("import { n,\n} from './live.js'"), { status: "complete" });
  guest.run({ mode: "interactive", code: "import * as live from './live.js'", filename: "prompt" });
  assert.deepEqual(guest.inspect({ kind: "complete", code: "live.ne" }), { prefix: "ne", items: ["next"] });
});

test("Modules know where they are.", () => {
  const guest = createTestGuest(boot, { fileSystem, cwd: "/app" });
  assert.equal(
    guest.cell("import * as meta from './meta.js'; ({ ...meta })").result,
    "{\n  dirname: '/app',\n  filename: '/app/meta.js',\n  found: 'file:///app/a%20b.js',\n  url: 'file:///app/meta.js'\n}",
  );
  guest.program("import '../a.js'; console.log(import.meta.url, import.meta.dirname)", "/app/some/main.mjs");
  assert.equal(guest.stdout(), "file:///app/some/main.mjs /app/some\n");
  guest.program("import './a.js'; console.log(import.meta.filename)", "[eval]");
  assert.equal(guest.stdout(), "/app/[eval]\n");
});

test("require gives built-in modules, JSON, and CommonJS modules once.", () => {
  const guest = createTestGuest(boot, { fileSystem, cwd: "/app" });
  const cells: ReadonlyArray<readonly [code: string, result: string]> = [
    ["require('./old.cjs')", "{ four: 4, where: [ '/app/old.cjs', '/app', '/app/old.cjs', true ] }"],
    ["require('./old.cjs') === require('/app/lib/../old.cjs')", "true"],
    ["require('./lib/twice.js').calls() + require('./lib/twice').calls()", "3"],
    ["require('./lib')", "{ isIndex: true }"],
    ["require('./data.json').list", "[ 1, 'x' ]"],
    ["require('./ring-a.cjs')", "{ early: 1, other: 1 }"],
    ["require.resolve('./lib/twice') + require.resolve('fs')", "'/app/lib/twice.jsfs'"],
    ["import old from './old.cjs'; [old.four, old === require('./old.cjs')]", "[ 4, true ]"],
    [
      "import { Buffer as B } from 'node:buffer'; import process, { argv } from 'process'; [B === Buffer, argv === process.argv]",
      "[ true, true ]",
    ],
  ];
  for (const [code, result] of cells) {
    const outcome = guest.cell(code);
    assert.equal(outcome.error, undefined, code);
    assert.equal(outcome.result, result, code);
  }
  const failures: ReadonlyArray<readonly [code: string, error: RegExp]> = [
    ["require('./none')", /Cannot find module '.\/none'/],
    ["require('lodash')", /Cannot find module 'lodash' required from \/app: no node_modules/],
    ["require('./bad.json')", /SyntaxError: \/app\/bad\.json: it is no JSON/],
    ["require('./throws.cjs')", /RangeError: while required\n {4}at .*\/app\/throws\.cjs:3:\d+/],
    ["require('./broken.cjs')", /SyntaxError: .*\n {4}at \/app\/broken\.cjs:1:\d+/],
    ["require(5)", /must be of type string/],
  ];
  for (const [code, error] of failures) assert.match(guest.cell(code).error ?? "none", error, code);
});

test("A program that is a script has what a CommonJS module has.", () => {
  const guest = createTestGuest(boot, { fileSystem, cwd: "/" });
  const code =
    "console.log(require('./lib/twice').twice(4), __filename, __dirname, require.main === module, typeof exports)";
  assert.equal(guest.program(code, "/app/main.js").exitCode, 0);
  assert.equal(guest.stdout(), "8 /app/main.js /app true object\n");
});
