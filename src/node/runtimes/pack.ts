import { closeSync, openSync, readSync } from "node:fs";
import type { BundleEntry, BundleSource } from "../../vfs/bundle-volume.js";
import { readFully } from "./read-fully.js";

/**
 * A pack: many files in one, for the standard library. It is the length of its index in four bytes
 * (little-endian), the index as JSON (`path: [offset, size]`), and the files' bytes.
 */
export function encodePack(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const index: Record<string, [number, number]> = {};
  let offset = 0;
  for (const [path, bytes] of files) {
    index[path] = [offset, bytes.length];
    offset += bytes.length;
  }
  const header = new TextEncoder().encode(JSON.stringify(index));
  const pack = new Uint8Array(4 + header.length + offset);
  new DataView(pack.buffer).setUint32(0, header.length, true);
  pack.set(header, 4);
  let target = 4 + header.length;
  for (const bytes of files.values()) {
    pack.set(bytes, target);
    target += bytes.length;
  }
  return pack;
}

/** The files of a pack, by path. */
export function decodePack(pack: Uint8Array): Map<string, Uint8Array> {
  const start = 4 + new DataView(pack.buffer, pack.byteOffset).getUint32(0, true);
  const index: Record<string, [number, number]> = JSON.parse(
    new TextDecoder().decode(pack.subarray(4, start)),
  );
  return new Map(
    Object.entries(index).map(([path, [offset, size]]) => [
      path,
      pack.subarray(start + offset, start + offset + size),
    ]),
  );
}

/** The pack's file is opened when the first entry is looked up: many short programs import nothing. */
export interface OpenPack extends BundleSource {
  close(): void;
}

/** @param path The pack on the host. */
export function openPack(path: string): OpenPack {
  let opened: {
    readonly handle: number;
    readonly start: number;
    readonly entries: Record<string, BundleEntry>;
  };

  const open = () => {
    if (opened !== undefined) return opened;
    const handle = openSync(path, "r");
    const lengthBytes = new Uint8Array(4);
    readFully(handle, lengthBytes, 0);
    const headerLength = new DataView(lengthBytes.buffer).getUint32(0, true);
    const header = new Uint8Array(headerLength);
    readFully(handle, header, 4);
    const index = JSON.parse(new TextDecoder().decode(header)) as Record<string, [number, number]>;
    const entries: Record<string, BundleEntry> = Object.create(null);
    for (const [name, [offset, size]] of Object.entries(index)) entries[name] = { offset, size };
    opened = { handle, start: 4 + headerLength, entries };
    return opened;
  };

  return {
    get entries() {
      return open().entries;
    },
    read(offset, buffer) {
      const { handle, start } = open();
      return readSync(handle, buffer, 0, buffer.length, start + offset);
    },
    close() {
      if (opened !== undefined) closeSync(opened.handle);
    },
  };
}
