// Holds the import table of the design: each folder of src/ is a layer, and imports point downwards only.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../src", import.meta.url));

/** Files that anyone may import. */
const leaves = [
  "errors",
  "errno",
  "file-place",
  "guest-end",
  "host-open",
  "signals",
  "package-root",
  "node-cache-path",
  "stack-size-flag",
  "whole-file",
  "returnable-bytes",
];
/** What each layer may import besides itself and the leaves. */
const below = {
  wasm: [],
  vfs: [],
  terminal: [],
  "abi/guest-memory": [],
  "abi/wasi": ["abi/guest-memory", "vfs"],
  "abi/emscripten": ["abi/guest-memory", "vfs"],
  guest: ["abi/wasi", "abi/emscripten", "abi/guest-memory", "vfs", "wasm"],
  runtimes: ["guest", "vfs", "wasm"],
  worker: ["guest", "runtimes", "terminal", "vfs"],
  session: ["guest", "runtimes", "worker", "vfs"],
  cli: ["guest", "runtimes", "session", "worker", "terminal", "vfs", "abi/wasi", "wasm"],
  index: ["runtimes", "session"],
  launch: ["runtimes", "session", "worker"],
};
/** Layers that must run without Node.js, and their files that may not. */
const withoutNode = [
  "wasm",
  "terminal",
  "vfs",
  "abi/guest-memory",
  "abi/wasi",
  "abi/emscripten",
  "guest",
  "index",
];
const needsNode = [/^vfs\/host-/, /^vfs\/mount-spec/];

const files = readdirSync(source, { recursive: true, withFileTypes: true })
  .map((entry) => relative(source, join(entry.parentPath ?? entry.path, entry.name)))
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !/(^|\/)test-/.test(file));

const layerOf = (module) =>
  [...Object.keys(below), ...leaves].find((name) => module === name || module.startsWith(`${name}/`));

function importsOf(file) {
  const text = readFileSync(join(source, file), "utf8");
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map(([, specifier]) => specifier);
}

test("every source file belongs to a layer, and there are files in every layer that is built", () => {
  for (const file of files)
    assert.ok(layerOf(file.replace(/\.ts$/, "").replace(/\.d$/, "")), `${file} is in no layer`);
  for (const layer of ["wasm", "vfs", "abi/emscripten", "guest", "worker", "session", "runtimes", "cli"]) {
    assert.ok(
      files.some((file) => file.startsWith(`${layer}/`)),
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

test("the layers that are to run elsewhere use nothing of Node.js", () => {
  const wrong = files
    .filter((file) => withoutNode.includes(layerOf(file.replace(/\.ts$/, ""))))
    .filter((file) => !needsNode.some((pattern) => pattern.test(file)))
    .flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith("node:"))
        .map((name) => `${file} -> ${name}`),
    );
  assert.deepEqual(wrong, []);
});

/** Packages that become part of the bundled commands. */
const bundled = new Set(["get-east-asian-width"]);

test("nothing is imported that is no part of Node.js or of this package", () => {
  const foreign = files.flatMap((file) =>
    importsOf(file)
      .filter((name) => !/^(node:|\.)/.test(name) && !bundled.has(name))
      .map((name) => `${file} -> ${name}`),
  );
  assert.deepEqual(foreign, []);
});
