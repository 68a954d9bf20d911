import { BinaryReader } from "./binary.js";
import { readExports, writeExports } from "./exports.js";
import { type CodeSize, mayGrowTables, measureCode } from "./function-bodies.js";
import { measureTypes } from "./function-types.js";
import { type Limits, readMemory, readTables, type Table, writeMemory, writeTables } from "./limits.js";
import { readSections, type Section, sectionIds, writeSections } from "./sections.js";

export interface LimitedModule {
  /** The module, with as much room for its memory and tables as is left, and without what nobody asks for. */
  readonly module: Uint8Array;
  /**
   * What compiling it may take at the very worst, in bytes, beyond what it was charged for. Far more than a sensible
   * module takes; `Infinity` where nothing can be said.
   */
  readonly worstCompileBytes: number;
}

const mebibyte = 2 ** 20;
const memoryPageBytes = 65_536;

/**
 * What V8 takes, in bytes, measured on Node.js 20, 22 and 24 and rounded up; the highest counts
 * (`docs/wasi.md` has the figures).
 */
const costs = {
  /** The file as it was read, what it is rewritten to, and V8's copy of that. */
  moduleByte: { file: 1, rewritten: 2 },
  /** Code: baseline code is 5 to 6 times as large as what it comes from, and what is hot is there twice. */
  codeByte: 10,
  /** By the bytes of the sections that describe them. A global of 128 bits took 2.5 kB of its 21 on Node.js 20. */
  sectionByte: {
    [sectionIds.type]: 40,
    [sectionIds.import]: 40,
    [sectionIds.table]: 256,
    [sectionIds.global]: 128,
    [sectionIds.export]: 16,
    [sectionIds.element]: 16,
    [sectionIds.tag]: 40,
  } as Readonly<Record<number, number>>,
  function: 224,
  dataSegment: 64,
  /** An entry of a table, and of one that may grow: then there are the old and the new one for a while. */
  entry: { fixed: 32, growing: 96 },
  /** The same for references to the host's objects, which need no function to be found. */
  externalEntry: { fixed: 8, growing: 24 },
  /**
   * At the very worst: machine code of instructions that are nothing but traps and conversions; what the optimising
   * compiler takes for a body's byte, in four threads at once; what the baseline compiler keeps at each branch, for
   * each local variable and for each value on the stack.
   */
  worst: { codeByte: 64, bodyByte: 24_000, branchLocal: 8, branchValue: 1 },
};

/** The memory's and the tables' share of the bytes that are left, if the tables can grow at all. */
const tablesShare = 1 / 8;
/** Up to here, what comes on top of the linear memory is not counted: the process has more room than that. */
const freeBytes = mebibyte;

/** V8 stops the process at 1,000,000 types, and the time that Node.js 20 takes grows with the square of their number. */
const mostTypes = 20_000;
const mostTypeBytes = mebibyte;
/** Compilers make one, or a few. */
const mostTables = 10_000;
/** Checking them takes some 20 s for each 100,000,000,000. */
const mostLocals = 100_000_000;

const externalReference = 0x6f;

/**
 * Makes sure that all which a module makes the engine allocate is at most `allowedBytes`: its linear memory, its
 * tables, and what it is itself, compiled. What it begins with is counted; what it may grow to is written into it, so
 * that the engine itself enforces it. Lower limits of its own stay. Exports for which `keepExport` is false go, and
 * so do custom sections.
 *
 * Throws a `RangeError` with the reason if that is not enough for what it begins with, and for what cannot be limited
 * so: memories that are shared, of 64 bits, or several. `MalformedModuleError` if the module cannot be read.
 */
export function limitModule(
  bytes: Uint8Array,
  allowedBytes: number,
  keepExport: (name: string) => boolean,
): LimitedModule {
  const sections = readSections(bytes).filter(({ id }) => id !== sectionIds.custom);
  const contentsOf = (id: number) => sections.find((section) => section.id === id)?.contents;
  const types = contentsOf(sectionIds.type) ?? nothing;
  checkCount(types, "types", mostTypes);
  checkCount(contentsOf(sectionIds.table) ?? nothing, "tables", mostTables);
  if (types.length > mostTypeBytes) {
    throw new RangeError(`its types take ${types.length} bytes, and ${mostTypeBytes} are allowed`);
  }
  const { parameters, results, hasOthers } = measureTypes(types);
  const code = measureCode(contentsOf(sectionIds.code) ?? nothing, parameters);
  if (code.locals > mostLocals) {
    throw new RangeError(`its functions have ${code.locals} local variables, and ${mostLocals} are allowed`);
  }
  const memorySection = contentsOf(sectionIds.memory);
  const memory = memorySection === undefined ? undefined : readMemory(memorySection);
  const tables = growableTables(
    contentsOf(sectionIds.table) ?? nothing,
    contentsOf(sectionIds.code) ?? nothing,
  );

  const needs = {
    memory: (memory?.initial ?? 0) * memoryPageBytes,
    tables: tables.reduce((sum, table) => sum + table.limits.initial * entryBytes(table), 0),
    itself: bytesOfItself(bytes.length, sections),
  };
  const left = allowedBytes - needs.memory - Math.max(0, needs.tables + needs.itself - freeBytes);
  if (left < 0) throw new RangeError(tooLarge(needs, allowedBytes));

  const replacements = lowerLimits(memory, tables, left);
  const exports = contentsOf(sectionIds.export);
  if (exports !== undefined) {
    const kept = readExports(exports).filter(({ name }) => keepExport(name));
    replacements.set(sectionIds.export, writeExports(kept));
  }
  const limited = sections.map(({ id, contents }) => ({ id, contents: replacements.get(id) ?? contents }));
  const isOpaque = hasOthers || contentsOf(sectionIds.tag) !== undefined;
  return {
    module: writeSections(limited),
    worstCompileBytes: isOpaque ? Infinity : worstOf(contentsOf(sectionIds.code) ?? nothing, code, results),
  };
}

/** A section without entries. */
const nothing = Uint8Array.of(0);

interface GrowableTable extends Table {
  readonly canGrow: boolean;
}

function growableTables(contents: Uint8Array, code: Uint8Array): GrowableTable[] {
  const tables = readTables(contents);
  const hasRoom = ({ limits }: Table) => limits.maximum > limits.initial;
  const growing = tables.some(hasRoom) && mayGrowTables(code);
  return tables.map((table) => ({ ...table, canGrow: growing && hasRoom(table) }));
}

/** The sections of the memory and the tables, where these may grow by so many bytes together. */
function lowerLimits(
  memory: Limits | undefined,
  tables: readonly GrowableTable[],
  bytes: number,
): Map<number, Uint8Array> {
  const growing = tables.filter(({ canGrow }) => canGrow).length;
  const forTables = growing === 0 ? 0 : bytes * tablesShare;
  const sections = new Map<number, Uint8Array>();
  if (memory !== undefined) {
    const pages = Math.floor((bytes - forTables) / memoryPageBytes);
    sections.set(sectionIds.memory, writeMemory(lowered(memory, pages)));
  }
  if (tables.length > 0) {
    const lower = (table: GrowableTable) => {
      const entries = table.canGrow ? Math.floor(forTables / growing / entryBytes(table)) : 0;
      return { ...table, limits: lowered(table.limits, entries) };
    };
    sections.set(sectionIds.table, writeTables(tables.map(lower)));
  }
  return sections;
}

function checkCount(section: Uint8Array, what: string, most: number): void {
  const count = countOf(section);
  if (count > most) throw new RangeError(`it has ${count} ${what}, and ${most} are allowed`);
}

function entryBytes({ type, canGrow }: GrowableTable): number {
  const cost = type[0] === externalReference ? costs.externalEntry : costs.entry;
  return canGrow ? cost.growing : cost.fixed;
}

function bytesOfItself(fileBytes: number, sections: readonly Section[]): number {
  let sum = fileBytes * costs.moduleByte.file;
  for (const { id, contents } of sections) {
    sum += contents.length * (costs.moduleByte.rewritten + (costs.sectionByte[id] ?? 0));
    if (id === sectionIds.code) sum += contents.length * costs.codeByte;
    if (id === sectionIds.function) sum += countOf(contents) * costs.function;
    if (id === sectionIds.data) sum += countOf(contents) * costs.dataSegment;
  }
  return sum;
}

function countOf(contents: Uint8Array): number {
  return new BinaryReader(contents).u32();
}

function lowered({ initial, maximum }: Limits, growth: number): Limits {
  return { initial, maximum: Math.min(maximum, initial + growth) };
}

function worstOf(code: Uint8Array, { largestBody, largestProduct }: CodeSize, results: number): number {
  const { codeByte, bodyByte, branchLocal, branchValue } = costs.worst;
  return (
    code.length * codeByte +
    largestBody * bodyByte +
    largestProduct * branchLocal +
    largestBody ** 2 * results * branchValue
  );
}

function tooLarge(needs: Readonly<Record<string, number>>, allowedBytes: number): string {
  const parts = Object.entries(needs)
    .filter(([, bytes]) => bytes >= mebibyte)
    .map(
      ([what, bytes]) =>
        `${Math.ceil(bytes / mebibyte)} MiB for ${what === "itself" ? "itself and its code" : `its ${what}`}`,
    );
  const last = parts.pop();
  const list = parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
  return `it needs ${list} to begin with, and ${Math.floor(allowedBytes / mebibyte)} MiB are allowed`;
}
