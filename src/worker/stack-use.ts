import { type Image, pageBytes } from "../guest/image.js";
import { statePageBytes } from "./guest-state.js";
import { imagePages } from "./image-pages.js";

/**
 * Whether a guest's stack has ever been as deep as `bytes`, since the image. Its frames lie in linear memory below the
 * image's stack pointer, and what calls have left there stays.
 */
export function isStackUsed(memory: WebAssembly.Memory, image: Image, bytes: number): boolean {
  const base = imagePages(image);
  const now = Buffer.from(memory.buffer);
  // One frame may reserve more than it writes, so this looks at several pages.
  const end = Math.floor((image.stackPointer - bytes) / statePageBytes);
  const start = end - pageBytes / statePageBytes;
  for (let page = Math.max(0, start); page < end; page++) {
    if (!base(page).equals(now.subarray(page * statePageBytes, (page + 1) * statePageBytes))) return true;
  }
  return false;
}
