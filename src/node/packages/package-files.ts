import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LockedPackage } from "../../packages/lock.js";
import { packageError } from "../../packages/package-error.js";
import { openPlace, withPlace } from "../files/file-place.js";
import { readWhole, removeDeadTemporaries, writeWhole } from "../files/whole-file.js";
import { cacheDirectory } from "../runtimes/cache-directory.js";
import { sha256 } from "../runtimes/runtime-id.js";
import { fetchFile } from "./fetch-file.js";

/** The largest file of a package. */
const maxFileBytes = 512 * 1024 * 1024;

/** Where files of packages come from: what is kept, directories, and the network. */
export interface PackageFiles {
  /** The bytes of a file, which have its hash. `PACKAGES_UNAVAILABLE` if it cannot be had. */
  read(file: Pick<LockedPackage, "file" | "sha256" | "url">): Promise<Uint8Array>;
}

/** The directory of the cache that packages have. */
export function packageCache(): string {
  return join(cacheDirectory(), "packages");
}

/**
 * @param findLinks Directories that are looked in first.
 * @param isOffline Nothing is fetched.
 * @param tell Hears what is about to be fetched.
 */
export function createPackageFiles(
  findLinks: readonly string[],
  isOffline: boolean,
  tell: (line: string) => void,
): PackageFiles {
  return {
    async read({ file, sha256: wanted, url }) {
      const kept = readKept(wanted) ?? readGiven(findLinks, file, wanted);
      if (kept !== undefined) return kept;
      if (url === undefined)
        throw packageError(`${file} is not in the directories that were given with --find-links`);
      if (isOffline)
        throw packageError(`${file} is not in the cache, and nothing may be fetched (--offline)`);
      tell(`fetching ${file}`);
      const fetched = await fetchFile(url, maxFileBytes);
      if (fetched === undefined) throw packageError(`${url} cannot be fetched: there is nothing`);
      const found = sha256(fetched.bytes);
      if (found !== wanted)
        throw packageError(`${file} is not the right file: its SHA-256 is ${found}, not ${wanted}`);
      keep(wanted, fetched.bytes);
      return fetched.bytes;
    },
  };
}

/** Damaged files are as if they were not there. */
function readKept(digest: string): Uint8Array | undefined {
  try {
    const bytes = withPlace(openPlace(keptPath(digest)), (place) => {
      removeDeadTemporaries(place);
      return readWhole(place, maxFileBytes);
    });
    return bytes !== undefined && sha256(bytes) === digest ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** It comes into being whole, by a rename. Without a place to keep it, it is fetched again the next time. */
function keep(digest: string, bytes: Uint8Array): void {
  try {
    mkdirSync(join(packageCache(), "files"), { recursive: true, mode: 0o700 });
    withPlace(openPlace(keptPath(digest)), (place) => writeWhole(place, bytes, { durable: false }));
  } catch {
    // A full disk, or a home that is read-only.
  }
}

function keptPath(digest: string): string {
  return join(packageCache(), "files", digest);
}

function readGiven(findLinks: readonly string[], file: string, wanted: string): Uint8Array | undefined {
  for (const directory of findLinks) {
    const path = join(directory, file);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const bytes = readFileSync(path);
    const found = sha256(bytes);
    if (found !== wanted)
      throw packageError(`${path} is not the right file: its SHA-256 is ${found}, not ${wanted}`);
    return bytes;
  }
  return undefined;
}
