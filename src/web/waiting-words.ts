import { controlBytes } from "../engine/signals.js";

/**
 * Words to wait on in one thread, where a page may share none: only what is shared can be waited on, and the memory of
 * WebAssembly may be, as long as it is given to nobody.
 */
export function waitingWords(): Int32Array {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  return new Int32Array(memory.buffer, 0, controlBytes / Int32Array.BYTES_PER_ELEMENT);
}
