import type { Guest, GuestHost } from "../guest.js";
import type { Image } from "../image.js";
import { imageMemory } from "../image-memory.js";
import { driveGuest } from "./drive.js";
import { instantiatePython } from "./instance.js";

/**
 * A CPython session's guest, made from the lean module and the image. See `driveGuest`.
 *
 * @param stackBytes The stack that the host has.
 * @param stackRatio See `stackLimiter`.
 * @param memory Holds the image and nothing else. Default: a new one.
 */
export function createPythonGuest(
  module: WebAssembly.Module,
  image: Image,
  host: GuestHost,
  maxTextBytes: number,
  stackBytes: number,
  stackRatio: number | undefined,
  memory = imageMemory(image),
): Guest {
  const python = instantiatePython(module, host, {}, memory);
  return driveGuest(python, image, maxTextBytes, stackBytes, stackRatio);
}
