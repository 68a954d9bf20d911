import { closeSync, openSync, readSync } from "node:fs";
import type { PackageSource } from "../../engine/platform.js";
import type { PackageSet } from "../../engine/runtime.js";
import { ErrnoError } from "../../errno.js";
import { packagesPath } from "../../guest/cpython/library-path.js";
import type { LibraryFile } from "../../guest/native-code.js";
import type { BundleEntry } from "../../vfs/bundle-volume.js";
import { readFully } from "../runtimes/read-fully.js";
import { sha256 } from "../runtimes/runtime-id.js";

/** Longer than the list of a very large set's files, in bytes. */
const maxIndexBytes = 256 * 1024 * 1024;

/** What native libraries' files are called. */
const libraryName = /\.so(\.[0-9.]+)?$/;

/**
 * A pack of packages: as the library's (see `encodePack`), but with each file's SHA-256 in the index, whose own SHA-256
 * names the pack. So what is read of it is checked, and no more than that.
 *
 * @returns The parts of the pack, in order, and the digest of its index.
 */
export function encodePackagePack(files: ReadonlyMap<string, Uint8Array>): {
  readonly parts: Uint8Array[];
  readonly digest: string;
} {
  const index: Record<string, [offset: number, size: number, hash: string]> = {};
  let offset = 0;
  for (const [path, bytes] of files) {
    index[path] = [offset, bytes.length, sha256(bytes)];
    offset += bytes.length;
  }
  const header = new TextEncoder().encode(JSON.stringify(index));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, header.length, true);
  return { parts: [length, header, ...files.values()], digest: sha256(header) };
}

interface HashedEntry extends BundleEntry {
  readonly hash: string;
}

/**
 * Opens a pack, whose index is read when a file of it is first looked for: sessions that begin with their packages imported
 * need none. From then on what is not as it should be fails with `EIO`.
 */
export function openPackagePack({ path, digest }: PackageSet): PackageSource & { close(): void } {
  let opened: { readonly handle: number; readonly pack: PackageSource } | undefined;
  const open = () => {
    if (opened !== undefined) return opened.pack;
    let handle: number | undefined;
    try {
      handle = openSync(path, "r");
      opened = { handle, pack: readIndex(handle, digest) };
      return opened.pack;
    } catch {
      if (handle !== undefined) closeSync(handle);
      throw new ErrnoError("EIO", damaged);
    }
  };
  return {
    get entries() {
      return open().entries;
    },
    read: (offset, buffer) => open().read(offset, buffer),
    libraries: {
      find: (wanted) => open().libraries.find(wanted),
      named: (name) => open().libraries.named(name),
    },
    close() {
      if (opened !== undefined) closeSync(opened.handle);
    },
  };
}

function readIndex(handle: number, digest: string): PackageSource {
  const length = new Uint8Array(4);
  readFully(handle, length, 0);
  const headerLength = new DataView(length.buffer).getUint32(0, true);
  if (headerLength > maxIndexBytes) throw new Error(damaged);
  const header = new Uint8Array(headerLength);
  readFully(handle, header, 4);
  if (sha256(header) !== digest) throw new Error(damaged);
  const start = 4 + headerLength;
  const index = JSON.parse(new TextDecoder().decode(header)) as Record<string, [number, number, string]>;
  const entries: Record<string, HashedEntry> = Object.create(null);
  /** Those that hold something, by where they begin, for a look at what a read is of. */
  const byOffset: HashedEntry[] = [];
  const names = new Map<string, string[]>();
  for (const [name, [offset, size, hash]] of Object.entries(index)) {
    const entry = { offset, size, hash };
    entries[name] = entry;
    if (size > 0) byOffset.push(entry);
    const base = name.slice(name.lastIndexOf("/") + 1);
    if (libraryName.test(base)) names.set(base, [...(names.get(base) ?? []), `${packagesPath}/${name}`]);
  }
  const checked = new WeakSet<HashedEntry>();

  function entryAt(offset: number): HashedEntry | undefined {
    let low = 0;
    let high = byOffset.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((byOffset[middle] as HashedEntry).offset <= offset) low = middle + 1;
      else high = middle;
    }
    return byOffset[low - 1];
  }

  function readWhole(entry: HashedEntry): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(entry.size);
    const length = readSync(handle, bytes, 0, bytes.length, start + entry.offset);
    if (length < bytes.length || sha256(bytes) !== entry.hash) throw new ErrnoError("EIO", damaged);
    checked.add(entry);
    return bytes;
  }

  return {
    entries,
    read(offset, buffer) {
      const entry = entryAt(offset);
      if (entry !== undefined && !checked.has(entry)) {
        const bytes = readWhole(entry).subarray(offset - entry.offset);
        const part = bytes.subarray(0, buffer.length);
        buffer.set(part);
        return part.length;
      }
      return readSync(handle, buffer, 0, buffer.length, start + offset);
    },
    libraries: {
      find(path): LibraryFile | undefined {
        const name = path.startsWith(`${packagesPath}/`) ? path.slice(packagesPath.length + 1) : "";
        const entry = libraryName.test(name) && Object.hasOwn(entries, name) ? entries[name] : undefined;
        return entry && { hash: entry.hash, read: () => readWhole(entry) };
      },
      named: (name) => names.get(name) ?? [],
    },
  };
}

const damaged = "the pack of packages is damaged";
