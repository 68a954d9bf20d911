import { BinaryReader } from "./binary.js";
import { readExports } from "./exports.js";
import { importKinds, readImports } from "./imports.js";
import { readSections, sectionIds } from "./sections.js";
import { skipValueType } from "./value-types.js";

/** A number's type, `v128`, or a reference of whatever kind. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128" | "reference";

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

const functionType = 0x60;
const types: Readonly<Record<number, ValueType>> = {
  127: "i32",
  126: "i64",
  125: "f32",
  124: "f64",
  123: "v128",
};

/** The names of the functions that a module exports. Throws `MalformedModuleError`. */
export function exportedFunctions(module: Uint8Array): string[] {
  return readExports(contentsOf(module, sectionIds.export))
    .filter(({ kind }) => kind === "function")
    .map(({ name }) => name);
}

/**
 * What an exported function takes and gives. Undefined if there is no such function, or if the module has types of
 * structures and arrays, which this does not look into. Throws `MalformedModuleError`.
 */
export function readSignature(module: Uint8Array, name: string): Signature | undefined {
  const wanted = readExports(contentsOf(module, sectionIds.export)).find((each) => each.name === name);
  if (wanted?.kind !== "function") return undefined;
  const imported = readImports(contentsOf(module, sectionIds.import)).filter(
    ({ kind }) => kind === importKinds.function,
  );
  const type = imported[wanted.index]?.type ?? typeOfOwn(module, wanted.index - imported.length);
  return readType(contentsOf(module, sectionIds.type), type);
}

function typeOfOwn(module: Uint8Array, index: number): number {
  const reader = new BinaryReader(contentsOf(module, sectionIds.function));
  const count = reader.u32();
  if (index >= count) reader.fail(`there is no function ${index}`);
  for (let left = index; left > 0; left--) reader.u32();
  return reader.u32();
}

function readType(contents: Uint8Array, index: number): Signature | undefined {
  const reader: BinaryReader = new BinaryReader(contents);
  const count = reader.u32();
  if (index >= count) reader.fail(`there is no type ${index}`);
  for (let left = index; ; left--) {
    if (reader.byte() !== functionType) return undefined;
    const signature = { parameters: readValueTypes(reader), results: readValueTypes(reader) };
    if (left === 0) return signature;
  }
}

function readValueTypes(reader: BinaryReader): ValueType[] {
  const list: ValueType[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    list.push(types[reader.bytes[reader.offset] ?? 0] ?? "reference");
    skipValueType(reader);
  }
  return list;
}

function contentsOf(module: Uint8Array, id: number): Uint8Array {
  return readSections(module).find((section) => section.id === id)?.contents ?? Uint8Array.of(0);
}
