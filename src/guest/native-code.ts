export {
  isLinkedState,
  type LibraryFile,
  type LibraryFiles,
  type LinkedState,
} from "../abi/emscripten/linker/libraries.js";

import type { LibraryFiles } from "../abi/emscripten/linker/libraries.js";
import type { createLinker } from "../abi/emscripten/linker/linker.js";

/** The native libraries of a guest's packages, and what links them, which is loaded only for these. */
export interface NativeCode {
  readonly files: LibraryFiles;
  readonly createLinker: typeof createLinker;
}

export async function loadNativeCode(files: LibraryFiles): Promise<NativeCode> {
  const { createLinker } = await import("../abi/emscripten/linker/linker.js");
  return { files, createLinker };
}
