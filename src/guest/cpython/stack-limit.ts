/**
 * CPython looks at how much of its own stack is left, and raises RecursionError in time. It knows nothing of the stack
 * that the host has for WebAssembly, which is smaller in a browser's worker. So the limit that it goes by, a word in its
 * memory, is set to what the host has.
 */

/**
 * So many bytes of the host's stack there must be for each of the interpreter's, unless its module charges for what the
 * host takes (`wasm/charge-stack.ts`). Compiled C needs from six times as much
 * to more than sixteen; of the paths that look at the limit, this covers most, and leaves room for what people write
 * where the host has little: brackets 40 deep, `repr` of lists 60 deep.
 */
const hostBytesPerByte = 16;

/** The limit that ends the interpreter lies at most so far below the one that raises. */
const mostMarginBytes = 64 * 1024;

/** Where a booted interpreter has its limit, and what that is. */
export interface StackLimit {
  readonly stackLimitAt: number;
  readonly stackLimit: number;
}

/**
 * Finds the limit in the memory of an interpreter at rest, by the words on both sides of it: the top of the stack, and
 * the limit that ends the interpreter. Fails unless there is exactly one such place.
 */
export function findStackLimit(memory: WebAssembly.Memory, stackPointer: number): StackLimit {
  const words = new Uint32Array(memory.buffer);
  const found: StackLimit[] = [];
  for (let index = 1; index + 1 < words.length; index++) {
    const [top, soft, hard] = words.subarray(index - 1, index + 2) as unknown as [number, number, number];
    if (top !== stackPointer || soft >= stackPointer || hard >= soft || soft - hard > mostMarginBytes)
      continue;
    found.push({ stackLimitAt: 4 * index, stackLimit: soft });
  }
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) {
    throw new Error(`the interpreter's stack limit was found at ${found.length} places`);
  }
  return only;
}

/**
 * What sets the limit to what fits into the host's stack, before each time that the interpreter is entered: its code may
 * have changed it, and so may a state from elsewhere. Undefined for an image that does not tell of it.
 *
 * @param stackBytes What the host has.
 * @param stackRatio So many bytes of it there must be for each of the interpreter's. Default: what compiled C needs.
 */
export function stackLimiter(
  memory: WebAssembly.Memory,
  stackPointer: number,
  { stackLimitAt, stackLimit }: Readonly<Record<string, number>>,
  stackBytes: number,
  stackRatio = hostBytesPerByte,
): (() => void) | undefined {
  if (stackLimitAt === undefined || stackLimit === undefined) return undefined;
  const limit = Math.max(stackLimit, stackPointer - Math.floor(stackBytes / stackRatio));
  return () => new DataView(memory.buffer).setUint32(stackLimitAt, limit, true);
}
