/** What a stock build and its library are told apart by, and the library as a pack. It stands by itself: loading `node:crypto` takes long. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BundleEntry, BundleSource } from "../../vfs/bundle-volume.js";
import { findStockFiles } from "./stock-build.js";

/**
 * Names what is in a directory at this moment, by names, sizes and times: a few milliseconds for a build of CPython.
 * Any text if there is no build in it.
 */
export function stampOf(directory: string): string {
  const path = resolve(directory);
  try {
    const { wasmPath, libraryPath } = findStockFiles(path);
    const { size, mtimeMs, ino } = statSync(wasmPath);
    return JSON.stringify([path, size, mtimeMs, ino, libraryStamp(libraryPath)]);
  } catch {
    return path;
  }
}

/** Names the files of a library by their names, sizes and times. */
export function libraryStamp(libraryPath: string): string {
  const hash = createHash("sha256");
  for (const name of filesBelow(libraryPath)) {
    const { size, mtimeMs } = statSync(join(libraryPath, name));
    hash.update(JSON.stringify([name, size, mtimeMs]));
  }
  return hash.digest("hex");
}

/** Names the files of a library by their names and all that is in them. */
export function libraryDigest(libraryPath: string): string {
  const hash = createHash("sha256");
  for (const name of filesBelow(libraryPath)) {
    const bytes = readFileSync(join(libraryPath, name));
    hash.update(JSON.stringify([name, bytes.length])).update(bytes);
  }
  return hash.digest("hex");
}

/**
 * A library as a pack in memory, which has nothing of the host's but names and contents: no times, no inodes, and no
 * order that a file system gives.
 */
export function packLibrary(libraryPath: string): BundleSource {
  const entries: Record<string, BundleEntry> = Object.create(null);
  const contents: Uint8Array[] = [];
  let offset = 0;
  for (const name of filesBelow(libraryPath)) {
    const bytes = readFileSync(join(libraryPath, name));
    contents.push(bytes);
    entries[name] = { offset, size: bytes.length };
    offset += bytes.length;
  }
  const pack = Buffer.concat(contents);
  return { entries, read: (from, buffer) => pack.copy(buffer, 0, from) };
}

/** In an order that is the same everywhere. Links count as what they lead to, unless that is a directory. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.isFile())
    .map((name) => name.replaceAll("\\", "/"))
    .sort();
}
