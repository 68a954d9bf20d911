/** Build time: makes the files that JavaScript sessions start from out of the npm package `quickjs-wasi`. */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { outOfMemoryExport } from "../abi/quickjs/exports.js";
import { chargedModule } from "../guest/charged-module.js";
import { encodeImage } from "../guest/image.js";
import { bootQuickJs } from "../guest/quickjs/boot.js";
import { leanQuickJs } from "../guest/quickjs/lean-quickjs.js";
import { tellingRefusals } from "../guest/refusals.js";

/**
 * Writes `quickjs.wasm` and `quickjs.image` into `directory`, and the module for browsers.
 *
 * @param driver The driver's source.
 * @returns The interpreter's name and version.
 */
export function prepareQuickJs(directory: string, driver: string): string {
  const bytes = readFileSync(createRequire(import.meta.url).resolve("quickjs-wasi/quickjs.wasm"));
  const image = bootQuickJs(new WebAssembly.Module(bytes), driver);
  writeFileSync(join(directory, "quickjs.image"), encodeImage(image));
  const lean = leanQuickJs(tellingRefusals(bytes, [outOfMemoryExport]), image);
  writeFileSync(join(directory, "quickjs.wasm"), lean);
  writeFileSync(join(directory, "quickjs.browser.wasm"), chargedModule(lean));
  return "QuickJS-ng";
}
