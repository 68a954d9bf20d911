// TypeScript by every way in which code gets into a session of JavaScript.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createPool, createSession } from "../dist/index.js";
import { commandPath, finish } from "./commands.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-typescript-"));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(
  join(folder, "main.ts"),
  "import { half } from './half.mts';\nconst n: number = half(84);\nconsole.log(n satisfies number);\n",
);
writeFileSync(join(folder, "half.mts"), "export const half = (n: number): number => n / 2;\n");
writeFileSync(join(folder, "enum.cts"), "let a: number;\nenum Color { Red }\n");

function jsrunner(words, input = "") {
  const child = spawn(process.execPath, [commandPath("jsrunner"), ...words], { cwd: folder, stdio: "pipe" });
  child.stdin.end(input);
  return finish(child);
}

test("the command takes it from a script, from -e, -p and standard input", async () => {
  assert.equal((await jsrunner(["main.ts"])).stdout, "42\n");
  assert.equal((await jsrunner(["--ts", "-p", "const a: number = 41; (a as any) + 1"])).stdout, "42\n");
  assert.equal((await jsrunner(["--ts"], "let a: string = 'x'; console.log(a!)")).stdout, "x\n");
  const { stdout, stderr, code } = await jsrunner(["enum.cts"]);
  assert.deepEqual({ stdout, code }, { stdout: "", code: 1 });
  assert.match(
    stderr,
    /enum\.cts:2\nenum Color \{ Red \}\n\^\n\nSyntaxError: TypeScript enum is not supported/,
  );
  assert.match((await jsrunner(["-e", "let a: number = 1"])).stderr, /SyntaxError/);
});

test("a session and a pool take it with language, and other languages do not", async () => {
  const session = await createSession("javascript");
  assert.equal((await session.run("let a: number = 1; a!", { language: "typescript" })).result, "1");
  assert.equal((await session.run("a + 1", { language: "javascript" })).result, "2");
  assert.match((await session.run("let b: number = 1")).error, /SyntaxError/);
  await assert.rejects(session.run("1", { language: "ruby" }), { code: "INVALID_OPTION" });
  await session.close();
  const pool = await createPool("javascript", { size: 1 });
  assert.equal((await pool.run("let a: number = 1; a", { language: "typescript" })).result, "1");
  await pool.close();
  const python = await createSession("python");
  await assert.rejects(python.run("1", { language: "typescript" }), {
    code: "INVALID_OPTION",
    message: "language is for sessions of JavaScript, and this one is of python",
  });
  await python.close();
});

test("a JSON line says that its code is TypeScript", async () => {
  const lines = [
    { id: 1, code: "let a: number = 1; a", language: "typescript" },
    { id: 2, code: "let b: number = 1" },
    { id: 3, code: "1", language: "coffee" },
  ];
  const { stdout } = await jsrunner(["--jsonl"], lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const [first, second, third] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(first.result, "1");
  assert.match(second.error, /SyntaxError/);
  assert.match(third.error, /"language" is "javascript" or "typescript"/);
});
