import { BinaryReader, BinaryWriter } from "./binary.js";
import { skipConstantExpression } from "./data.js";
import {
  changeCode,
  changeElements,
  changeExports,
  changeStart,
  type FunctionType,
  i32,
  readIndices,
  readTypes,
  writeIndices,
} from "./function-numbers.js";
import { type Import, importKinds, readImports } from "./imports.js";
import { readSections, sectionIds, writeSections } from "./sections.js";
import { skipValueType } from "./value-types.js";

/** What stands in the place of an imported function that is dropped. */
export interface Replacement {
  /** The number that is reported when it is called; not negative. */
  readonly number: number;
  /** The result, where that is an integer; other numbers are 0, references null. */
  readonly result: number;
}

export interface DroppedImports {
  /** The import that is told of each call: a function of one `i32`. It is added to the module's own. */
  readonly report: { readonly module: string; readonly name: string };
  /** What stands for an imported function; undefined keeps it. */
  replace(module: string, name: string): Replacement | undefined;
}

/**
 * Makes imported functions a module's own: each reports its number and gives a fixed result. Imported globals, which
 * must be of the type `i32`, become variables that are 0 to begin with. Every import costs each instance something, and
 * V8 compiles a way out of the module for each type of imported functions.
 *
 * All else stays as it is, also what tables hold; only custom sections go, as they may name functions by their numbers.
 * Throws `MalformedModuleError` for a module that it cannot read, and a `RangeError` for one that cannot be changed so.
 */
export function dropImports(module: Uint8Array, { report, replace }: DroppedImports): Uint8Array {
  const sections = readSections(module).filter(({ id }) => id !== sectionIds.custom);
  const contentsOf = (id: number) => sections.find((section) => section.id === id)?.contents ?? nothing;
  const types = readTypes(contentsOf(sectionIds.type));
  const imports = readImports(contentsOf(sectionIds.import));
  const functions = imports.filter(({ kind }) => kind === importKinds.function);
  const replacements = functions.map(({ module, name }) => replace(module, name));
  const reportType = types.findIndex(
    ({ parameters, results }) => parameters.join() === String(valueTypes.i32) && results.length === 0,
  );
  if (reportType < 0) throw new RangeError("it has no type for a function of one number");

  // First the imports that stay, then the one for reports, the module's own functions, and what is its own from now on.
  const definedTypes = readIndices(contentsOf(sectionIds.function));
  const keptCount = replacements.filter((replacement) => replacement === undefined).length;
  let kept = 0;
  let dropped = 0;
  const importIndices = replacements.map((replacement) =>
    replacement === undefined ? kept++ : keptCount + 1 + definedTypes.length + dropped++,
  );
  const shift = keptCount + 1 - functions.length;
  const mapped = (index: number) => importIndices[index] ?? index + shift;

  const stubs = functions.flatMap(({ type }, index) => {
    const replacement = replacements[index];
    const functionType = types[type as number];
    if (replacement === undefined) return [];
    if (functionType === undefined) throw new RangeError("an import is of a type that there is not");
    return [{ type: type as number, body: stubBody(replacement, functionType, keptCount) }];
  });
  const globals = imports.filter(({ kind }) => kind === importKinds.global);
  if (globals.some(({ isNumber }) => !isNumber)) {
    throw new RangeError("it imports a global that is no 32-bit integer");
  }

  const keptImports = imports.filter(
    ({ kind }, index) =>
      kind !== importKinds.global &&
      (kind !== importKinds.function ||
        replacements[functions.indexOf(imports[index] as Import)] === undefined),
  );
  const changed = new Map<number, Uint8Array>([
    [sectionIds.import, writeImports(keptImports, report, reportType)],
    [sectionIds.function, writeIndices([...definedTypes, ...stubs.map(({ type }) => type)])],
    [
      sectionIds.code,
      changeCode(contentsOf(sectionIds.code), mapped, { added: stubs.map(({ body }) => body) }),
    ],
    [sectionIds.global, changeGlobals(contentsOf(sectionIds.global), globals.length)],
    [sectionIds.export, changeExports(contentsOf(sectionIds.export), mapped)],
    [sectionIds.element, changeElements(contentsOf(sectionIds.element), mapped)],
    [sectionIds.start, changeStart(contentsOf(sectionIds.start), mapped)],
  ]);
  const needed = [sectionIds.import, sectionIds.function, sectionIds.code, sectionIds.global];
  const missing = needed.find((id) => !sections.some((section) => section.id === id));
  if (missing !== undefined) throw new RangeError(`it has no section ${missing}`);
  return writeSections(sections.map(({ id, contents }) => ({ id, contents: changed.get(id) ?? contents })));
}

/** A section without entries. */
const nothing = Uint8Array.of(0);
const valueTypes = { i32, i64: 0x7e, f32: 0x7d, f64: 0x7c, function: 0x70, external: 0x6f } as const;

function writeImports(
  kept: readonly Import[],
  report: DroppedImports["report"],
  reportType: number,
): Uint8Array {
  const writer = new BinaryWriter();
  writer.u32(kept.length + 1);
  for (const { bytes } of kept) writer.raw(bytes);
  writer.name(report.module);
  writer.name(report.name);
  writer.byte(importKinds.function);
  writer.u32(reportType);
  return writer.finish();
}

const codes = { end: 0x0b, call: 0x10, i32: 0x41, i64: 0x42, f32: 0x43, f64: 0x44, nullReference: 0xd0 };

function stubBody({ number, result }: Replacement, { results }: FunctionType, report: number): Uint8Array {
  const writer = new BinaryWriter(32);
  writer.u32(0);
  writer.byte(codes.i32);
  signed(writer, number);
  writer.byte(codes.call);
  writer.u32(report);
  for (const type of results) writeResult(writer, type, result);
  writer.byte(codes.end);
  return writer.finish();
}

function writeResult(writer: BinaryWriter, type: number, result: number): void {
  switch (type) {
    case valueTypes.i32:
    case valueTypes.i64:
      writer.byte(type === valueTypes.i32 ? codes.i32 : codes.i64);
      signed(writer, result);
      return;
    case valueTypes.f32:
    case valueTypes.f64:
      writer.byte(type === valueTypes.f32 ? codes.f32 : codes.f64);
      writer.raw(new Uint8Array(type === valueTypes.f32 ? 4 : 8));
      return;
    case valueTypes.function:
    case valueTypes.external:
      writer.byte(codes.nullReference);
      writer.byte(type);
      return;
    default:
      throw new RangeError("an import gives what there is no value for");
  }
}

/** A signed LEB128 number. */
function signed(writer: BinaryWriter, value: number): void {
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isLast = rest === ((low & 0x40) === 0 ? 0 : -1);
    writer.byte(isLast ? low : low | 0x80);
    if (isLast) return;
  }
}

/** @param added Variables to put in front, in the places that imported ones had. */
function changeGlobals(contents: Uint8Array, added: number): Uint8Array {
  const reader: BinaryReader = new BinaryReader(contents);
  const count = reader.u32();
  const start = reader.offset;
  for (let left = count; left > 0; left--) {
    skipValueType(reader);
    reader.byte();
    skipConstantExpression(reader);
  }
  const isVariable = 1;
  const writer = new BinaryWriter();
  writer.u32(count + added);
  for (let left = added; left > 0; left--) {
    writer.raw(Uint8Array.of(valueTypes.i32, isVariable, codes.i32, 0, codes.end));
  }
  writer.raw(contents.subarray(start));
  return writer.finish();
}
