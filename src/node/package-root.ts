import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { WasmReplError } from "../errors.js";

const packageName = "wasm-repl";

/**
 * The directory of this package, whether this module runs bundled, from a build for tests, installed, or as a part of
 * an application's own bundle, in which case the package must be installed beside that. `RUNTIME_UNAVAILABLE` if it
 * is nowhere.
 */
export function packageRoot(): string {
  const file = fileURLToPath(import.meta.url);
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    if (isPackage(directory)) return directory;
    if (directory === dirname(directory)) break;
  }
  try {
    // Imported above, it would cost every start; before Node.js 20.16 this is missing, and so is the package then.
    const { createRequire } = process.getBuiltinModule("node:module");
    return dirname(createRequire(file).resolve(`${packageName}/package.json`));
  } catch (cause) {
    throw new WasmReplError(
      "RUNTIME_UNAVAILABLE",
      `the files of ${packageName} are not to be found from ${file}; install the package there, or leave it out of the bundle`,
      { cause },
    );
  }
}

function isPackage(directory: string): boolean {
  const description = join(directory, "package.json");
  if (!existsSync(description)) return false;
  try {
    return JSON.parse(readFileSync(description, "utf8")).name === packageName;
  } catch {
    return false;
  }
}
