import type { BundleEntry, BundleSource } from "../vfs/bundle-volume.js";

/**
 * Reads a pack of which nothing is asked for before something of it is looked up. See `node/runtimes/pack.ts`.
 *
 * @param part Gives the pack's bytes from one place to another.
 */
export function openPackParts(part: (start: number, end: number) => Uint8Array): BundleSource {
  let opened: { readonly start: number; readonly entries: Record<string, BundleEntry> } | undefined;
  const open = () => {
    opened ??= readIndex(part);
    return opened;
  };
  return {
    get entries() {
      return open().entries;
    },
    read(offset, buffer) {
      const { start } = open();
      const bytes = part(start + offset, start + offset + buffer.length);
      buffer.set(bytes);
      return bytes.length;
    },
  };
}

function readIndex(part: (start: number, end: number) => Uint8Array) {
  const lengthBytes = 4;
  const { buffer, byteOffset } = part(0, lengthBytes);
  const start = lengthBytes + new DataView(buffer, byteOffset).getUint32(0, true);
  // What is shared between threads cannot be decoded where it is.
  const text = new TextDecoder().decode(part(lengthBytes, start).slice());
  const index: Record<string, [number, number]> = JSON.parse(text);
  const entries: Record<string, BundleEntry> = Object.create(null);
  for (const [name, [offset, size]] of Object.entries(index)) entries[name] = { offset, size };
  return { start, entries };
}
