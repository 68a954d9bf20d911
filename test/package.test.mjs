// The packed tarball, installed where nothing else is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasm-repl-pack-"));
const home = join(folder, "home");
let packed;

const call = (command, ...args) => execFileSync(command, args, { cwd: home, encoding: "utf8" });
const installed = (name) => join(home, "node_modules", ".bin", name);

before(() => {
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), "{}");
  const options = { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  [packed] = JSON.parse(execFileSync("npm", args, options));
  call(
    "npm",
    "install",
    "--ignore-scripts",
    "--offline",
    "--no-audit",
    "--no-fund",
    join(folder, packed.filename),
  );
});
after(() => rmSync(folder, { recursive: true }));

test("the package holds what it runs on, no machine code of one Node.js, no sources or tests", () => {
  const paths = packed.files.map(({ path }) => path);
  for (const path of [
    "dist/pyrunner.cjs",
    "dist/jsrunner.cjs",
    "dist/thread.cjs",
    "dist/mcp-sdk.cjs",
    "dist/bundles/mcp-sdk.cjs",
    "dist/bundles/mcp-client-sdk.cjs",
    "dist/index.js",
    "dist/wasm-repl.cjs",
    "dist/service/index.cjs",
    "dist/service/index.d.ts",
    "dist/service/node-sqlite3-wasm.wasm",
    "docs/service.md",
    "LICENSE",
  ]) {
    assert.ok(paths.includes(path), `${path} is missing`);
  }
  assert.deepEqual(
    paths.filter((path) => /\.code$|\.test\.|^(src|test|build)\//.test(path)),
    [],
  );
});

test("it needs no other package", () => {
  const { dependencies } = JSON.parse(call("npm", "ls", "--all", "--json"));
  assert.deepEqual(Object.keys(dependencies), ["wasm-repl"]);
  assert.equal(dependencies["wasm-repl"].dependencies, undefined);
});

test("both commands run where it is installed, without anything cached", () => {
  assert.equal(call(installed("pyrunner"), "-c", "import json; print(json.dumps([6 * 7]))"), "[42]\n");
  assert.equal(call(installed("jsrunner"), "-e", "console.log(6 * 7)"), "42\n");
});

test("a service runs where it is installed, from both kinds of modules", () => {
  const use = `const service = await createService({ data: "sessions", port: 0 });
    const ask = (method, path, body) => fetch(service.address + "/v1/sessions/a" + path, {
      method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    await ask("PUT", "", { language: "javascript" });
    console.log(await (await ask("POST", "/cells", { code: "globalThis.n = (globalThis.n ?? 0) + 1" })).json());
    await service.close();`;
  const esm = `import { createService } from "wasm-repl/server"; ${use}`;
  const cjs = `const { createService } = require("wasm-repl/server"); (async () => { ${use} })();`;
  assert.match(call(process.execPath, "--input-type=module", "-e", esm), /result: \{ result: '1' \}/);
  assert.match(call(process.execPath, "--input-type=commonjs", "-e", cjs), /result: \{ result: '2' \}/);
  assert.match(call(installed("wasm-repl"), "--version"), /^wasm-repl \d/);
});

test("CommonJS and ES modules get the same library", () => {
  const code = `const library = require("wasm-repl");
    (async () => {
      const names = Object.keys(await import("wasm-repl")).filter((name) => name !== "default");
      console.log(names.every((name) => library[name] !== undefined), names.sort().join());
      const same = (await import("wasm-repl")).WasmReplError === library.WasmReplError;
      const session = await library.createSession("javascript");
      console.log(same, (await session.run("6 * 7")).result);
      await session.close();
    })();`;
  const names = [
    "WasmReplError",
    "compactSnapshots",
    "createPool",
    "createSession",
    "createSessions",
    "inspectSnapshot",
    "lockPackages",
    "runtimeId",
    "setPackageDirectory",
  ];
  assert.equal(
    call(process.execPath, "--input-type=commonjs", "-e", code),
    `true ${names.join()}\ntrue 42\n`,
  );
});

const application = `
  createSession("python")
    .then(async (session) => {
      console.log((await session.run("import json; json.dumps(6 * 7)")).result);
      await session.close();
    })
    .catch(({ code, message }) => console.log(code, message))
    .finally(() => process.exit());`;

/** An application in one file, with the library in it. Gives its path and what it prints. */
function runBundle(format, directory, before = "") {
  const source = `import { createSession, setPackageDirectory } from "wasm-repl";
    globalThis.setPackageDirectory = setPackageDirectory;${before}${application}`;
  const outfile = join(directory, `application.${format === "esm" ? "mjs" : "cjs"}`);
  const stdin = { contents: source, resolveDir: home };
  const { warnings } = buildSync({
    stdin,
    outfile,
    bundle: true,
    platform: "node",
    format,
    logLevel: "silent",
  });
  // Such a bundle has no `import.meta`, which the library knows.
  const others = warnings.filter(({ id }) => id !== "empty-import-meta");
  assert.deepEqual(others, []);
  const options = { cwd: directory, encoding: "utf8", timeout: 20_000 };
  return execFileSync(process.execPath, [outfile], options);
}

for (const format of ["esm", "cjs"]) {
  /** Does something in a directory that nothing is installed for. */
  const elsewhere = (action) => {
    const directory = mkdtempSync(join(tmpdir(), "wasm-repl-application-"));
    try {
      action(directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
  const answer = "'42'\n";
  const copyTo = (directory) => cpSync(join(home, "node_modules/wasm-repl"), directory, { recursive: true });

  test(`an application's ${format} bundle finds the package that is installed beside it`, () => {
    assert.equal(runBundle(format, home), answer);
  });

  test(`an application's ${format} bundle finds a copy of the package beside it`, () => {
    elsewhere((directory) => {
      copyTo(join(directory, "wasm-repl"));
      assert.equal(runBundle(format, directory), answer);
    });
  });

  test(`an application's ${format} bundle can say where the package is, and is told if it is not there`, () => {
    elsewhere((directory) => {
      copyTo(join(directory, "assets"));
      assert.equal(runBundle(format, directory, 'setPackageDirectory("assets");'), answer);
      assert.match(
        runBundle(
          format,
          directory,
          'try { setPackageDirectory("none") } catch (error) { console.log(error.message) }',
        ),
        /none holds no copy of wasm-repl/,
      );
    });
  });

  test(`an application's ${format} bundle without the package is told so, and does not hang`, () => {
    elsewhere((directory) => {
      assert.match(
        runBundle(format, directory),
        /^RUNTIME_UNAVAILABLE the files of wasm-repl are not to be found from .*application/,
      );
    });
  });
}

test("the types are found from both kinds of modules, and fit", () => {
  const source = `const session: Promise<Session> = createSession("python", { timeoutMs: 5 });
    const pool: Promise<Pool> = createPool("javascript", { size: 1 });
    session.then((one) => one.run("1", { id: 1 })).then(({ result, state }) => [result, state]);
    pool.catch((error: unknown) => error instanceof WasmReplError && error.code === "QUEUE_FULL");\n`;
  const head =
    'import { createPool, createSession, type Pool, type Session, WasmReplError } from "wasm-repl";\n';
  const ofService = `import { createService, type Service, ServiceRefused } from "wasm-repl/server";
    const service: Promise<Service> = createService({ data: "x", limits: { timeoutMs: 5 }, log: (line) => line.length });
    service.then(({ address }) => address.length, (error: unknown) => error instanceof ServiceRefused);\n`;
  for (const name of ["consumer.mts", "consumer.cts"])
    writeFileSync(join(home, name), ofService + head + source);
  const options = ["--noEmit", "--strict", "--module", "node16", "--target", "es2022", "--typeRoots", "none"];
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  call(process.execPath, compiler, ...options, "--skipLibCheck", "consumer.mts", "consumer.cts");
});

test("the library runs where it is installed", () => {
  const code = `import { createSession } from "wasm-repl";
    for (const language of ["python", "javascript"]) {
      const session = await createSession(language);
      console.log((await session.run("6 * 7")).result);
      await session.close();
    }`;
  assert.equal(call(process.execPath, "--input-type=module", "-e", code), "42\n42\n");
});

test("an application for a browser is bundled with the library, and needs nothing of Node.js", () => {
  const source = `import { createSession, WasmReplError } from "wasm-repl/browser";
    createSession("python", { assetsUrl: "/assets/", workerUrl: "/worker.js" })
      .then((session) => session.run("6 * 7"))
      .catch((error) => console.log(error instanceof WasmReplError));`;
  const { warnings, metafile } = buildSync({
    stdin: { contents: source, resolveDir: home },
    bundle: true,
    platform: "browser",
    format: "esm",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  assert.deepEqual(warnings, []);
  const [{ imports, bytes }] = Object.values(metafile.outputs);
  assert.deepEqual(imports, []);
  assert.ok(bytes > 50_000);
  for (const file of ["browser/worker.js", "runtimes/python.wasm", "runtimes/browser.json"]) {
    assert.match(call(process.execPath, "-p", `require.resolve("wasm-repl/${file}")`), /wasm-repl/);
  }
});
