const memorySection = 5;
const headerBytes = 8;
const hasMaximum = 1;
const isShared = 2;
const is64Bit = 4;

/** A module's own memory, as it is declared. */
interface MemoryDeclaration {
  /** Where the section begins (its number) and ends. */
  readonly start: number;
  readonly end: number;
  readonly initialPages: number;
  readonly maximumPages: number | undefined;
  readonly flags: number;
}

/**
 * Makes sure that a module's memory cannot grow beyond `maximumPages` (64 KiB each): the limit in the binary is
 * lowered where it is higher, so that the engine itself enforces it. The bytes are copied only if they change. A
 * module that has no memory of its own is left as it is.
 *
 * Throws a `RangeError` if the memory begins larger than that, and for a shared, a 64-bit or a second memory, which
 * this cannot limit. The bytes need not be a valid module: the engine judges that.
 */
export function limitMemory(bytes: Uint8Array, maximumPages: number): Uint8Array {
  const memory = findMemory(bytes);
  if (memory === undefined) return bytes;
  if ((memory.flags & isShared) !== 0) throw new RangeError("the module's memory is shared between threads");
  if ((memory.flags & is64Bit) !== 0) throw new RangeError("the module's memory is a 64-bit one");
  if (memory.initialPages > maximumPages) {
    const needed = Math.ceil(memory.initialPages / 16);
    const allowed = maximumPages / 16;
    throw new RangeError(
      `the module needs ${needed} MiB of memory to begin with, and ${allowed} MiB are allowed`,
    );
  }
  if (memory.maximumPages !== undefined && memory.maximumPages <= maximumPages) return bytes;
  const body = [1, hasMaximum, ...unsigned(memory.initialPages), ...unsigned(maximumPages)];
  const section = [memorySection, ...unsigned(body.length), ...body];
  const limited = new Uint8Array(bytes.length - (memory.end - memory.start) + section.length);
  limited.set(bytes.subarray(0, memory.start));
  limited.set(section, memory.start);
  limited.set(bytes.subarray(memory.end), memory.start + section.length);
  return limited;
}

function findMemory(bytes: Uint8Array): MemoryDeclaration | undefined {
  let at = headerBytes;
  function read(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
  while (at < bytes.length) {
    const start = at;
    const id = bytes[at++];
    const length = read();
    const end = at + length;
    if (id !== memorySection) {
      at = end;
      continue;
    }
    const count = read();
    if (count === 0) return undefined;
    if (count > 1) throw new RangeError("the module has more than one memory");
    const flags = read();
    const initialPages = read();
    const maximumPages = (flags & hasMaximum) !== 0 ? read() : undefined;
    return { start, end, initialPages, maximumPages, flags };
  }
  return undefined;
}

/** LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const more = rest >= 128;
    bytes.push((rest % 128) + (more ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}
