import type { Guest, GuestHost } from "../guest.js";
import type { Image } from "../image.js";
import { driveGuest } from "./drive.js";
import { instantiateStock } from "./stock-instance.js";

/**
 * A session's guest on a stock CPython build, from the module and image that `prepareStock` made. It cannot be
 * interrupted from outside while it computes, and files that it has open are closed after a restore.
 */
export function createStockPythonGuest(
  module: WebAssembly.Module,
  image: Image,
  host: GuestHost,
  maxTextBytes: number,
): Guest {
  return driveGuest(instantiateStock(module, host, { initialPages: image.pageCount }), image, maxTextBytes);
}
