import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Mount } from "../vfs/mount-spec.js";
import { type GuestDirectory, showDirectory } from "./script.js";

/**
 * Where `-m NAME` runs: a module that lies in the host's working directory is seen as a script is, with that directory
 * read-only around it. Undefined if none lies there, so that a module of the library gets nothing of the host.
 */
export function findModuleDirectory(name: string, mounts: readonly Mount[]): GuestDirectory | undefined {
  const directory = resolve(".");
  return isModuleIn(directory, name) ? showDirectory(directory, mounts) : undefined;
}

/** As Python looks for it: a package at the top, or a file, is found by its first name; other directories by all. */
function isModuleIn(directory: string, name: string): boolean {
  const parts = name.split(".");
  const [first = ""] = parts;
  if (!parts.every((part) => /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(part))) return false;
  const isThere = (...path: string[]) => existsSync(join(directory, ...path));
  return (
    isThere(`${first}.py`) ||
    isThere(first, "__init__.py") ||
    isThere(...parts, "__main__.py") ||
    (parts.length > 1 && isThere(...parts.slice(0, -1), `${parts.at(-1)}.py`))
  );
}
