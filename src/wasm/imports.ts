/** The import section (core specification, section 5.5.5). */
import { BinaryReader } from "./binary.js";
import { skipValueType } from "./value-types.js";

export const importKinds = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
const i32 = 0x7f;

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: number;
  /** As it stands in the module. */
  readonly bytes: Uint8Array;
  /** Of a function. */
  readonly type?: number;
  /** Whether it is a global of the type `i32`. */
  readonly isNumber?: boolean;
}

export function readImports(contents: Uint8Array): Import[] {
  const reader: BinaryReader = new BinaryReader(contents);
  const imports: Import[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    const start = reader.offset;
    const names = { module: reader.name(), name: reader.name() };
    const kind = reader.byte();
    const rest = readImportType(reader, kind);
    imports.push({ ...names, kind, ...rest, bytes: contents.subarray(start, reader.offset) });
  }
  if (!reader.atEnd) reader.fail("bytes left over behind the imports");
  return imports;
}

function readImportType(reader: BinaryReader, kind: number): Pick<Import, "type" | "isNumber"> {
  switch (kind) {
    case importKinds.function:
      return { type: reader.u32() };
    case importKinds.table:
      skipValueType(reader);
      skipLimits(reader);
      return {};
    case importKinds.memory:
      skipLimits(reader);
      return {};
    case importKinds.global: {
      const isNumber = reader.bytes[reader.offset] === i32;
      skipValueType(reader);
      reader.byte();
      return { isNumber };
    }
    case importKinds.tag:
      reader.byte();
      reader.u32();
      return {};
    default:
      return reader.fail("an import of an unknown kind", reader.offset - 1);
  }
}

function skipLimits(reader: BinaryReader): void {
  const hasMaximum = 1;
  const flags = reader.byte();
  reader.skipNumber(64);
  if ((flags & hasMaximum) !== 0) reader.skipNumber(64);
}
