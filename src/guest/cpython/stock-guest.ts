import type { Guest, GuestHost } from "../guest.js";
import type { Image } from "../image.js";
import { imageMemory } from "../image-memory.js";
import { driveGuest } from "./drive.js";
import { instantiateStock, stockMaximumPages } from "./stock-instance.js";

/**
 * A session's guest on a stock CPython build, from the module and image that `prepareStock` made. It cannot be
 * interrupted from outside while it computes, and files that it has open are closed after a restore.
 *
 * @param memory Holds the image and nothing else, and may grow as far as `stockMaximumPages` says. Default: a new one.
 */
export function createStockPythonGuest(
  module: WebAssembly.Module,
  image: Image,
  host: GuestHost,
  maxTextBytes: number,
  memory = imageMemory(image, stockMaximumPages(host.memoryBytes)),
): Guest {
  return driveGuest(instantiateStock(module, host, { memory }), image, maxTextBytes);
}
