/** Build time: what a browser needs besides the files that Node.js runs on. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Language } from "../engine/runtime.js";
import { type RuntimeIds, runtimeNames } from "../node/runtimes/bundled.js";
import { decodePack, encodePack } from "../node/runtimes/pack.js";
import { sha256 } from "../node/runtimes/runtime-id.js";

/** Writes the library without its sources, and the manifest of what a page fetches; see `web/platform.ts`. */
export function prepareBrowser(directory: string, ids: RuntimeIds): void {
  const pack = encodePack(withoutSources(decodePack(readFileSync(join(directory, "python.pack")))));
  writeFileSync(join(directory, "python.browser.pack"), pack);
  const asset = (file: string) => {
    const bytes = readFileSync(join(directory, file));
    return { file, bytes: bytes.length, sha256: sha256(bytes) };
  };
  const assets = (language: Language) => ({
    id: ids[language],
    module: asset(`${runtimeNames[language]}.browser.wasm`),
    image: asset(`${runtimeNames[language]}.image`),
  });
  const manifest = {
    packageVersion: ids.packageVersion,
    python: { ...assets("python"), library: { ...asset("python.browser.pack"), ...blocksOf(pack) } },
    javascript: { ...assets("javascript"), typeStripper: asset("typescript.wasm") },
  };
  writeFileSync(join(directory, "browser.json"), JSON.stringify(manifest));
}

/** The library is checked block by block, as it is read. */
const blockBytes = 64 * 1024;

function blocksOf(pack: Uint8Array): { blockBytes: number; blockHashes: string } {
  let blockHashes = "";
  for (let start = 0; start < pack.length; start += blockBytes) {
    blockHashes += sha256(pack.subarray(start, start + blockBytes));
  }
  return { blockBytes, blockHashes };
}

/** CPython turns to the source where it cannot read the bytecode, and must not take an empty file for a module. */
const inPlaceOfSource = new TextEncoder().encode(
  "# Pages get the library without its sources.\nraise ImportError('the compiled form of this file cannot be read')\n",
);

/**
 * Sources whose bytecode is there are still found, so that everything is imported as it is elsewhere and a state can go
 * on from one to the other; the bytecode is not compared with them.
 */
function withoutSources(files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const isCompiled = (path: string) => {
    const [, folder = "", name] = /^(.*\/)?([^/]+)\.py$/.exec(path) ?? [];
    return name !== undefined && files.has(`${folder}__pycache__/${name}.cpython-314.pyc`);
  };
  return new Map([...files].map(([path, bytes]) => [path, isCompiled(path) ? inPlaceOfSource : bytes]));
}
