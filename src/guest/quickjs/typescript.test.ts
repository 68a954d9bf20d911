import assert from "node:assert/strict";
import { test } from "node:test";
import { filesForTest } from "./modules/test-files.js";
import { bootForTest, createTestGuest } from "./test-guest.js";

const boot = bootForTest();
const fileSystem = filesForTest({
  "/app/shape.mts":
    "export interface Shape { side: number }\nexport const area = (shape: Shape): number => shape.side ** 2;",
  "/app/old.cts":
    "const path: any = require('path');\nexports.name = path.basename(__filename) as string;\nexports.more = 1;",
  "/app/plain.ts": "type T = 1;\nexport default (value: T): T => value;\nexport type { T };",
  "/app/late.ts": "\n\n  throw new Error('late' as string);",
  "/app/enum.ts": "export const a = 1;\n  enum Color { Red }",
  "/app/wrong.ts": "const a = ;",
  "/app/node_modules/typed/package.json": { type: "module", exports: "./index.ts" },
  "/app/node_modules/typed/index.ts": "export const typed: boolean = true;",
});
const typed = (code: string) => ({ mode: "cell", code, filename: "<cell>", isTypeScript: true }) as const;

test("Cells in TypeScript share the session's names with others.", () => {
  const guest = createTestGuest(boot, { fileSystem, cwd: "/app" });
  const cells: ReadonlyArray<readonly [code: string, result: string | undefined]> = [
    ["interface A { n: number }; let a: A = { n: 1 }; a!.n satisfies number", "1"],
    ["function id<T>(this: void, value: T): T { return value }", undefined],
    ["id<string>('x') as unknown", "'x'"],
    [
      "import type { Shape } from './shape.mts'; import { area } from './shape.mts'; area({ side: 3 } as Shape)",
      "9",
    ],
    ["import typedDefault, { type T } from './plain.ts'; typedDefault(1 as T)", "1"],
    [
      "import { name, more } from './old.cts'; [name, more, require('./old.cts').more]",
      "[ 'old.cts', 1, 1 ]",
    ],
    ["import { typed } from 'typed'; typed", "true"],
    ["class P { readonly x: number = 1; declare y: string; private z?(): void }; new P().x", "1"],
    ["await Promise.resolve<number>(5)", "5"],
  ];
  for (const [code, result] of cells) {
    const outcome = guest.run(typed(code));
    assert.equal(outcome.error, undefined, code);
    assert.equal(outcome.result, result, code);
  }
  assert.equal(guest.cell("a.n + id(1)").result, "2");
  assert.match(guest.cell("let b: number = 1").error ?? "", /SyntaxError/);
});

test("Errors are at the lines and columns of the TypeScript.", () => {
  const guest = createTestGuest(boot, { fileSystem, cwd: "/app" });
  const errors: ReadonlyArray<readonly [code: string, error: RegExp]> = [
    ["type A = {\n  größe: '😀'\n};\nlet x: A; throw new Error('here')", /^Error: here\n {4}at <cell>:4:21$/],
    ["await import('./late.ts')", /^Error: late\n {4}at .*\/app\/late\.ts:3:13/],
    [
      "1;\n  enum E { A }",
      /^SyntaxError: TypeScript enum is not supported in strip-only mode\n {4}at <cell>:2:3 /,
    ],
    [
      "class A { constructor(private x: number) {} }",
      /parameter property is not supported.*\n {4}at <cell>:1:31 /,
    ],
    ["namespace N { export const a = 1 }", /namespace declaration is not supported.*\n {4}at <cell>:1:1 /],
    ["import a = require('a')", /import equals declaration is not supported/],
    ["let a = <number>b", /angle-bracket syntax.* is not supported[^\n]*\n {4}at <cell>:1:9 /],
    ["let a = ;", /^SyntaxError: [^\n]+\n {4}at <cell>:1:9 .*\n.*ERR_INVALID_TYPESCRIPT_SYNTAX/],
    ["await import('./enum.ts')", /^SyntaxError: TypeScript enum [^\n]+\n {4}at \/app\/enum\.ts:2:3 /],
    ["await import('./wrong.ts')", /^SyntaxError: [^\n]+\n {4}at \/app\/wrong\.ts:1:11 /],
    ["require('./enum.ts')", /at \/app\/enum\.ts:2:3/],
  ];
  for (const [code, error] of errors) assert.match(guest.run(typed(code)).error ?? "none", error, code);
  const caught = "try { await import('./wrong.ts') } catch (e) { [e instanceof SyntaxError, e.code] }";
  assert.equal(guest.cell(caught).result, "[ true, 'ERR_INVALID_TYPESCRIPT_SYNTAX' ]");
  assert.equal(guest.program("let x: number;\n\nenum A {}", "/app/main.ts").exitCode, 1);
  assert.match(guest.stderr(), /^\/app\/main\.ts:3\nenum A \{\}\n\^\n\nSyntaxError: TypeScript enum/);
});

test("Text that no parser gets through is an error, and the next one is stripped as ever.", () => {
  const guest = createTestGuest(boot);
  const bombs: ReadonlyArray<readonly [code: string, error: RegExp]> = [
    [`let a: ${"{a:".repeat(50_000)}`, /^SyntaxError: .*nested too deeply/],
    ["[".repeat(200_000), /^SyntaxError: .*nested too deeply/],
    [`type A = ${"(".repeat(100_000)}`, /^SyntaxError: .*nested too deeply/],
    [
      " ".repeat(1024 * 1024 + 1),
      /^SyntaxError: TypeScript may have 1048576 characters, and this has 1048577/,
    ],
  ];
  for (const [code, error] of bombs) {
    assert.match(guest.run(typed(code)).error ?? "none", error, code.slice(0, 20));
    assert.equal(guest.run(typed("const fine: number = 1; fine")).result, "1");
  }
});

test("A prompt knows where a statement in TypeScript ends.", () => {
  const guest = createTestGuest(boot);
  const statuses: ReadonlyArray<readonly [code: string, status: string]> = [
    ["let a: number = 1", "complete"],
    ["interface A {", "incomplete"],
    ["function f(a: number) {", "incomplete"],
    ["let a: Array<", "incomplete"],
    ["`text", "incomplete"],
    ["/* comment", "incomplete"],
    ["let a: = 1", "invalid"],
    ["enum A { B }", "invalid"],
  ];
  for (const [code, status] of statuses) {
    assert.deepEqual(guest.inspect({ kind: "isComplete", code, isTypeScript: true }), { status }, code);
  }
});
