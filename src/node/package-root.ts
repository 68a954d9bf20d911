import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { WasmReplError } from "../errors.js";

const packageName = "wasm-repl";

/** What the application has said; see `setPackageDirectory`. */
let given: string | undefined;

/**
 * Says where a copy of this package lies, for applications whose bundle is far from it: the directory with its
 * `package.json` and `dist/`. To be called before the first session. By default the package is looked for from the
 * running file on: above it, in a directory `wasm-repl` beside it, and where Node.js would find it installed.
 *
 * Throws `INVALID_OPTION` if it is not there.
 *
 * @param directory A path, or a `URL` with the scheme `file:`.
 */
export function setPackageDirectory(directory: string | { readonly href: string }): void {
  const path = resolve(typeof directory === "string" ? directory : fileURLToPath(directory.href));
  if (!isPackage(path)) {
    throw new WasmReplError(
      "INVALID_OPTION",
      `${path} holds no copy of ${packageName}: its package.json and dist/ must be there`,
    );
  }
  given = path;
}

/**
 * The directory of this package, whether this module runs bundled, from a build for tests, installed, or as a part of
 * an application's own bundle. `RUNTIME_UNAVAILABLE` if it is nowhere.
 */
export function packageRoot(): string {
  if (given !== undefined) return given;
  const file = thisFile();
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    if (isPackage(directory)) return directory;
    if (directory === dirname(directory)) break;
  }
  const beside = join(dirname(file), packageName);
  if (isPackage(beside)) return beside;
  try {
    // Imported above, it would cost every start; before Node.js 20.16 this is missing, and so is the package then.
    const { createRequire } = process.getBuiltinModule("node:module");
    return dirname(createRequire(file).resolve(`${packageName}/package.json`));
  } catch (cause) {
    throw new WasmReplError(
      "RUNTIME_UNAVAILABLE",
      `the files of ${packageName} are not to be found from ${file}; install the package there, copy it to ${beside}, or name its place with setPackageDirectory`,
      { cause },
    );
  }
}

/** An application's bundle is this file as well. As CommonJS it has no `import.meta`. */
function thisFile(): string {
  const url: string | undefined = import.meta.url;
  return url === undefined ? __filename : fileURLToPath(url);
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
