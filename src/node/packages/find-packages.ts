import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { packageError } from "../../packages/package-error.js";
import { normalName } from "../../packages/requirement.js";
import type { Candidate, FindPackage, Found } from "../../packages/resolve.js";
import { parseVersion, type Version } from "../../packages/versions.js";
import { openWheel, parseMetadata } from "../../packages/wheel.js";
import { parseWheelName } from "../../packages/wheel-name.js";
import { nodeCodec } from "../codec.js";
import { readDistribution } from "../runtimes/bundled.js";
import { sha256 } from "../runtimes/runtime-id.js";
import { fetchFile } from "./fetch-file.js";
import { indexTypes, type ListedFile, readIndexPage } from "./index-page.js";
import type { PackageFiles } from "./package-files.js";

const maxPageBytes = 64 * 1024 * 1024;
const maxMetadataBytes = 16 * 1024 * 1024;
/** A distribution's file is the best there is of its version. */
const distributionRank = 10_000;

/** Looks for packages in directories, then in an index, then in the interpreter's own distribution. */
export function createFinder(
  files: PackageFiles,
  { findLinks, indexUrl }: { readonly findLinks: readonly string[]; readonly indexUrl: string | undefined },
): FindPackage {
  const given = new Map<string, Found>();
  for (const directory of findLinks) addDirectory(given, directory);
  const known = new Map<string, Promise<Found>>();

  async function find(name: string): Promise<Found> {
    const here = given.get(name);
    if (here !== undefined && here.candidates.length > 0) return here;
    const listed = indexUrl === undefined ? undefined : await findInIndex(name, indexUrl, files);
    if (listed !== undefined && listed.candidates.length > 0) return listed;
    const distributed = findInDistribution(name);
    return distributed.candidates.length > 0 ? distributed : (here ?? listed ?? distributed);
  }

  return (name) => {
    const found = known.get(name) ?? find(name);
    known.set(name, found);
    return found;
  };
}

function addDirectory(given: Map<string, Found>, directory: string): void {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (cause) {
    throw packageError(`${directory} cannot be read: ${Object(cause).code}`, cause);
  }
  for (const file of names.sort()) {
    const wheel = parseWheelName(file);
    const name = wheel?.name ?? nameOfSource(file);
    const path = join(directory, file);
    if (name === undefined || !statSync(path).isFile()) continue;
    const { candidates, leftOut } = given.get(name) ?? { candidates: [] };
    if (wheel?.rank === undefined) {
      given.set(name, { candidates, leftOut: leftOut ?? unusable(name, wheel === undefined) });
      continue;
    }
    // Only of those that are chosen.
    const read = () => readFileSync(path);
    const candidate: Candidate = {
      name,
      version: wheel.version.text,
      file,
      get sha256() {
        return sha256(read());
      },
      parsed: wheel.version,
      rank: wheel.rank,
      requires: async () => openWheel(file, read(), nodeCodec.inflate).metadata.requires,
    };
    given.set(name, { candidates: [...candidates, candidate], leftOut });
  }
}

function unusable(name: string, isSource: boolean): string {
  return isSource
    ? `${name} is there as source only, and nothing is built here`
    : `${name} is there for other machines only: it needs a wheel that is pure Python, or for pyemscripten_2026_0_wasm32`;
}

/** The package that a source distribution is of. */
function nameOfSource(file: string): string | undefined {
  const [, name] = /^(.+)-[^-]+\.(?:tar\.gz|zip|tar\.bz2)$/.exec(file) ?? [];
  return name === undefined ? undefined : normalName(name);
}

function findInDistribution(name: string): Found {
  const { url, packages } = readDistribution();
  const entry = Object.hasOwn(packages, name) ? packages[name] : undefined;
  if (entry === undefined) {
    return {
      candidates: [],
      leftOut: `${name} is no package of the interpreter's distribution; name an index with --index-url`,
    };
  }
  const { version, file, sha256: digest, depends, kind } = entry;
  const candidate: Candidate = {
    name,
    version,
    file,
    sha256: digest,
    url: `${url}${file}`,
    ...(kind === undefined ? {} : { kind }),
    parsed: parseVersion(version) ?? (parseVersion("0") as Version),
    rank: distributionRank,
    requires: async () => depends,
  };
  return { candidates: [candidate] };
}

async function findInIndex(name: string, indexUrl: string, files: PackageFiles): Promise<Found> {
  const base = indexUrl.endsWith("/") ? indexUrl : `${indexUrl}/`;
  const page = await fetchFile(`${base}${name}/`, maxPageBytes, indexTypes);
  if (page === undefined) return { candidates: [], leftOut: `the index has no package ${name}` };
  const listed = readIndexPage(new TextDecoder().decode(page.bytes), page.contentType, page.url);
  const candidates: Candidate[] = [];
  let leftOut: string | undefined;
  for (const file of listed) {
    const wheel = parseWheelName(file.file);
    if (wheel === undefined) leftOut ??= nameOfSource(file.file) === name ? unusable(name, true) : undefined;
    else if (wheel.name !== name) continue;
    else if (wheel.rank === undefined) leftOut = unusable(name, false);
    else if (file.sha256 === undefined) leftOut = `the index gives no SHA-256 for ${file.file}`;
    else {
      const { sha256: digest, url } = file;
      candidates.push({
        name,
        version: wheel.version.text,
        file: file.file,
        sha256: digest,
        url,
        parsed: wheel.version,
        rank: wheel.rank,
        isYanked: file.isYanked,
        requiresPython: file.requiresPython,
        requires: () => requirementsOf({ ...file, sha256: digest }, files),
      });
    }
  }
  return { candidates, leftOut: leftOut ?? `the index has no files of ${name}` };
}

/** From its metadata alone, where the index has that, else from the file. */
async function requirementsOf(
  listed: ListedFile & { readonly sha256: string },
  files: PackageFiles,
): Promise<readonly string[]> {
  const { file, url, metadataSha256 } = listed;
  if (metadataSha256 !== undefined) {
    const metadata = await fetchFile(`${url}.metadata`, maxMetadataBytes);
    if (metadata !== undefined) {
      if (sha256(metadata.bytes) !== metadataSha256)
        throw packageError(`the metadata of ${file} has not the right SHA-256`);
      return parseMetadata(new TextDecoder().decode(metadata.bytes)).requires;
    }
  }
  return openWheel(file, await files.read(listed), nodeCodec.inflate).metadata.requires;
}
