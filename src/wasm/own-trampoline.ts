import { BinaryReader, BinaryWriter } from "./binary.js";
import { skipConstantExpression } from "./data.js";
import { changeCode, i32, readIndices, readTypes, writeIndices } from "./function-numbers.js";
import { importKinds, readImports } from "./imports.js";
import { contentsIn, readSections, sectionIds, writeSections } from "./sections.js";

/** The most arguments that are passed on; a function may take fewer of them. */
const mostArguments = 3;

/** For each slot, two bits: how many arguments its function takes, and 0 where it is not for this. */
const slotsInWord = 32;

/**
 * Makes an imported trampoline a module's own as far as that can be: a function that calls the one in a slot of the table
 * with as many of its three arguments as that takes, all numbers of 32 bits. The host does it by the way, since
 * JavaScript leaves out arguments; but each such call goes out of the module and in again. What the table holds to
 * begin with is called from within then, and everything else by the host as before.
 *
 * Throws `MalformedModuleError` for a module that it cannot read, and a `RangeError` for one that it cannot change.
 */
export function ownTrampoline(module: Uint8Array, importName: string): Uint8Array {
  const sections = readSections(module);
  const contentsOf = contentsIn(sections);
  const types = readTypes(contentsOf(sectionIds.type));
  const imported = readImports(contentsOf(sectionIds.import)).filter(
    ({ kind }) => kind === importKinds.function,
  );
  const host = imported.findIndex(({ name }) => name === importName);
  const hostType = imported[host]?.type;
  if (hostType === undefined) throw new RangeError(`it imports no function ${importName}`);
  const typeOf = (count: number) =>
    types.findIndex(
      ({ parameters, results }) =>
        parameters.length === count &&
        parameters.every((type) => type === i32) &&
        results.join() === `${i32}`,
    );
  if (typeOf(mostArguments + 1) !== hostType) throw new RangeError(`${importName} is of another type`);
  const defined = readIndices(contentsOf(sectionIds.function));
  const names = types.map(({ parameters, results }) => `${parameters}>${results}`);
  const byCount = Array.from({ length: mostArguments }, (_, index) => typeOf(index + 1));
  const countOf = (index: number) => {
    const type = index < imported.length ? imported[index]?.type : defined[index - imported.length];
    const own = type === undefined ? undefined : names[type];
    return own === undefined ? 0 : byCount.findIndex((each) => names[each] === own) + 1;
  };
  const words = argumentCounts(contentsOf(sectionIds.element), countOf);
  const own = imported.length + defined.length;
  const changed = new Map<number, Uint8Array>([
    [sectionIds.function, writeIndices([...defined, hostType])],
    [
      sectionIds.code,
      changeCode(contentsOf(sectionIds.code), (index) => (index === host ? own : index), {
        added: [trampolineBody(words, byCount, host)],
      }),
    ],
  ]);
  return writeSections(sections.map(({ id, contents }) => ({ id, contents: changed.get(id) ?? contents })));
}

/** The counts of the table's slots, which its one segment fills from a constant place on. */
function argumentCounts(contents: Uint8Array, countOf: (index: number) => number): bigint[] {
  const reader: BinaryReader = new BinaryReader(contents);
  const words: bigint[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    const at = reader.offset + 1;
    if (reader.u32() !== 0 || contents[at] !== codes.i32) throw new RangeError("a segment is not plain");
    skipConstantExpression(reader);
    const start = new BinaryReader(contents, at + 1).u32();
    const length = reader.u32();
    for (let slot = start; slot < start + length; slot++) {
      const word = Math.floor(slot / slotsInWord);
      while (words.length <= word) words.push(0n);
      words[word] =
        (words[word] as bigint) | (BigInt(countOf(reader.u32())) << BigInt(2 * (slot % slotsInWord)));
    }
  }
  return words;
}

const codes = {
  block: 0x02,
  end: 0x0b,
  branch: 0x0c,
  branchTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  localGet: 0x20,
  localSet: 0x21,
  i32: 0x41,
  i64: 0x42,
  and: 0x71,
  shiftRightUnsigned: 0x76,
  i64ShiftRightUnsigned: 0x88,
  wrap: 0xa7,
  extendUnsigned: 0xad,
  shiftLeft: 0x74,
};
const noResult = 0x40;
const i64Type = 0x7e;

/** Finds the word of the slot, shifts its two bits down, and calls as they say. */
function trampolineBody(words: readonly bigint[], byCount: readonly number[], host: number): Uint8Array {
  const writer = new BinaryWriter(words.length * 16);
  const put = (...bytes: number[]) => writer.raw(Uint8Array.from(bytes));
  const index = (code: number, value: number) => {
    writer.byte(code);
    writer.u32(value);
  };
  const word = mostArguments + 1;
  // One group of local variables: the word.
  put(1, 1, i64Type);
  // A block for each word, and around them one that they leave for the calls, and one for slots beyond them.
  put(codes.block, noResult, codes.block, noResult);
  for (let left = words.length; left > 0; left--) put(codes.block, noResult);
  index(codes.localGet, 0);
  put(codes.i32, Math.log2(slotsInWord), codes.shiftRightUnsigned, codes.branchTable);
  writer.u32(words.length);
  // The last block opened is the first to be left.
  for (let place = 0; place < words.length; place++) writer.u32(place);
  // Beyond the words: out of all.
  writer.u32(words.length + 1);
  for (const [place, value] of words.entries()) {
    put(codes.end, codes.i64);
    signed64(writer, BigInt.asIntN(64, value));
    index(codes.localSet, word);
    index(codes.branch, words.length - 1 - place);
  }
  put(codes.end);
  for (let left = mostArguments; left > 0; left--) put(codes.block, noResult);
  index(codes.localGet, word);
  index(codes.localGet, 0);
  put(codes.i32, slotsInWord - 1, codes.and, codes.i32, 1, codes.shiftLeft, codes.extendUnsigned);
  put(codes.i64ShiftRightUnsigned, codes.wrap, codes.i32, 3, codes.and, codes.branchTable);
  writer.u32(mostArguments);
  writer.u32(mostArguments);
  for (let count = 1; count <= mostArguments; count++) writer.u32(count - 1);
  for (let count = 1; count <= mostArguments; count++) {
    put(codes.end);
    for (let argument = 1; argument <= count; argument++) index(codes.localGet, argument);
    index(codes.localGet, 0);
    index(codes.callIndirect, byCount[count - 1] as number);
    put(0, codes.return);
  }
  put(codes.end);
  for (let argument = 0; argument <= mostArguments; argument++) index(codes.localGet, argument);
  index(codes.call, host);
  put(codes.end);
  return writer.finish();
}

function signed64(writer: BinaryWriter, value: bigint): void {
  for (let rest = value; ; ) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = rest === ((low & 0x40) === 0 ? 0n : -1n);
    writer.byte(isLast ? low : low | 0x80);
    if (isLast) return;
  }
}
