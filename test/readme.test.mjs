// Runs the examples of the README, of docs/ and of examples/ through pipes, and compares what they print.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { pages, root, shellEnvironment, shellScript } from "./doc-examples.mjs";

const directory = mkdtempSync(join(tmpdir(), "wasm-repl-readme-"));
after(() => rmSync(directory, { recursive: true }));

function shell(command) {
  const options = { cwd: directory, env: shellEnvironment, encoding: "utf8", input: "" };
  return spawnSync("sh", ["-c", shellScript(command)], options).stdout;
}

function runModule(code) {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    cwd: root,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

for (const { name, commands, scripts } of pages) {
  describe(`the examples of ${name}`, () => {
    for (const { command, expected } of commands) {
      it(`prints what is shown for: ${command}`, () => {
        assert.equal(shell(command), expected);
      });
    }
    for (const [index, code] of scripts.entries()) {
      it(`prints what its comments say, JavaScript example ${index + 1}`, () => {
        const said = [...code.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, output]) => `${output}\n`);
        assert.ok(said.length > 0, "an example must print something");
        assert.equal(runModule(code), said.join(""));
      });
    }
  });
}

it("finds examples in the README", () => {
  const [readme] = pages;
  assert.ok(readme.commands.length >= 5);
  assert.ok(readme.scripts.length >= 1);
});
