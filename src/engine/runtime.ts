import { copyBytes } from "../copy-bytes.js";
import { decodeImage, type Image } from "../guest/image.js";
import type { Mount } from "../vfs/mount-spec.js";

export type Language = "python" | "javascript";

/** What a thread needs to make a guest. All of it can be shared between threads. */
export interface Runtime {
  /** The SHA-256 of all that a guest is made from (see `RuntimeParts`), in hexadecimal. */
  readonly id: string;
  /** The version of this package that it is of. */
  readonly packageVersion: string;
  readonly language: Language;
  readonly module: WebAssembly.Module;
  /** The encoded image, a path on the host, which is read straight into each guest's memory. Default: `imageBytes`. */
  readonly imagePath?: string;
  /** The encoded image in shared memory, for those who compare guests with it. */
  readonly imageBytes?: Uint8Array;
  /** The pack of the standard library, a path on the host. */
  readonly libraryPath?: string;
  /** What is installed besides the library. The bundled CPython only. Default: nothing. */
  readonly packages?: PackageSet;
  /** Set for a stock build that imports WASI, instead of the bundled one. */
  readonly stock?: StockRuntime;
}

/** Packages that a runtime has besides the library, in one pack. */
export interface PackageSet {
  /** A path on the host. */
  readonly path: string;
  /** The SHA-256 of the pack's index, which holds those of all files, in hexadecimal. */
  readonly digest: string;
}

/** What a stock CPython build needs besides its prepared module and image. */
export interface StockRuntime {
  /** Where the guest sees the build's library, read-only. */
  readonly library: Mount;
}

/** The image of a runtime whose bytes are at hand; see `withImageBytes`. */
export function openRuntimeImage({ imageBytes }: Runtime): Image {
  if (imageBytes === undefined) throw new TypeError("the image's bytes are not at hand");
  const read = (offset: number, target: Uint8Array) =>
    copyBytes(target, imageBytes.subarray(offset, offset + target.length));
  return decodeImage(read, imageBytes);
}
