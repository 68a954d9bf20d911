import assert from "node:assert/strict";
import { test } from "node:test";
import { bootForTest, createTestGuest } from "../test-guest.js";
import { filesForTest } from "./test-files.js";

const boot = bootForTest();

const tree = filesForTest({
  "/app/package.json": {
    name: "app",
    exports: { "./self": "./own.js" },
    imports: { "#dep": "es", "#own/*": "./lib/*.js" },
  },
  "/app/own.js": "export default 'own';",
  "/app/lib/deep/part.js": "export { default } from '#dep'; export const from = import.meta.filename;",
  "/app/node_modules/es/package.json": { type: "module", exports: "./index.js" },
  "/app/node_modules/es/index.js": "export default 'es';",
  "/app/node_modules/old/package.json": { main: "./lib/main" },
  "/app/node_modules/old/lib/main.js":
    "exports.one = 1; module.exports.two = 2; exports['three-3'] = 3; Object.defineProperty(exports, 'four', { get: () => 4 }); exports.default = 'd'; exports.dep = require('inner');",
  "/app/node_modules/old/data.json": { list: [1] },
  "/app/node_modules/old/node_modules/inner/index.js": "module.exports = 'inner';",
  "/app/node_modules/list/index.js":
    "const a = 1, b = { c: { d: 2 } }; module.exports = { a, b: b, 'c': [1, 2], f() {}, ...require('./more'), g: 1 };",
  "/app/node_modules/list/more.js": "exports.more = true;",
  "/app/node_modules/again/index.js": "module.exports = require('./real.js');",
  "/app/node_modules/again/real.js":
    "0 && (module.exports = { hinted });\nmodule.exports = class A { static hinted = 5 };",
  "/app/node_modules/empty/index.js": "module.exports = null; exports.lost = 1;",
  "/app/node_modules/map/package.json": {
    name: "map",
    exports: {
      ".": {
        node: "./none.js",
        import: { browser: "./none.js", default: "./main.mjs" },
        require: "./main.cjs",
      },
      "./features/*": "./src/*.js",
      "./features/*.txt": "./texts/*.js",
      "./features/private/*": null,
      "./first": ["bad", "./src/a.js"],
      "./package.json": "./package.json",
      "./out": "../../secret.js",
      "./up/*": "./src/*",
      "./encoded": "./src/%2e%2e/%2e%2e/secret.js",
      "./modules": "./node_modules/x/index.js",
      "./absolute": "/app/own.js",
      "./nothing": { browser: "./main.mjs" },
    },
  },
  "/app/node_modules/map/main.mjs":
    "export default 'import'; export const self = (await import('map/first')).default;",
  "/app/node_modules/map/main.cjs": "module.exports = 'require';",
  "/app/node_modules/map/src/a.js": "module.exports = 'a';",
  "/app/node_modules/map/src/private/p.js": "module.exports = 'private';",
  "/app/node_modules/map/texts/a.js": "module.exports = 'text';",
  "/app/node_modules/map/node_modules/x/index.js": "",
  "/app/node_modules/@scope/name/index.js": "exports.scoped = 1;",
  "/app/node_modules/@scope/name/sub/index.js": "exports.sub = 1;",
  "/app/node_modules/events/index.js": "exports.polyfill = 1;",
  "/app/node_modules/needs/index.js": "require('http');",
  "/app/node_modules/proto/package.json": '{ "exports": { "__proto__": "./p.js", ".": "./p.js" } }',
  "/app/node_modules/polluted/package.json": '{ "__proto__": { "exports": "./evil.js" }, "main": "m.js" }',
  "/app/node_modules/polluted/m.js": "module.exports = 'main';",
  "/app/node_modules/mixed/package.json": { exports: { ".": "./a.js", import: "./a.js" } },
  "/app/node_modules/broken/package.json": "{ no",
  "/app/node_modules/long/package.json": { exports: { "./*": `./${"*".repeat(5000)}` } },
  "/app/node_modules/deep/package.json": `{ "exports": ${"[".repeat(5000)}`,
  "/app/mixed/esm.mjs": "import c from './back.cjs'; export const seen = c;",
  "/app/mixed/back.cjs": "try { require('./esm.mjs') } catch (e) { module.exports = e.code }",
  "/app/mixed/typed/package.json": { type: "module" },
  "/app/mixed/typed/plain.js": "export const here = typeof module;",
  "/app/mixed/plain.js": "module.exports = [typeof module, typeof require, this === module.exports];",
  "/app/mixed/words.js":
    "// export is a word, and import too\nconst text = 'import x from y';\nexports.text = text;",
  "/app/mixed/waits.js": "globalThis.waited = await 5;",
  "/app/mixed/a b.js": "export default 'blank';",
  "/secret.js": "export default 'secret';",
});

test("Packages are found by name, as Node.js finds them.", () => {
  const guest = createTestGuest(boot, { fileSystem: tree, cwd: "/app" });
  const found: ReadonlyArray<readonly [code: string, result: string]> = [
    ["(await import('es')).default", "'es'"],
    ["(await import('app/self')).default", "'own'"],
    [
      "const { default: dep, from } = await import('#own/deep/part'); [dep, from]",
      "[ 'es', '/app/lib/deep/part.js' ]",
    ],
    ["const m = await import('map'); [m.default, m.self]", "[ 'import', 'a' ]"],
    ["require('map')", "'require'"],
    [
      "[require('map/features/a'), require('map/features/a.txt'), require('map/package.json').name]",
      "[ 'a', 'text', 'map' ]",
    ],
    ["(await import('old/data.json', { with: { type: 'json' } })).default", "{ list: [ 1 ] }"],
    ["require('old/data').list", "[ 1 ]"],
    ["[require('@scope/name').scoped, require('@scope/name/sub').sub]", "[ 1, 1 ]"],
    ["require('events').polyfill", "1"],
    ["(await import('polluted')).default", "'main'"],
    ["(await import('./mixed/a%20b.js')).default", "'blank'"],
    ["(await import('file:///app/mixed/a%20b.js')).default", "'blank'"],
    ["require.resolve('old')", "'/app/node_modules/old/lib/main.js'"],
  ];
  for (const [code, result] of found) {
    const outcome = guest.cell(code);
    assert.equal(outcome.error, undefined, code);
    assert.equal(outcome.result, result, code);
  }
});

test("A CommonJS module gives module.exports as its default, and the names that can be told.", () => {
  const guest = createTestGuest(boot, { fileSystem: tree, cwd: "/app" });
  const found: ReadonlyArray<readonly [code: string, result: string]> = [
    [
      "import { one, two, four, 'three-3' as three, dep } from 'old'; [one, two, three, four, dep]",
      "[ 1, 2, 3, 4, 'inner' ]",
    ],
    ["import old from 'old'; [old.one, old.default, old === require('old')]", "[ 1, 'd', true ]"],
    ["import { a, b, c } from 'list'; [a, b, c]", "[ 1, { c: { d: 2 } }, [ 1, 2 ] ]"],
    ["import { hinted } from 'again'; hinted", "5"],
    ["import none from 'empty'; none", "null"],
    ["Object.keys(await import('empty'))", "[ 'default', 'lost' ]"],
    ["(await import('./mixed/plain.js')).default", "[ 'object', 'function', true ]"],
    ["(await import('./mixed/typed/plain.js')).here", "'undefined'"],
    ["import { text } from './mixed/words.js'; text", "'import x from y'"],
    ["await import('./mixed/waits.js'); waited", "5"],
    ["import { seen } from './mixed/esm.mjs'; seen", "'ERR_REQUIRE_ESM'"],
  ];
  for (const [code, result] of found) {
    const outcome = guest.cell(code);
    assert.equal(outcome.error, undefined, code);
    assert.equal(outcome.result, result, code);
  }
});

test("What a package does not give, and what leads out of it, is an error that says so.", () => {
  const guest = createTestGuest(boot, { fileSystem: tree, cwd: "/app" });
  const failures: ReadonlyArray<readonly [code: string, error: RegExp]> = [
    [
      "await import('map/features/private/p')",
      /does not export '\.\/features\/private\/p'.*\n.*\n?.*ERR_PACKAGE_PATH_NOT_EXPORTED/s,
    ],
    ["await import('map/nothing')", /does not export '\.\/nothing' for 'import'/],
    ["await import('map/src/a.js')", /does not export '\.\/src\/a\.js'/],
    ["await import('map/out')", /Invalid target '\.\.\/\.\.\/secret\.js' in "exports"/],
    ["await import('map/encoded')", /Invalid target/],
    ["await import('map/modules')", /Invalid target/],
    ["await import('map/absolute')", /Invalid target '\/app\/own\.js'/],
    ["await import('map/up/../../../../secret.js')", /must not lead out of/],
    ["await import('map/up/%2e%2e/%2E./x.js')", /must not lead out of/],
    ["await import('map/up/..%2f..%2fsecret.js')", /must not lead out of|encoded/],
    ["await import('./mixed%2fplain.js')", /must not have an encoded/],
    ["await import('proto/__proto__')", /"exports" has both subpaths and conditions/],
    ["await import('mixed')", /"exports" has both subpaths and conditions/],
    [
      "await import('broken')",
      /Invalid package config \/app\/node_modules\/broken\/package\.json: it is no JSON/,
    ],
    ["require('deep')", /nested deeper than 64/],
    [`await import('long/${"x".repeat(5000)}')`, /Invalid target/],
    ["await import('..%2fx')", /encoded|no name of a package/],
    ["await import('@scope/../secret')", /no name of a package/],
    ["await import('.hidden')", /no name of a package/],
    ["await import('#none')", /Package import '#none' is not defined in \/app\/package\.json/],
    ["await import('needs')", /No such built-in module: http, required from \/app\/node_modules\/needs/],
    ["await import('node:http')", /No such built-in module: node:http/],
    ["await import('stream/web')", /No such built-in module: stream, imported/],
    ["await import('https://example.com/x.js')", /only files and packages can be imported/],
    ["await import('data:text/javascript,1')", /only files and packages can be imported/],
    ["require('es/x')", /does not export '\.\/x' for 'require'/],
    ["require('es')", /ES module, which require does not give/],
  ];
  for (const [code, error] of failures) {
    const outcome = guest.cell(code);
    assert.match(outcome.error ?? `none: ${outcome.result}`, error, code);
    assert.doesNotMatch(outcome.error ?? "", /build\/guest|node:internal/);
  }
});

test("Files are imported as text and bytes, and other types are refused.", () => {
  const guest = createTestGuest(boot, {
    fileSystem: filesForTest({
      "/app/a.txt": "\ufeffé\n`x` $",
      "/app/data.json": { a: 1 },
      "/app/node_modules/p/package.json": { exports: { "./t": "./t.css" } },
      "/app/node_modules/p/t.css": "b {}",
      "/app/m.mjs":
        "import t from './a.txt' with { type: 'text' }; import b from './a.txt' with { type: 'bytes' }; export default [t.length, b.length];",
    }),
    cwd: "/app",
  });
  const found: ReadonlyArray<readonly [code: string, result: string]> = [
    ["import text from './a.txt' with { type: 'text' }; text", "'é\\n`x` $'"],
    ["(await import('./a.txt', { with: { type: 'text' } })).default.length", "7"],
    [
      "import bytes from './a.txt' with { type: 'bytes' }; [bytes.constructor === Uint8Array, bytes.length]",
      "[ true, 11 ]",
    ],
    ["(await import('./m.mjs')).default", "[ 7, 11 ]"],
    [
      "(await import('./data.json', { with: { type: 'json' } })).default.a + (await import('./data.json')).default.a",
      "2",
    ],
    ["(await import('./data.json', { with: { type: 'text' } })).default", "'{\"a\":1}'"],
    ["(await import('p/t', { with: { type: 'text' } })).default", "'b {}'"],
  ];
  for (const [code, result] of found) {
    const outcome = guest.cell(code);
    assert.equal(outcome.error, undefined, code);
    assert.equal(outcome.result, result, code);
  }
  const failures: ReadonlyArray<readonly [code: string, error: RegExp]> = [
    ["await import('./a.txt')", /Unknown file extension "\.txt" of \/app\/a\.txt: import it with/],
    [
      "await import('./a.txt', { with: { type: 'json' } })",
      /Cannot import with the type "json": '\/app\/a\.txt' is none/,
    ],
    ["await import('./a.txt', { with: { type: 'css' } })", /there are "json", "text" and "bytes"/],
    ["await import('fs', { with: { type: 'text' } })", /'node:fs' is none/],
    ["await import('./none.txt', { with: { type: 'bytes' } })", /Cannot find module '\/app\/none\.txt'/],
    [`await import('./a.txt', { with: { type: '${"x".repeat(100_000)}' } })`, /^.{0,400}there are "json"/],
  ];
  for (const [code, error] of failures)
    assert.match(guest.cell(code).error ?? "none", error, code.slice(0, 80));
});

test("Links are followed to the real files, and loops of them end.", () => {
  const fileSystem = filesForTest({
    "/store/pkg/index.js": "module.exports = [__filename, require('sibling')];",
    "/store/node_modules/sibling/index.js": "module.exports = 'sibling';",
    "/app/node_modules/x.js": "",
  });
  fileSystem.symlink("../../store/pkg", "/app/node_modules/pkg");
  fileSystem.symlink("loop", "/app/node_modules/loop");
  fileSystem.symlink("b", "/app/node_modules/a");
  fileSystem.symlink("a", "/app/node_modules/b");
  fileSystem.symlink(".", "/app/node_modules/here");
  const guest = createTestGuest(boot, { fileSystem, cwd: "/app" });
  assert.equal(guest.cell("(await import('pkg')).default").result, "[ '/store/pkg/index.js', 'sibling' ]");
  for (const name of ["loop", "a", "a/index.js"]) {
    assert.match(guest.cell(`await import('${name}')`).error ?? "none", /Cannot find/, name);
  }
  assert.match(guest.cell(`await import('here/${"here/".repeat(300)}x.js')`).error ?? "", /^$|Cannot find/);
  assert.equal(guest.cell("await import('here/here/here/x.js'); 1").result, "1");
});

test("A file that appears, or changes, is seen by the next run.", () => {
  const fileSystem = filesForTest({ "/app/x.js": "" });
  const guest = createTestGuest(boot, { fileSystem, cwd: "/app" });
  assert.match(guest.cell("await import('late')").error ?? "", /Cannot find package 'late'/);
  guest.cell(
    "const fs = require('fs'); fs.mkdirSync('node_modules/late', { recursive: true }); fs.writeFileSync('node_modules/late/index.js', 'exports.x = 1')",
  );
  assert.equal(guest.cell("(await import('late')).x").result, "1");
  guest.cell(
    "fs.writeFileSync('node_modules/late/package.json', '{ \"main\": \"other.js\" }'); fs.writeFileSync('node_modules/late/other.js', 'exports.x = 2')",
  );
  assert.equal(guest.cell("require('late').x").result, "2");
});
