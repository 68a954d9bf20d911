import { bootDoors } from "../../guest/boot-doors.js";
import { captureStock, openStockModule, stockVersion } from "../../guest/cpython/stock-boot.js";
import { createGuestFiles } from "../../guest/files.js";
import type { GuestHost } from "../../guest/guest.js";
import { encodeImage } from "../../guest/image.js";
import type { Mount } from "../../vfs/mount-spec.js";
import { createStreamFile } from "../../vfs/stream-file.js";
import { openHostDirectories } from "../files/host-mounts.js";
import { preloadedModules } from "./preloaded-modules.js";
import { sha256 } from "./runtime-id.js";
import { stockPrefix } from "./stock-build.js";
import type { PreparedStock } from "./stock-cache.js";

const bootMemoryBytes = 1024 * 1024 * 1024;
/** What is kept of the interpreter's own words, for the error if it does not start. */
const maxPrintedBytes = 65_536;

/**
 * Boots a stock build once and takes the lean module and the image that its sessions start from.
 *
 * @param library The mount of its library, once the version is known.
 */
export function prepareStock(
  bytes: Uint8Array,
  driver: string,
  library: (version: string) => Mount,
): Omit<PreparedStock, "libraryName"> {
  const open = openStockModule(bytes, false);
  const module = new WebAssembly.Module(open.module);
  const asked = bootHost([]);
  const version = stockVersion(module, open.initialPages, asked.host, asked.printed);
  asked.host.fileSystem.close();
  const { host, printed } = bootHost([library(version)]);
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

function bootHost(mounts: readonly Mount[]): { readonly host: GuestHost; printed(): string } {
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
    fileSystem: createGuestFiles({ doors, mounts: { list: mounts, open: openHostDirectories } }).fileSystem,
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
