import { packageError } from "./package-error.js";
import { normalName } from "./requirement.js";
import { parseVersion } from "./versions.js";
import { parseWheelName } from "./wheel-name.js";
import { type Inflate, readZip, type ZipEntry, ZipError } from "./zip.js";

/** The most that a package may take. */
const limits = { maxEntries: 60_000, maxBytes: 1024 * 1024 * 1024 };
const longestName = 1000;
const maxMetadataBytes = 16 * 1024 * 1024;

/** What a package says of itself. */
export interface Metadata {
  readonly name: string;
  readonly version: string;
  readonly requires: readonly string[];
  readonly requiresPython: string | undefined;
}

/** The head of a `METADATA` file: the fields that say what it is and needs. */
export function parseMetadata(text: string): Metadata {
  const [head = ""] = text.replaceAll("\r\n", "\n").split("\n\n", 1);
  const fields = head.replaceAll(/\n[ \t]+/g, " ").split("\n");
  const valuesOf = (name: string) =>
    fields
      .filter((field) => field.toLowerCase().startsWith(`${name}:`))
      .map((field) => field.slice(name.length + 1).trim());
  return {
    name: valuesOf("name")[0] ?? "",
    version: valuesOf("version")[0] ?? "",
    requires: valuesOf("requires-dist"),
    requiresPython: valuesOf("requires-python")[0],
  };
}

/** A wheel whose bytes are the right ones. What is in it may be anything. */
export interface Wheel {
  readonly metadata: Metadata;
  /** Where its files go, relative to where packages are imported from. */
  unpack(): Map<string, Uint8Array>;
}

/** @throws WasmReplError `PACKAGES_UNAVAILABLE` if it is not as a wheel of its name must be. */
export function openWheel(file: string, bytes: Uint8Array, inflate: Inflate): Wheel {
  return clearly(file, () => {
    const expected = parseWheelName(file);
    if (expected === undefined) throw new ZipError("its name is not a wheel's");
    const entries = readZip(bytes, inflate, limits).filter(({ name }) => !name.endsWith("/"));
    const paths = new Map<string, ZipEntry>();
    for (const entry of entries) {
      const path = placeOf(checkName(entry));
      if (path === undefined) continue;
      if (paths.has(path)) throw new ZipError(`it has ${path} twice`);
      paths.set(path, entry);
    }
    checkDirectories(paths);
    const infos = [...paths].filter(([path]) => /^[^/]+\.dist-info\/METADATA$/.test(path));
    const [info] = infos;
    if (info === undefined || infos.length > 1) throw new ZipError("it has no METADATA, or more than one");
    if (info[1].size > maxMetadataBytes) throw new ZipError("its METADATA is too long");
    const metadata = parseMetadata(new TextDecoder().decode(info[1].read()));
    const version = parseVersion(metadata.version);
    if (normalName(metadata.name) !== expected.name || version?.text !== expected.version.text) {
      throw new ZipError(`its METADATA is of ${metadata.name} ${metadata.version}`);
    }
    return {
      metadata,
      unpack: () =>
        clearly(file, () => new Map([...paths].map(([path, entry]) => [path, entry.read()] as const))),
    };
  });
}

/** An archive of the interpreter's distribution that is no wheel, below a directory. */
export function unpackArchive(
  file: string,
  bytes: Uint8Array,
  inflate: Inflate,
  directory: string,
): Map<string, Uint8Array> {
  return clearly(file, () => {
    const files = new Map<string, Uint8Array>();
    for (const entry of readZip(bytes, inflate, limits)) {
      if (entry.name.endsWith("/")) continue;
      files.set(`${directory}${checkName(entry)}`, entry.read());
    }
    return files;
  });
}

function clearly<Result>(file: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw error instanceof ZipError ? packageError(`${file} cannot be used: ${error.message}`) : error;
  }
}

/** Nothing that leads elsewhere, on whatever system it is unpacked. */
function checkName({ name, isLink }: ZipEntry): string {
  const shown = JSON.stringify(name.slice(0, 100));
  if (isLink) throw new ZipError(`${shown} in it is a link`);
  const parts = name.split("/");
  const isSafe =
    name.length <= longestName &&
    !/[\\\0]/.test(name) &&
    !/^[a-z]:/i.test(name) &&
    parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (!isSafe) throw new ZipError(`${shown} in it is not a name that a file may have`);
  return name;
}

/** Where a file goes. What is for the system's own directories has no place here. */
function placeOf(name: string): string | undefined {
  const [, kind, rest] = /^[^/]+\.data\/([^/]+)\/(.+)$/.exec(name) ?? [];
  if (rest === undefined) return name;
  return kind === "purelib" || kind === "platlib" || kind === "data" ? rest : undefined;
}

/** No file stands where another needs a directory. */
function checkDirectories(paths: ReadonlyMap<string, unknown>): void {
  for (const path of paths.keys()) {
    for (let slash = path.indexOf("/"); slash > 0; slash = path.indexOf("/", slash + 1)) {
      if (paths.has(path.slice(0, slash)))
        throw new ZipError(`it has ${path.slice(0, slash)} as file and directory`);
    }
  }
}
