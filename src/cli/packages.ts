import type { PackageRequest, Runtime } from "../engine/runtime.js";
import { addPackages, lockPackages, type Prepare, type Tell } from "../node/packages/add-packages.js";
import { loadRuntime } from "../node/runtimes/load.js";
import type { Runner } from "./command.js";
import { tell } from "./tell.js";

/** The bundled interpreter with packages. */
export async function loadWithPackages(
  { command, language }: Runner,
  packages: PackageRequest,
  prepare: Prepare = packages.prepare === true,
): Promise<Runtime> {
  return addPackages(await loadRuntime(language, undefined), packages, progress(command), prepare);
}

/** Finds packages and prints their lock. */
export async function printLock(command: string, packages: PackageRequest): Promise<0> {
  process.stdout.write(await lockPackages(packages, progress(command)));
  return 0;
}

/** For a person who waits. */
function progress(command: string): Tell {
  return process.stderr.isTTY ? (line) => tell(command, line) : () => {};
}
