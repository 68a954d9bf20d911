import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { PackageRequest, PackageSet, Runtime } from "../../engine/runtime.js";
import { encodeLock, type Lock, parseLock } from "../../packages/lock.js";
import { packageError } from "../../packages/package-error.js";
import { resolve } from "../../packages/resolve.js";
import { openWheel, unpackArchive } from "../../packages/wheel.js";
import { nodeCodec } from "../codec.js";
import { openPlace, withPlace } from "../files/file-place.js";
import { writeWhole } from "../files/whole-file.js";
import { sha256 } from "../runtimes/runtime-id.js";
import { compileModules } from "./compile-modules.js";
import { createFinder } from "./find-packages.js";
import { importAhead } from "./import-ahead.js";
import { createPackageFiles, type PackageFiles, packageCache } from "./package-files.js";
import { encodePackagePack } from "./package-pack.js";

/** How long what was found for some requirements is taken again without another look. */
const freshMs = 24 * 60 * 60 * 1000;
/** Changes with what is put into packs, and how. */
const packFormat = 1;

/** Hears what takes time, a line each. */
export type Tell = (line: string) => void;

/** The exact files that a request comes to. `PACKAGES_UNAVAILABLE` if there are none. */
export async function lockPackages(request: PackageRequest, tell: Tell = () => {}): Promise<string> {
  return encodeLock(await lockOf(request, filesOf(request, tell), false, tell));
}

/** Whether packages are imported ahead. `again`: if they were wanted before. */
export type Prepare = boolean | "again";

/** The runtime with packages; see `Platform.addPackages`. Its image's bytes are not at hand. */
export async function addPackages(
  runtime: Runtime,
  request: PackageRequest,
  tell: Tell = () => {},
  prepare: Prepare = request.prepare === true,
): Promise<Runtime> {
  const files = filesOf(request, tell);
  const lock = await lockOf(request, files, true, tell);
  // Where files come from, and who wanted them, makes no difference to what they are.
  const parts = lock.packages.map(({ name, sha256: hash, kind }) => [name, hash, kind]);
  const key = sha256(JSON.stringify({ packFormat, runtime: runtime.id, parts }));
  const kept = readSet(key);
  const packages = kept ?? (await makeSet(runtime, lock, files, key, tell));
  const withPackages: Runtime = { ...runtime, id: key, packages };
  if (prepare === false || (prepare === "again" && kept === undefined)) return withPackages;
  return readPrepared(withPackages, lock) ?? (await makePrepared(withPackages, lock, tell));
}

function filesOf({ findLinks = [], offline = false }: PackageRequest, tell: Tell): PackageFiles {
  return createPackageFiles(findLinks, offline, tell);
}

/** @param mayBeKept What was found before counts. */
async function lockOf(
  request: PackageRequest,
  files: PackageFiles,
  mayBeKept: boolean,
  tell: Tell,
): Promise<Lock> {
  const { requirements = [], lock, findLinks = [], offline = false } = request;
  if (lock !== undefined) {
    if (requirements.length > 0)
      throw packageError("packages come from a lock or from requirements, not from both");
    return parseLock(lock);
  }
  // As pip has it, for those who have named one for all tools.
  const indexUrl = request.indexUrl ?? (process.env.PIP_INDEX_URL || undefined);
  if (indexUrl !== undefined && !/^https?:\/\//.test(indexUrl)) {
    throw packageError(`${JSON.stringify(indexUrl)} is no address of an index; write https://…`);
  }
  if (indexUrl !== undefined && /^https?:\/\/[^/]*@/.test(indexUrl)) {
    throw packageError("the address of the index holds a name or a password, which is not taken");
  }
  const finder = createFinder(files, { findLinks, indexUrl });
  const isRemote = indexUrl !== undefined && findLinks.length === 0;
  const path = join(packageCache(), "locks", sha256(JSON.stringify([packFormat, requirements, indexUrl])));
  const kept = isRemote && mayBeKept ? readKeptLock(path, offline) : undefined;
  if (kept !== undefined) return kept;
  if (offline && isRemote) {
    throw packageError("these packages were not asked for before, and nothing may be fetched (--offline)");
  }
  if (indexUrl !== undefined) tell("looking for packages");
  const found = await resolve(requirements, finder);
  if (isRemote) keepFile(path, new TextEncoder().encode(encodeLock(found)));
  return found;
}

function readKeptLock(path: string, offline: boolean): Lock | undefined {
  try {
    if (!offline && Date.now() - statSync(path).mtimeMs > freshMs) return undefined;
    return parseLock(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function packPath(name: string): string {
  return join(packageCache(), "sets", name);
}

/**
 * A set that was made before: its note says what pack it is, and how long. Of the pack itself only the length is looked at
 * here; its contents are checked as they are read.
 */
function readSet(key: string): PackageSet | undefined {
  const [digest, length] = readNote(packPath(`${key}.set`)) ?? [];
  if (digest === undefined) return undefined;
  const path = packPath(`${digest}.pack`);
  return lengthOf(path) === length ? { path, digest } : undefined;
}

/** What a note says: the digest and the length of a file. */
function readNote(path: string): [digest: string, length: number] | undefined {
  try {
    const [, digest, length] = /^([0-9a-f]{64}) (\d{1,15})$/.exec(readFileSync(path, "utf8")) ?? [];
    return digest === undefined ? undefined : [digest, Number(length)];
  } catch {
    return undefined;
  }
}

function keepNote(path: string, digest: string, length: number): void {
  keepFile(path, new TextEncoder().encode(`${digest} ${length}`));
}

function lengthOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

async function makeSet(
  runtime: Runtime,
  lock: Lock,
  files: PackageFiles,
  key: string,
  tell: Tell,
): Promise<PackageSet> {
  const all = new Map<string, Uint8Array>();
  for (const locked of lock.packages) {
    const bytes = await files.read(locked);
    const { file, kind } = locked;
    const unpacked =
      kind === undefined
        ? openWheel(file, bytes, nodeCodec.inflate).unpack()
        : unpackArchive(file, bytes, nodeCodec.inflate, kind === "libraries" ? "lib/" : "");
    for (const [path, content] of unpacked) {
      // As pip does: files that several packages bring are the last one's. Directories are theirs together.
      all.set(path, content);
    }
  }
  checkDirectories(all);
  tell(`preparing ${lock.packages.length} package${lock.packages.length === 1 ? "" : "s"}`);
  for (const [path, bytes] of await compileModules(runtime, all)) all.set(path, bytes);
  const { parts, digest } = encodePackagePack(all);
  const set = { path: packPath(`${digest}.pack`), digest };
  const pack = Buffer.concat(parts);
  try {
    mkdirSync(packPath(""), { recursive: true, mode: 0o700 });
    withPlace(openPlace(set.path), (place) => writeWhole(place, pack, { durable: false }));
  } catch (cause) {
    throw packageError(
      `the packages cannot be kept in ${packageCache()}: ${Object(cause).code ?? cause}`,
      cause,
    );
  }
  keepNote(packPath(`${key}.set`), digest, pack.length);
  return set;
}

/** The runtime whose image has the packages imported; its id is of the image too, since snapshots are. */
function preparedRuntime(runtime: Runtime, imageDigest: string): Runtime & { readonly imagePath: string } {
  const { imageBytes: _, ...rest } = runtime;
  const id = sha256(JSON.stringify({ runtime: runtime.id, image: imageDigest }));
  return { ...rest, id, imagePath: packPath(`${imageDigest}.image`) };
}

/** Says which image the packages were imported into. */
function notePath({ id }: Runtime, { wanted }: Lock): string {
  return packPath(`${sha256(JSON.stringify([id, wanted]))}.prepared`);
}

function readPrepared(runtime: Runtime, lock: Lock): Runtime | undefined {
  const [digest, length] = readNote(notePath(runtime, lock)) ?? [];
  if (digest === undefined) return undefined;
  const prepared = preparedRuntime(runtime, digest);
  return lengthOf(prepared.imagePath) === length ? prepared : undefined;
}

async function makePrepared(runtime: Runtime, lock: Lock, tell: Tell): Promise<Runtime> {
  tell(`importing ${lock.wanted.join(", ")} ahead`);
  const image = await importAhead(runtime, lock.wanted);
  const digest = sha256(image);
  const prepared = preparedRuntime(runtime, digest);
  try {
    withPlace(openPlace(prepared.imagePath), (place) => writeWhole(place, image, { durable: false }));
  } catch (cause) {
    throw packageError(
      `the packages cannot be kept in ${packageCache()}: ${Object(cause).code ?? cause}`,
      cause,
    );
  }
  keepNote(notePath(runtime, lock), digest, image.length);
  return prepared;
}

function checkDirectories(files: ReadonlyMap<string, unknown>): void {
  for (const path of files.keys()) {
    for (let slash = path.indexOf("/"); slash > 0; slash = path.indexOf("/", slash + 1)) {
      const directory = path.slice(0, slash);
      if (files.has(directory))
        throw packageError(
          `the packages do not go together: ${directory} is a file of one, and a directory of another`,
        );
    }
  }
}

function keepFile(path: string, bytes: Uint8Array): void {
  try {
    mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
    withPlace(openPlace(path), (place) => writeWhole(place, bytes, { durable: false }));
  } catch {
    // It is found out again the next time.
  }
}
