// Runs the examples of the README and of docs/ and compares what they print.
//
// - A block marked `console` holds commands after `$ `, each followed by all that it prints. `npx NAME` runs the
//   built command.
// - A block marked `js` is run as an ES module. Each line with `// text` at its end, after a call of console.log,
//   must print that text.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "wasm-repl-readme-"));
after(() => rmSync(directory, { recursive: true }));

function blocks(text, language) {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, marked]) => marked === language)
    .map(([, , content]) => content);
}

function sessions(block) {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return { command: part.slice(0, end), expected: part.slice(end + 1) };
    });
}

function shell(command) {
  const built = command.replace(/\bnpx (pyrunner|jsrunner|wasirun)\b/g, `"$ROOT/dist/$1.cjs"`);
  const { stdout } = spawnSync("sh", ["-c", `{ ${built}\n} 2>&1`], {
    cwd: directory,
    env: { ...process.env, ROOT: root, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` },
    encoding: "utf8",
    input: "",
  });
  return stdout;
}

function runModule(code) {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    cwd: root,
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => join("docs", name))];
for (const page of pages.filter((name) => name.endsWith(".md"))) {
  const text = readFileSync(join(root, page), "utf8");
  describe(`the examples of ${page}`, () => {
    for (const { command, expected } of blocks(text, "console").flatMap(sessions)) {
      it(`prints what is shown for: ${command}`, () => {
        assert.equal(shell(command), expected);
      });
    }
    for (const [index, code] of blocks(text, "js").entries()) {
      it(`prints what its comments say, JavaScript example ${index + 1}`, () => {
        const said = [...code.matchAll(/console\.log\(.*\/\/ (.*)$/gm)].map(([, output]) => `${output}\n`);
        assert.ok(said.length > 0, "an example must print something");
        assert.equal(runModule(code), said.join(""));
      });
    }
  });
}

it("finds examples in the README", () => {
  const text = readFileSync(join(root, "README.md"), "utf8");
  assert.ok(blocks(text, "console").flatMap(sessions).length >= 5);
  assert.ok(blocks(text, "js").length >= 1);
});
