import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Runtime } from "../../engine/runtime.js";
import type { Mount } from "../../vfs/mount-spec.js";
import { driverFile, readRuntimeIds, runtimesDirectory } from "./bundled.js";
import { cacheDirectory } from "./cache-directory.js";
import { runtimeIdOf, sha256 } from "./runtime-id.js";
import { findStockFiles, RuntimeError, type StockFiles, stockPrefix } from "./stock-build.js";
import { openStockCache, type PreparedStock } from "./stock-cache.js";
import { libraryDigest, libraryStamp, packLibrary } from "./stock-stamp.js";

/**
 * Makes a runtime of a directory with a stock CPython build for WASI. The first time takes seconds; what was made
 * then is kept in the user's cache directory for the next times. Where it cannot be kept, all is well but slow.
 *
 * Throws a `RuntimeError` if the directory holds no such build, or one that does not start.
 */
export async function loadStockRuntime(directory: string, cache = cacheDirectory()): Promise<Runtime> {
  const files = findStockFiles(directory);
  const bytes = readFileSync(files.wasmPath);
  const driver = readFileSync(join(runtimesDirectory(), driverFile), "utf8");
  const entry = openStockCache(cache, keyOf(bytes, files, driver));
  const kept = entry.read();
  if (kept !== undefined) return runtimeOf(kept, files, driver);
  const prepared = await prepare(bytes, files, driver);
  try {
    entry.write(prepared);
  } catch {
    // A disk that is full or read-only costs the next start its speed, and this one nothing.
  }
  return runtimeOf(prepared, files, driver);
}

async function prepare(bytes: Uint8Array, files: StockFiles, driver: string): Promise<PreparedStock> {
  const { prepareStock } = await import("./prepare-stock.js");
  try {
    const libraryName = libraryDigest(files.libraryPath);
    const guestPath = (version: string) => libraryMount(files, version).guestPath;
    return { ...prepareStock(bytes, driver, packLibrary(files.libraryPath), guestPath), libraryName };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RuntimeError(`${files.wasmPath} cannot be used: ${reason}`, { cause });
  }
}

function runtimeOf(prepared: PreparedStock, files: StockFiles, driver: string): Runtime {
  const { wasm, image, version, wasmName, imageName, libraryName } = prepared;
  const imageBytes = new Uint8Array(new SharedArrayBuffer(image.length));
  imageBytes.set(image);
  return {
    id: runtimeIdOf({
      language: "python",
      module: wasmName,
      image: imageName,
      library: libraryName,
      driver: sha256(driver),
      packages: [],
    }),
    packageVersion: readRuntimeIds().packageVersion,
    language: "python",
    module: new WebAssembly.Module(wasm),
    imageBytes,
    stock: { library: libraryMount(files, version) },
  };
}

function libraryMount({ libraryPath }: StockFiles, version: string): Mount {
  const [major, minor] = version.split(".");
  return { hostPath: libraryPath, guestPath: `${stockPrefix}/lib/python${major}.${minor}`, mode: "ro" };
}

/** Whatever goes into what is kept: the build, its library (by names, sizes and times), the driver and this version. */
function keyOf(wasm: Uint8Array, { libraryPath }: StockFiles, driver: string): string {
  const { packageVersion } = readRuntimeIds();
  const parts = [sha256(wasm), libraryStamp(libraryPath), sha256(driver), packageVersion];
  return sha256(JSON.stringify(parts)).slice(0, 32);
}
