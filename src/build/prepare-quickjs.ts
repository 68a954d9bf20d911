/** Build time: makes the files that JavaScript sessions start from out of the npm package `quickjs-wasi`. */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { outOfMemoryExport, requiredExports } from "../abi/quickjs/exports.js";
import { encodeImage } from "../guest/image.js";
import { leanModule } from "../guest/lean-module.js";
import { bootQuickJs } from "../guest/quickjs/boot.js";
import { tellingRefusals } from "../guest/refusals.js";

/**
 * Writes `quickjs.wasm` and `quickjs.image` into `directory`.
 *
 * @param driver The driver's source.
 * @returns The interpreter's name and version.
 */
export function prepareQuickJs(directory: string, driver: string): string {
  const bytes = readFileSync(createRequire(import.meta.url).resolve("quickjs-wasi/quickjs.wasm"));
  const module = new WebAssembly.Module(bytes);
  writeFileSync(join(directory, "quickjs.image"), encodeImage(bootQuickJs(module, driver)));
  const telling = tellingRefusals(bytes, [outOfMemoryExport]);
  writeFileSync(join(directory, "quickjs.wasm"), leanModule(telling, requiredExports));
  return "QuickJS-ng";
}
