/** The export section (core specification, section 5.5.10). */
import { BinaryReader, BinaryWriter } from "./binary.js";

export const exportKinds = ["function", "table", "memory", "global", "tag"] as const;

export interface ModuleExport {
  readonly name: string;
  readonly kind: (typeof exportKinds)[number];
  /** The place in the index space of its kind. */
  readonly index: number;
}

export function readExports(contents: Uint8Array): ModuleExport[] {
  const reader: BinaryReader = new BinaryReader(contents);
  const exports: ModuleExport[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    const name = reader.name();
    const kind = exportKinds[reader.byte()];
    if (kind === undefined)
      reader.fail(`export ${JSON.stringify(name)} is of an unknown kind`, reader.offset - 1);
    exports.push({ name, kind, index: reader.u32() });
  }
  if (!reader.atEnd) reader.fail("bytes left over behind the exports");
  return exports;
}

export function writeExports(exports: readonly ModuleExport[]): Uint8Array {
  const writer = new BinaryWriter();
  writer.u32(exports.length);
  for (const { name, kind, index } of exports) {
    writer.name(name);
    writer.byte(exportKinds.indexOf(kind));
    writer.u32(index);
  }
  return writer.finish();
}
