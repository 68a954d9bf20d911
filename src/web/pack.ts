import type { BundleEntry, BundleSource } from "../vfs/bundle-volume.js";

/** Reads a pack whose bytes are asked for when something of it is looked up first. See `node/runtimes/pack.ts`. */
export function openPackBytes(load: () => Uint8Array): BundleSource {
  let opened: { readonly files: Uint8Array; readonly entries: Record<string, BundleEntry> } | undefined;
  const open = () => {
    opened ??= readPack(load());
    return opened;
  };
  return {
    get entries() {
      return open().entries;
    },
    read(offset, buffer) {
      const part = open().files.subarray(offset, offset + buffer.length);
      buffer.set(part);
      return part.length;
    },
  };
}

function readPack(pack: Uint8Array): { files: Uint8Array; entries: Record<string, BundleEntry> } {
  const length = new DataView(pack.buffer, pack.byteOffset).getUint32(0, true);
  // What is shared between threads cannot be decoded where it is.
  const index: Record<string, [number, number]> = JSON.parse(
    new TextDecoder().decode(pack.slice(4, 4 + length)),
  );
  const entries: Record<string, BundleEntry> = Object.create(null);
  for (const [name, [offset, size]] of Object.entries(index)) entries[name] = { offset, size };
  return { files: pack.subarray(4 + length), entries };
}
