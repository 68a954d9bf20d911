import { type Image, loadImage, pageBytes } from "./image.js";

/** Where a lean module imports its memory from: so an instance can be made around one that was in use before. */
export const memoryImport = { module: "wasm_repl", name: "memory" } as const;

/** The most that 32-bit WebAssembly can address, in pages. */
export const mostPages = 65_536;

/**
 * A new memory that holds an image and nothing else.
 *
 * @param maximumPages The most that it may grow to. Default: what WebAssembly can address.
 */
export function imageMemory(image: Image, maximumPages = mostPages): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: image.pageCount, maximum: maximumPages });
  loadImage(image, memory);
  return memory;
}

/** Whether a memory has the image's length still: one that has grown cannot shrink, and guests see its length. */
export function hasImageLength(memory: WebAssembly.Memory, image: Image): boolean {
  return memory.buffer.byteLength === image.pageCount * pageBytes;
}
