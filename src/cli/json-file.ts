import { fileProblem } from "../node/files/file-problems.js";
import { openOutside } from "../node/files/outside-mounts.js";
import { readWhole } from "../node/files/whole-file.js";
import type { Mount } from "../vfs/mount-spec.js";
import { membersOf } from "../wire/json-text.js";
import { UsageError } from "./usage-error.js";

/** The most bytes of a file of JSON. */
const mostBytes = 64 * 1024 * 1024;

/**
 * The bytes of a file of the user's that a guest must not have written. A `UsageError` if it cannot be read, is no regular
 * file, or lies in one of `mounts` that the guest may write to.
 */
export function readOwnFile(path: string, mounts: readonly Mount[]): Uint8Array {
  try {
    const place = openOutside(path, mounts);
    try {
      const bytes = readWhole(place, mostBytes);
      if (bytes === undefined) throw new UsageError(`cannot read ${path}: there is no such file`);
      return bytes;
    } finally {
      place.close();
    }
  } catch (error) {
    const problem = fileProblem("read", path, error);
    throw problem === undefined ? error : new UsageError(problem);
  }
}

export function readJsonFile(path: string, mounts: readonly Mount[]): unknown {
  return JSON.parse(jsonText(readOwnFile(path, mounts), path));
}

/** The text of a JSON document. A `UsageError` if it is none. */
export function jsonText(bytes: Uint8Array, path: string): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    membersOf(text);
    JSON.parse(text);
    return text;
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : "it is not UTF-8";
    throw new UsageError(`${path} is no JSON: ${reason.replace(/\s+/g, " ")}`);
  }
}
