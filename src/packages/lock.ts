import { packageError } from "./package-error.js";
import { normalName } from "./requirement.js";

/** The exact files that a session's packages are, with their hashes. */
export interface Lock {
  /** In the order of their names. */
  readonly packages: readonly LockedPackage[];
  /** The names of those that were asked for; the others are there for their sake. */
  readonly wanted: readonly string[];
}

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** The name of its file. */
  readonly file: string;
  /** In hexadecimal. */
  readonly sha256: string;
  /** Where the file can be had. Absent: in a directory of the user's (`--find-links`). */
  readonly url?: string;
  /** What it is, if no wheel: an archive of the interpreter's distribution, of modules or of libraries that others need. */
  readonly kind?: "modules" | "libraries";
}

type KnownPackage = Pick<LockedPackage, "name" | "version" | "file" | "sha256"> & {
  readonly [Name in "url" | "kind"]?: LockedPackage[Name] | undefined;
};

const format = 1;
const maxPackages = 2000;

/** The one order of a lock. */
export function sortLock({ packages, wanted }: Lock): Lock {
  return { packages: [...packages].sort((a, b) => (a.name < b.name ? -1 : 1)), wanted: [...wanted].sort() };
}

/** The same lock gives the same text. */
export function encodeLock({ packages, wanted }: Lock): string {
  const ordered = packages.map(({ name, version, file, sha256, url, kind }) => ({
    name,
    version,
    file,
    sha256,
    url,
    kind,
  }));
  return `${JSON.stringify({ wasmReplLock: format, wanted, packages: ordered }, undefined, 2)}\n`;
}

/** @throws WasmReplError `PACKAGES_UNAVAILABLE` for what is no lock. */
export function parseLock(text: string): Lock {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw packageError("the lock is no JSON", cause);
  }
  const { wasmReplLock, packages, wanted } = Object(value);
  if (wasmReplLock !== format)
    throw packageError(`the lock is not of format ${format}; make it anew with pyrunner lock`);
  if (!Array.isArray(packages) || packages.length > maxPackages)
    throw packageError("the lock has no list of packages");
  const read = packages.map(readPackage);
  const names = new Set(read.map(({ name }) => name));
  if (names.size < read.length) throw packageError("the lock has a package twice");
  if (!Array.isArray(wanted) || !wanted.every((name) => names.has(name))) {
    throw packageError("the lock wants packages that it does not have; make it anew with pyrunner lock");
  }
  return sortLock({ packages: read, wanted });
}

function readPackage(value: unknown): LockedPackage {
  const { name, version, file, sha256, url, kind } = Object(value);
  const shown = typeof name === "string" ? JSON.stringify(name.slice(0, 100)) : "a package";
  const wrong = (what: string) =>
    packageError(`the lock has no proper ${what} for ${shown}; make it anew with pyrunner lock`);
  if (typeof name !== "string" || name === "" || normalName(name) !== name) throw wrong("name");
  if (typeof version !== "string" || version.length > 200) throw wrong("version");
  if (typeof file !== "string" || !/^[\w.+!-]{1,300}$/.test(file)) throw wrong("file");
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) throw wrong("SHA-256");
  if (url !== undefined && !(typeof url === "string" && /^https?:\/\//.test(url) && URL.canParse(url)))
    throw wrong("URL");
  if (kind !== undefined && kind !== "libraries" && kind !== "modules") throw wrong("kind");
  return lockedPackage({ name, version, file, sha256, url, kind });
}

/** What a lock holds of a package, whatever else is known of it. */
export function lockedPackage({ name, version, file, sha256, url, kind }: KnownPackage): LockedPackage {
  return {
    name,
    version,
    file,
    sha256,
    ...(url === undefined ? {} : { url }),
    ...(kind === undefined ? {} : { kind }),
  };
}
