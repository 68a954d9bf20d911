import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Language, Runtime } from "../../engine/runtime.js";
import type { LockedPackage } from "../../packages/lock.js";
import { packageRoot } from "../package-root.js";
import { codeCachePath, readCodeCache } from "./code-cache.js";
import { readFully } from "./read-fully.js";
import { delayOptimisation } from "./tiering.js";

/** The Python driver's source, in the runtimes' directory. */
export const driverFile = "driver.py";

/** The ids of the bundled interpreters and the version of this package, in the runtimes' directory. */
export const idsFile = "ids.json";

export interface RuntimeIds extends Readonly<Record<Language, string>> {
  readonly packageVersion: string;
}

/** What the distribution that the bundled Python is of has besides, in the runtimes' directory. */
export const distributionFile = "distribution.json";

/** Packages that were built for exactly this interpreter, and where their files are. */
export interface Distribution {
  /** What the names of files are added to. */
  readonly url: string;
  /** By their names. */
  readonly packages: Readonly<
    Record<
      string,
      Pick<LockedPackage, "version" | "file" | "sha256" | "kind"> & { readonly depends: readonly string[] }
    >
  >;
}

export function readDistribution(): Distribution {
  return JSON.parse(readFileSync(join(runtimesDirectory(), distributionFile), "utf8"));
}

export const runtimeNames = { python: "python", javascript: "quickjs" } as const;

/** Where the build puts the bundled interpreters. */
export function runtimesDirectory(): string {
  return join(packageRoot(), "dist", "runtimes");
}

/** Reads a bundled interpreter. Takes a few milliseconds if its code is cached. */
export async function loadBundledRuntime(language: Language): Promise<Runtime> {
  const directory = runtimesDirectory();
  const name = runtimeNames[language];
  const cached = await readCodeCache(codeCachePath(directory, name));
  // Cached code is optimised already, and accepted only by a V8 with the flags of the one that wrote it.
  if (cached === undefined) await delayOptimisation();
  return bundledRuntime(language, cached ?? new WebAssembly.Module(readBundledModule(language)));
}

/** The bytes of the module, which code caches are made from. */
export function readBundledModule(language: Language): Uint8Array {
  return readFileSync(join(runtimesDirectory(), `${runtimeNames[language]}.wasm`));
}

/** A bundled interpreter around its compiled module. */
export function bundledRuntime(language: Language, module: WebAssembly.Module): Runtime {
  const directory = runtimesDirectory();
  const ids = readRuntimeIds();
  return {
    id: ids[language],
    packageVersion: ids.packageVersion,
    language,
    module,
    imagePath: join(directory, `${runtimeNames[language]}.image`),
    ...(language === "python" ? { libraryPath: join(directory, "python.pack") } : {}),
  };
}

/** What the build of the bundled interpreters wrote down. */
export function readRuntimeIds(): RuntimeIds {
  return JSON.parse(readFileSync(join(runtimesDirectory(), idsFile), "utf8"));
}

/** A runtime with its image in shared memory, for sessions that keep checkpoints. */
export function withImageBytes(runtime: Runtime): Runtime {
  if (runtime.imageBytes !== undefined || runtime.imagePath === undefined) return runtime;
  const file = openSync(runtime.imagePath, "r");
  try {
    const imageBytes = new Uint8Array(new SharedArrayBuffer(fstatSync(file).size));
    readFully(file, imageBytes);
    return { ...runtime, imageBytes };
  } finally {
    closeSync(file);
  }
}
