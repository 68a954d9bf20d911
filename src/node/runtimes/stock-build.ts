import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";

/** A directory that was given as a runtime is none. The message says which file is missing, and where. */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
}

/** The files of a stock CPython build for WASI. */
export interface StockFiles {
  readonly wasmPath: string;
  /** The directory with `os.py`. */
  readonly libraryPath: string;
}

/** What every stock build sees as its prefix; its library is below. */
export const stockPrefix = "/usr/local";

/** A module that every library has, by which CPython itself looks for it. */
const landmark = "os.py";

/**
 * Finds `python.wasm` and its library, which is `lib/python3.X` or `lib` itself. Of several versions of the library
 * the highest is taken.
 */
export function findStockFiles(directory: string): StockFiles {
  if (!isDirectory(directory)) throw new RuntimeError(`there is no directory ${directory}`);
  const wasmPath = join(directory, "python.wasm");
  if (!existsSync(wasmPath)) {
    throw new RuntimeError(`there is no python.wasm in ${directory} (looked for ${wasmPath})`);
  }
  const library = join(directory, "lib");
  const versions = isDirectory(library)
    ? readdirSync(library)
        .filter((name) => /^python3\.\d+$/.test(name) && existsSync(join(library, name, landmark)))
        .sort((a, b) => Number(b.slice(8)) - Number(a.slice(8)))
    : [];
  const libraryPath = join(library, versions[0] ?? "");
  if (!existsSync(join(libraryPath, landmark))) {
    const places = [join(library, "python3.*", landmark), join(library, landmark)];
    throw new RuntimeError(
      `there is no standard library in ${directory} (looked for ${places.join(" and ")})`,
    );
  }
  return { wasmPath, libraryPath: realpathSync(libraryPath) };
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
