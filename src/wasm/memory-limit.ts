import { BinaryReader, BinaryWriter } from "./binary.js";
import { readSections } from "./sections.js";

const memorySection = 5;
const preambleBytes = 8;
const pagesPerMebibyte = 16;

/** `limits` flags (core specification, section 5.3.7). */
const hasMaximum = 1;
const isShared = 2;
const is64Bit = 4;

/**
 * Makes sure that a module's memory cannot grow beyond `maximumPages` (64 KiB each): the limit in the binary is
 * lowered where it is higher, so that the engine itself enforces it. The bytes are copied, once, only if they change.
 * A module that has no memory of its own is left as it is.
 *
 * Throws a `RangeError` if the memory begins larger than that, and for a shared, a 64-bit or a second memory, which
 * this cannot limit; `MalformedModuleError` if the sections cannot be told apart.
 */
export function limitMemory(module: Uint8Array, maximumPages: number): Uint8Array {
  const sections = readSections(module);
  const index = sections.findIndex(({ id }) => id === memorySection);
  const contents = sections[index]?.contents;
  if (contents === undefined) return module;
  const memory = readMemory(contents);
  if (memory === undefined) return module;
  if (memory.initialPages > maximumPages) {
    const needed = Math.ceil(memory.initialPages / pagesPerMebibyte);
    const allowed = Math.floor(maximumPages / pagesPerMebibyte);
    throw new RangeError(`it needs ${needed} MiB of memory to begin with, and ${allowed} MiB are allowed`);
  }
  if (memory.maximumPages <= maximumPages) return module;

  const body = new BinaryWriter();
  body.byte(1);
  body.byte(hasMaximum);
  body.u32(memory.initialPages);
  body.u32(maximumPages);
  const section = new BinaryWriter();
  section.byte(memorySection);
  const limits = body.finish();
  section.u32(limits.length);
  section.raw(limits);
  const replacement = section.finish();

  const before = sections[index - 1]?.contents;
  const start = before === undefined ? preambleBytes : endOf(before) - module.byteOffset;
  const end = endOf(contents) - module.byteOffset;
  const limited = new Uint8Array(start + replacement.length + module.length - end);
  limited.set(module.subarray(0, start));
  limited.set(replacement, start);
  limited.set(module.subarray(end), start + replacement.length);
  return limited;
}

/** The limits of the one memory that a memory section defines. Throws as `limitMemory` does. */
export function readMemory(contents: Uint8Array): { initialPages: number; maximumPages: number } | undefined {
  const reader = new BinaryReader(contents);
  const count = reader.u32();
  if (count === 0) return undefined;
  if (count > 1) throw new RangeError("it has more than one memory");
  const flags = reader.byte();
  if ((flags & isShared) !== 0) throw new RangeError("its memory is shared between threads");
  if ((flags & is64Bit) !== 0) throw new RangeError("its memory is a 64-bit one");
  const initialPages = reader.u32();
  return { initialPages, maximumPages: (flags & hasMaximum) === 0 ? Infinity : reader.u32() };
}

function endOf(view: Uint8Array): number {
  return view.byteOffset + view.length;
}
