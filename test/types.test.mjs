// The types of the library, as programs meet them: in every kind of module resolution, with the library's own
// declarations checked, with and without Node.js' types.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const compiler = join(root, "node_modules/typescript/bin/tsc");

/** A program's folder, in which the package is installed. */
let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm-repl-types-"));
  mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  symlinkSync(root, join(folder, "node_modules/wasm-repl"));
  for (const name of ["@types/node", "undici-types"]) {
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
  for (const name of ["consumer.ts", "consumer.cts"])
    copyFileSync(join(root, "test/types/consumer.ts"), join(folder, name));
  for (const name of ["browser.ts", "client.ts"])
    copyFileSync(join(root, "test/types", name), join(folder, name));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "program", type: "module" }));
});
after(() => rmSync(folder, { recursive: true }));

/** What the compiler has to say about a file. */
function compile(file, module, moduleResolution, types, libraries = []) {
  const options = {
    module,
    moduleResolution,
    types,
    target: "ES2022",
    lib: ["ES2022", "ESNext.Disposable", ...libraries],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    preserveSymlinks: true,
  };
  const config = join(folder, `${file}-${moduleResolution}-${[...types, ...libraries].join("-")}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions: options, files: [file] }));
  return new Promise((resolve) => {
    execFile(process.execPath, [compiler, "-p", config], (error, stdout) =>
      resolve(error === null ? "" : stdout),
    );
  });
}

for (const types of [[], ["node"]]) {
  for (const [module, resolution, file] of [
    ["Node16", "Node16", "consumer.ts"],
    ["Node16", "Node16", "consumer.cts"],
    ["NodeNext", "NodeNext", "consumer.ts"],
    ["NodeNext", "NodeNext", "consumer.cts"],
    ["ESNext", "Bundler", "consumer.ts"],
  ]) {
    const whose = types.length === 0 ? "without" : "with";
    test(`${file} compiles under ${resolution} ${whose} the types of Node.js, and what is wrong does not`, async () => {
      assert.equal(await compile(file, module, resolution, types), "");
    });
  }
}

for (const [resolution, module, types, libraries] of [
  ["NodeNext", "NodeNext", [], []],
  ["NodeNext", "NodeNext", ["node"], []],
  ["Bundler", "ESNext", [], ["DOM"]],
]) {
  const known = [...types, ...libraries].join() || "nothing";
  test(`a program of the service's client compiles under ${resolution}, with the types of ${known}`, async () => {
    assert.equal(await compile("client.ts", module, resolution, types, libraries), "");
  });
}

for (const [module, resolution] of [
  ["NodeNext", "NodeNext"],
  ["ESNext", "Bundler"],
]) {
  test(`a page's program compiles under ${resolution}, and what a browser lacks does not`, async () => {
    assert.equal(await compile("browser.ts", module, resolution, [], ["DOM"]), "");
  });
}

test("a program that is wrong is refused: the compiler does look at the library's types", async () => {
  writeFileSync(
    join(folder, "wrong.ts"),
    'import { createSession } from "wasm-repl";\nawait createSession("python", { timeoutMs: "1" });\n',
  );
  assert.match(
    await compile("wrong.ts", "NodeNext", "NodeNext", []),
    /timeoutMs|not assignable to type 'number/,
  );
});

test("the types hold in files of their own, and give both kinds of importers the same names", () => {
  const read = (name) => readFileSync(join(root, "dist", name), "utf8");
  for (const folder of [".", "client", "service"]) {
    assert.equal(read(`${folder}/index.d.cts`), read(`${folder}/index.d.ts`));
  }
  for (const text of ["index.d.ts", "browser/index.d.ts", "client/index.d.ts"].map(read)) {
    assert.doesNotMatch(text, /\bfrom "|import\(|NodeJS\.|\bBuffer\b/);
  }
});

for (const [entry, program] of [
  ["src/index.ts", "consumer.ts"],
  ["src/browser.ts", "browser.ts"],
  ["src/client/index.ts", "client.ts"],
]) {
  test(`${program} names every public name of ${entry}`, () => {
    const names = (text) => new Set([...text.matchAll(/[\w$]+/g)].map(([word]) => word));
    const exported = readFileSync(join(root, entry), "utf8").replaceAll(/\/\*.*|from ".*"|export|type /g, "");
    const [imported] = /^import \{[^}]*\}/m.exec(readFileSync(join(root, "test/types", program), "utf8"));
    const used = names(imported);
    assert.deepEqual(
      [...names(exported)].filter((name) => !used.has(name)),
      [],
    );
  });
}
