import type { HostFunctions } from "../session/host-functions/types.js";
import type { Mount } from "../vfs/mount-spec.js";
import { checkDeclared, type DeclaredFunctions, relayedFunctions } from "../wire/declared-functions.js";
import { readJsonFile } from "./json-file.js";
import { UsageError } from "./usage-error.js";

/** A `UsageError` if the file cannot be read, or declares no functions. */
export function readFunctionsFile(path: string, mounts: readonly Mount[]): DeclaredFunctions {
  const declared = readJsonFile(path, mounts);
  try {
    checkDeclared(declared);
  } catch (error) {
    throw new UsageError(`${path} declares no functions: ${(error as Error).message}`);
  }
  return declared;
}

/** Functions that a file declares, for where nobody is at hand: each call is answered another day. */
export function suspendingFunctions(path: string, mounts: readonly Mount[]): HostFunctions {
  return relayedFunctions(readFunctionsFile(path, mounts), (_name, _given, { suspend }) => suspend());
}
