/** So many variables of 64 bits has the function that calls itself, so that its frame is hardly anything else. */
const variables = 250;
const frameBytes = 8 * variables;

const i64 = 0x7e;
const i32 = 0x7f;

/**
 * How much of a stack this thread has for compiled code, in bytes: engines give what they like, and tell nobody. A
 * function that has nothing but variables calls itself until the stack is full. An engine whose frames are larger than
 * its variables, an interpreter for instance, seems to have less: `wasm/charge-stack.ts` counts frames in the same way.
 */
export function measureStack(): number {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(probe()));
  const { descend, depth } = exports as { descend: () => void; depth: WebAssembly.Global };
  try {
    descend();
  } catch {
    // The stack is full; what each engine throws is its own.
  }
  return depth.value * frameBytes;
}

/** A module whose function `descend` counts in `depth`, and calls itself. */
function probe(): Uint8Array<ArrayBuffer> {
  const section = (id: number, ...contents: number[]) => [id, contents.length, ...contents];
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  const getDepth = [0x23, 0];
  const addOne = [0x41, 1, 0x6a];
  const setDepth = [0x24, 0];
  const callItself = [0x10, 0];
  const locals = [1, (variables & 0x7f) | 0x80, variables >> 7, i64];
  const body = [...locals, ...getDepth, ...addOne, ...setDepth, ...callItself, 0x0b];
  return Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, 0, 0),
    ...section(3, 1, 0),
    ...section(6, 1, i32, 1, 0x41, 0, 0x0b),
    ...section(7, 2, ...name("descend"), 0, 0, ...name("depth"), 3, 0),
    ...section(10, 1, body.length, ...body),
  );
}
