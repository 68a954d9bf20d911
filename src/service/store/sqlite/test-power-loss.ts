import fs, { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { mock } from "node:test";

/** What of one file would be on the disk if the power failed now, and what may or may not be. */
interface TornFile {
  durable: Buffer;
  /** Since it was last waited for: changes that the disk may have, in any choice of their sectors. */
  pending: ((content: Buffer, keep: () => boolean) => Buffer)[];
}

const sectorBytes = 512;

/**
 * Watches what SQLite's binding writes below a directory, and can then write elsewhere what a machine that stopped at
 * this moment may have left: all that was waited for, and any part of the rest.
 */
export function watchWrites(directory: string) {
  const files = new Map<string, TornFile>();
  const descriptors = new Map<number, string>();
  const fileOf = (descriptor: number): TornFile | undefined => {
    const path = descriptors.get(descriptor);
    if (path === undefined) return undefined;
    const found = files.get(path) ?? { durable: Buffer.alloc(0), pending: [] };
    files.set(path, found);
    return found;
  };
  const real = { ...fs };
  mock.method(fs, "openSync", (path: string, ...rest: [number]) => {
    const descriptor = real.openSync(path, ...rest);
    if (dirname(String(path)) === directory) descriptors.set(descriptor, path);
    else descriptors.delete(descriptor);
    return descriptor;
  });
  mock.method(fs, "writeSync", (descriptor: number, bytes: Uint8Array, ...rest: [number, number, number]) => {
    const [from, length, position] = rest;
    const copy = Buffer.from(bytes.subarray(from, from + length));
    fileOf(descriptor)?.pending.push((content, keep) => {
      const grown = Buffer.alloc(Math.max(content.length, position + length));
      content.copy(grown);
      for (let at = 0; at < length; at += sectorBytes)
        if (keep()) copy.copy(grown, position + at, at, at + sectorBytes);
      return grown;
    });
    return real.writeSync(descriptor, bytes, ...rest);
  });
  mock.method(fs, "ftruncateSync", (descriptor: number, size: number) => {
    fileOf(descriptor)?.pending.push((content, keep) => {
      if (!keep()) return content;
      const cut = Buffer.alloc(size);
      content.copy(cut);
      return cut;
    });
    return real.ftruncateSync(descriptor, size);
  });
  mock.method(fs, "fsyncSync", (descriptor: number) => {
    real.fsyncSync(descriptor);
    const file = fileOf(descriptor);
    if (!file) return;
    file.durable = applied(file, () => true);
    file.pending = [];
  });

  const applied = (file: TornFile, keep: () => boolean) =>
    file.pending.reduce((content, change) => change(content, keep), file.durable);

  return {
    /** @param keep Whether the disk has the next sector that was not waited for. */
    leaveIn(copy: string, keep: () => boolean): void {
      mkdirSync(copy, { recursive: true });
      for (const [path, file] of files) writeFileSync(join(copy, basename(path)), applied(file, keep));
    },
    end: () => mock.restoreAll(),
  };
}
