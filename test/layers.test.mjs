// Holds the import table of the design: each folder of src/ is a layer, and imports point downwards only.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = fileURLToPath(new URL("../src", import.meta.url));

/** Files that anyone may import. */
const leaves = [
  "bounded-json",
  "copy-bytes",
  "errors",
  "errno",
  "guest-end",
  "marked-values",
  "nearest",
  "path-bytes",
  "same-bytes",
  "shareable",
  "signals",
  "returnable-bytes",
];
/** What each layer may import besides itself and the leaves. */
const below = {
  wasm: [],
  vfs: [],
  terminal: [],
  "abi/guest-memory": [],
  "abi/clocks": [],
  "abi/randomness": [],
  "abi/doors": ["abi/clocks", "abi/randomness"],
  "abi/network-line": [],
  "abi/trace": ["abi/guest-memory"],
  "abi/wasi": ["abi/trace", "abi/guest-memory", "abi/clocks", "abi/randomness", "vfs"],
  "abi/emscripten": [
    "abi/network-line",
    "abi/trace",
    "abi/guest-memory",
    "abi/clocks",
    "abi/randomness",
    "vfs",
    "wasm",
  ],
  "abi/quickjs": ["abi/trace", "abi/clocks", "abi/randomness", "vfs"],
  "abi/swc": [],
  guest: [
    "abi/network-line",
    "abi/trace",
    "abi/swc",
    "abi/wasi",
    "abi/emscripten",
    "abi/quickjs",
    "abi/guest-memory",
    "abi/clocks",
    "abi/randomness",
    "abi/doors",
    "vfs",
    "wasm",
  ],
  engine: ["abi/doors", "abi/network-line", "abi/trace", "guest", "terminal", "vfs"],
  session: ["abi/doors", "engine", "guest", "vfs"],
  packages: [],
  web: ["session", "engine", "guest", "vfs"],
  node: ["packages", "session", "engine", "guest", "terminal", "vfs", "wasm"],
  wire: ["session"],
  cli: [
    "wire",
    "packages",
    "node",
    "session",
    "engine",
    "guest",
    "terminal",
    "vfs",
    "abi/doors",
    "abi/trace",
    "abi/wasi",
    "wasm",
  ],
  browser: ["web", "session", "engine", "guest"],
  "service/command": ["service", "cli", "node"],
  service: ["wire", "node", "session", "engine", "guest", "vfs"],
  // Of these its types alone: see below.
  client: ["service", "session", "engine"],
  index: ["node", "session", "engine", "guest", "vfs"],
  launch: ["node", "session", "engine", "guest"],
  build: ["packages", "node", "engine", "guest", "abi/doors", "abi/quickjs", "abi/swc", "vfs", "wasm"],
};
/** Layers above the line, which may use Node.js. */
const withNode = ["node", "wire", "service/command", "service", "cli", "launch", "build"];

const files = readdirSync(source, { recursive: true, withFileTypes: true })
  .map((entry) => relative(source, join(entry.parentPath ?? entry.path, entry.name)))
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !/(^|\/)test-/.test(file));

const layerOf = (module) =>
  [...Object.keys(below), ...leaves].find((name) => module === name || module.startsWith(`${name}/`));

function importsOf(file) {
  const text = readFileSync(resolve(source, file), "utf8");
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([.\w@][^"]*)"/g)].map(([, specifier]) => specifier);
}

test("every source file belongs to a layer, and there are files in every layer that is built", () => {
  for (const file of files)
    assert.ok(layerOf(file.replace(/\.ts$/, "").replace(/\.d$/, "")), `${file} is in no layer`);
  for (const layer of Object.keys(below)) {
    assert.ok(
      files.some((file) => file.startsWith(layer)),
      layer,
    );
  }
});

test("imports point downwards only", () => {
  const wrong = [];
  for (const file of files) {
    const layer = layerOf(file.replace(/\.ts$/, ""));
    for (const specifier of importsOf(file).filter((name) => name.startsWith("."))) {
      const target = relative(source, join(source, dirname(file), specifier)).replace(/\.js$/, "");
      const targetLayer = layerOf(target);
      if (leaves.includes(targetLayer) || targetLayer === layer || below[layer]?.includes(targetLayer))
        continue;
      wrong.push(`${file} -> ${target}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("the bundle of sessions for a browser has nothing of Node.js in it, not even at second hand", async () => {
  const { metafile } = await build({
    entryPoints: [join(source, "session/session.ts"), join(source, "engine/guest-server.ts")],
    bundle: true,
    format: "esm",
    platform: "browser",
    external: ["node:*"],
    outdir: "none",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const foreign = Object.entries(metafile.inputs).flatMap(([file, { imports }]) => [
    ...(withNode.includes(layerOf(relative(source, resolve(file)).replace(/\.ts$/, ""))) ? [file] : []),
    ...imports.filter(({ external }) => external).map(({ path }) => `${file} -> ${path}`),
  ]);
  assert.deepEqual(foreign, []);
});

test("the client takes nothing but types from what is not its own, leaves aside", async () => {
  const { metafile } = await build({
    entryPoints: [join(source, "client/index.ts")],
    bundle: true,
    format: "esm",
    platform: "neutral",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const layers = Object.entries(metafile.inputs)
    .filter(([, { bytes }]) => bytes > 0)
    .map(([file]) => layerOf(relative(source, resolve(file)).replace(/\.ts$/, "")))
    .filter((layer) => layer !== "client" && !leaves.includes(layer));
  assert.deepEqual(layers, []);
  assert.deepEqual(
    Object.values(metafile.outputs).flatMap(({ imports }) => imports),
    [],
  );
});

test("what is below the line uses nothing of Node.js", () => {
  const wrong = files
    .filter((file) => !withNode.includes(layerOf(file.replace(/\.ts$/, ""))))
    .flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith("node:"))
        .map((name) => `${file} -> ${name}`),
    );
  assert.deepEqual(wrong, []);
});

test("what is below the line compiles where no type of Node.js is known", () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "tsconfig.portable.json"],
    { cwd: fileURLToPath(new URL("..", import.meta.url)), encoding: "utf8" },
  );
  assert.equal(stdout, "");
  assert.equal(status, 0);
  // It looks at every layer that is to be free of them.
  const { include } = JSON.parse(readFileSync(join(source, "../tsconfig.portable.json"), "utf8"));
  const missed = files
    .map((file) => layerOf(file.replace(/\.ts$/, "")))
    .filter((layer) => ![...withNode, ...leaves, "index"].includes(layer))
    .filter((layer) => !include.some((path) => `src/${layer}`.startsWith(path.replace(/\.ts$/, ""))));
  assert.deepEqual(missed, []);
});

/** Packages that become part of the bundled commands. */
const bundled = new Set(["fflate", "get-east-asian-width", "@cfworker/json-schema"]);
/** Those that become files of their own, and where alone they are imported, since whoever else did would load them. */
const bundledApart = [
  /^cli\/mcp\/(client-)?sdk(-shims)?\.ts -> @modelcontextprotocol\//,
  /^service\/store\/sqlite\/database\.ts -> node-sqlite3-wasm$/,
  /^service\/store\/postgres\/connections\.ts -> pg$/,
  /^service\/blobs\/s3\.ts -> aws4fetch$/,
  /^service\/http\/router\.ts -> find-my-way$/,
];

test("nothing is imported that is no part of Node.js or of this package", () => {
  const foreign = files.flatMap((file) =>
    importsOf(file)
      .filter((name) => !/^(node:|\.)/.test(name) && !bundled.has(name))
      .map((name) => `${file} -> ${name}`)
      .filter((found) => !bundledApart.some((door) => door.test(found))),
  );
  assert.deepEqual(foreign, []);
});

test("the playground uses the library by its public names in a browser, and only the editor's packages besides", () => {
  const folder = fileURLToPath(new URL("../playground", import.meta.url));
  const foreign = readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) =>
      importsOf(file)
        .filter((name) => !(name.startsWith(".") && resolve(dirname(file), name).startsWith(folder)))
        .filter((name) => name !== "wasm-repl/browser" && !/^@(codemirror|lezer)\//.test(name))
        .map((name) => `${relative(folder, file)} -> ${name}`),
    );
  assert.deepEqual(foreign, []);
});
