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

/** Packages that are wanted besides the library. */
export interface PackageRequest {
  /** As `name`, `name>=1.2` or `name[extra]; marker` (PEP 508). Default: none. */
  readonly requirements?: readonly string[];
  /** The text of a lock, as `lockPackages` gives it, in place of requirements. */
  readonly lock?: string;
  /** Directories of the host's with wheels, which go before what is elsewhere. Default: none. */
  readonly findLinks?: readonly string[];
  /**
   * The address of a package index (PEP 503, 691). What it has nothing of that can be used is looked for in the
   * interpreter's own distribution. Default: `PIP_INDEX_URL` in the environment; without it, there is that alone.
   */
  readonly indexUrl?: string;
  /**
   * The packages are imported once, on this machine, and sessions begin from there, which is an interpreter of its own for
   * snapshots. Default false.
   */
  readonly prepare?: boolean;
  /** Nothing is fetched: all must be in the cache, or in `findLinks`. Default false. */
  readonly offline?: boolean;
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
