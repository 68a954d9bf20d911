import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runtimesDirectory } from "./bundled.js";

/** The module that strips types from TypeScript, in the runtimes' directory. */
export const typeStripperFile = "typescript.wasm";

/** Takes some 20 ms. */
export function loadTypeStripper(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(join(runtimesDirectory(), typeStripperFile)));
}
