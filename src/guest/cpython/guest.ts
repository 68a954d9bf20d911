import type { Guest, GuestHost } from "../guest.js";
import type { Image } from "../image.js";
import { driveGuest } from "./drive.js";
import { instantiatePython } from "./instance.js";

/** A CPython session's guest, made from the lean module and the image in a few milliseconds. See `driveGuest`. */
export function createPythonGuest(
  module: WebAssembly.Module,
  image: Image,
  host: GuestHost,
  maxTextBytes: number,
): Guest {
  return driveGuest(instantiatePython(module, host, {}), image, maxTextBytes);
}
