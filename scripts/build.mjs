// Makes dist/ from src/: the bundled commands and library, the types, the interpreters' images, and the machine
// code for the Node.js at hand. What has not changed since the last build is not made again.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPlayground } from "./build-playground.mjs";
import { bundle, writeBundledPackages } from "./bundle.mjs";
import { writeTypes } from "./types.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const at = (...parts) => join(root, ...parts);

function node(...args) {
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** The files below a directory, sorted, as paths from the root. */
function filesBelow(directory) {
  return readdirSync(at(directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

// Unbundled, for the tests and the steps below.
rmSync(at("build"), { recursive: true, force: true });
node(at("node_modules/typescript/bin/tsc"));
node(at("node_modules/typescript/bin/tsc"), "-p", "tsconfig.portable.json");

// Bundled, because a process that loads many small modules starts slowly.
const commands = ["pyrunner", "jsrunner", "wasirun"].filter((name) => existsSync(at(`src/cli/${name}.ts`)));
for (const name of existsSync(at("dist")) ? readdirSync(at("dist")) : []) {
  if (name !== "runtimes") rmSync(at("dist", name), { recursive: true });
}
const common = {
  absWorkingDir: root,
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20",
  // `launch` runs bundles as scripts of `node:vm`, where `import()` fails. Here it becomes `require`.
  supported: { "dynamic-import": false },
  legalComments: "none",
  logLevel: "warning",
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  define: { "import.meta.url": "moduleUrl" },
  banner: { js: 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
};
/** Each start reads its whole bundle, most of which it does not run: half the bytes are 2 to 4 % of a start. */
const small = { minify: !process.argv.includes("--readable") };
// What starts processes and threads is CommonJS in one file each: Node.js loads that fastest.
await bundle({
  ...common,
  entryPoints: {
    index: "src/index.ts",
    launch: "src/launch/launch.ts",
    "code-cache": "src/launch/write-code-caches.ts",
    "memory-watch-thread": "src/cli/memory-watch-thread.ts",
  },
});
// The service and its command. Nothing else loads the first, which has the databases in it; SQLite's module lies beside.
await bundle({
  ...common,
  entryPoints: { "wasm-repl": "src/service/command/wasm-repl.ts", "service/index": "src/service/server.ts" },
  ...small,
});
copyFileSync(
  at("node_modules/node-sqlite3-wasm/dist/node-sqlite3-wasm.wasm"),
  at("dist/service/node-sqlite3-wasm.wasm"),
);
await bundle({
  ...common,
  entryPoints: {
    "bundles/thread": "src/node/threads/thread.ts",
    "bundles/wasi-thread": "src/cli/wasi-thread.ts",
    ...Object.fromEntries(commands.map((name) => [`bundles/${name}`, `src/cli/${name}.ts`])),
  },
  inject: ["src/launch/light-globals.ts"],
  ...small,
});
// The protocol's SDK, which is not ours, is always minified: unminified it has characters beyond ASCII in it.
await bundle({
  ...common,
  entryPoints: {
    "bundles/mcp-sdk": "src/cli/mcp/sdk.ts",
    "bundles/mcp-client-sdk": "src/cli/mcp/client-sdk.ts",
  },
  minify: true,
  alias: {
    "@modelcontextprotocol/server/_shims": "./src/cli/mcp/sdk-shims.ts",
    "@modelcontextprotocol/client/_shims": "./src/cli/mcp/sdk-shims.ts",
  },
});
for (const file of filesBelow("dist/bundles").filter((name) => name.endsWith(".cjs"))) {
  const text = readFileSync(at(file), "utf8");
  const fault = /\bimport\s*\(/.test(text)
    ? "a dynamic import(), which fails in a script of node:vm"
    : /[\u0080-\uffff]/.test(text) && "characters that are not ASCII, and launch.cjs reads it as Latin-1";
  if (!fault) continue;
  console.error(`${file} has ${fault}`);
  process.exit(1);
}
// For applications that are bundled themselves: a bundler cannot turn CommonJS into an ES module that Node.js runs.
await bundle({
  ...common,
  format: "esm",
  outExtension: { ".js": ".mjs" },
  entryPoints: { "index.bundler": "src/index.ts" },
  // An ES module has its own `import.meta`, and `import()`.
  supported: {},
  define: {},
  banner: {},
});
// For browsers: the library, and its worker as a file of its own.
await bundle({
  ...common,
  platform: "browser",
  target: "es2023",
  format: "esm",
  outExtension: {},
  minify: true,
  entryPoints: { "browser/index": "src/browser.ts", "browser/worker": "src/web/thread.ts" },
  supported: {},
  define: {},
  banner: {},
});
// The client of the service, which is for everywhere: an ES module, and a CommonJS one for those who load it with `require`.
for (const [format, extension] of [
  ["esm", ".js"],
  ["cjs", ".cjs"],
]) {
  await bundle({
    ...common,
    platform: "neutral",
    target: "es2022",
    format,
    outExtension: { ".js": extension },
    entryPoints: { "client/index": "src/client/index.ts" },
    supported: {},
    define: {},
    banner: {},
  });
}
// In front of each bundle stands a file that loads it with its compiled code. A command's first line goes there.
for (const name of ["thread", "wasi-thread", "mcp-sdk", "mcp-client-sdk", ...commands]) {
  const text = readFileSync(at(`dist/bundles/${name}.cjs`), "utf8");
  const [firstLine] = /^#!.*\n/.exec(text) ?? [""];
  const wrapped = `(function (exports, require, module, __filename) {${text.slice(firstLine.length)}\n})`;
  writeFileSync(at(`dist/bundles/${name}.cjs`), wrapped);
  writeFileSync(
    at(`dist/${name}.cjs`),
    `${firstLine}require("./launch.cjs").launch(\`\${__dirname}/bundles/${name}.cjs\`, require, module);\n`,
  );
}
// One library for both kinds of modules, so that a process which loads it as both has one set of threads.
for (const library of ["dist/index", "dist/service/index"]) {
  const names = Object.keys(createRequire(import.meta.url)(at(`${library}.cjs`)));
  writeFileSync(
    at(`${library}.js`),
    `import library from "./index.cjs";\nexport const { ${names.join(", ")} } = library;\n`,
  );
}
for (const name of [...commands, "wasm-repl"]) chmodSync(at(`dist/${name}.cjs`), 0o755);
await writeTypes(root);

// The images: only what guests, files and modules are made of goes into them.
const inputs = ["src/abi", "src/build", "src/guest", "src/node/runtimes", "src/vfs", "src/wasm"].flatMap(
  filesBelow,
);
const hash = createHash("sha256");
for (const file of [...inputs.filter((file) => !file.endsWith(".test.ts")), "package-lock.json"]) {
  hash.update(file).update(readFileSync(at(file)));
}
const stamp = hash.digest("hex");
const stampFile = at("dist/runtimes/.stamp");
const previous = existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "";
if (previous !== stamp) {
  node(at("build/build/prepare.js"));
  writeFileSync(stampFile, stamp);
}
node(at("dist/code-cache.cjs"));
await buildPlayground(root);
writeBundledPackages(at("build/bundled-packages.json"));
