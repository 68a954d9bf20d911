import { bootDoors } from "../../guest/boot-doors.js";
import { captureStock, openStockModule, stockVersion } from "../../guest/cpython/stock-boot.js";
import { createGuestFiles, type GuestFilesOptions } from "../../guest/files.js";
import type { GuestHost } from "../../guest/guest.js";
import { encodeImage } from "../../guest/image.js";
import type { BundleSource } from "../../vfs/bundle-volume.js";
import { createStreamFile } from "../../vfs/stream-file.js";
import { preloadedModules } from "./preloaded-modules.js";
import { sha256 } from "./runtime-id.js";
import { stockPrefix } from "./stock-build.js";
import type { PreparedStock } from "./stock-cache.js";

const bootMemoryBytes = 1024 * 1024 * 1024;
/** What is kept of the interpreter's own words, for the error if it does not start. */
const maxPrintedBytes = 65_536;

/**
 * Boots a stock build once and takes the lean module and the image that its sessions start from. The image depends on
 * what is in the build alone, and not on the machine.
 *
 * @param guestPath Where guests see the library, once the version is known.
 */
export function prepareStock(
  bytes: Uint8Array,
  driver: string,
  library: BundleSource,
  guestPath: (version: string) => string,
): Omit<PreparedStock, "libraryName"> {
  const open = openStockModule(bytes, false);
  const module = new WebAssembly.Module(open.module);
  const asked = bootHost();
  const version = stockVersion(module, open.initialPages, asked.host, asked.printed);
  asked.host.fileSystem.close();
  const { host, printed } = bootHost({ guestPath: guestPath(version), source: library });
  try {
    const boot = { host, prefix: stockPrefix, driver, modules: preloadedModules };
    const image = encodeImage(captureStock(module, open.initialPages, boot));
    const { module: wasm } = openStockModule(bytes, true);
    return { version, wasm, wasmName: sha256(wasm), image, imageName: sha256(image) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error([reason, printed().trim().split("\n").at(-1)].filter(Boolean).join(": "), { cause });
  } finally {
    host.fileSystem.close();
  }
}

function bootHost(library?: GuestFilesOptions["library"]): { readonly host: GuestHost; printed(): string } {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const output = createStreamFile({
    write(part) {
      if (bytes < maxPrintedBytes) parts.push(part.slice());
      bytes += part.length;
      return part.length;
    },
  });
  const doors = bootDoors();
  const host = {
    fileSystem: createGuestFiles({ doors, ...(library === undefined ? {} : { library }) }).fileSystem,
    stdin: createStreamFile({ read: () => 0 }),
    stdout: output,
    stderr: output,
    signals: { take: () => 0 as const, wait: () => false },
    clocks: doors.clocks,
    randomness: doors.randomness,
    memoryBytes: bootMemoryBytes,
  };
  return { host, printed: () => Buffer.concat(parts).toString("utf8") };
}
