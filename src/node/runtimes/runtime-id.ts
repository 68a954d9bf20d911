import { createHash } from "node:crypto";
import type { Language } from "../../engine/runtime.js";

/** What a guest is made from, each part by the SHA-256 of its bytes in hexadecimal. */
export interface RuntimeParts {
  readonly language: Language;
  /** The lean module. */
  readonly module: string;
  /** The encoded image. */
  readonly image: string;
  /** The standard library: the pack, or all files of a stock build's; the empty string if there is none. */
  readonly library: string;
  /** The source of the code of ours that runs in the guest. */
  readonly driver: string;
  /** The packages that are installed besides, in the order of their names. */
  readonly packages: readonly string[];
}

/** A runtime's id: 64 hexadecimal digits that are the same only if all of its parts are. */
export function runtimeIdOf({ language, module, image, library, driver, packages }: RuntimeParts): string {
  return sha256(JSON.stringify({ language, module, image, library, driver, packages }));
}

export function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}
