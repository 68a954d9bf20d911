import type { GuestPlatform } from "../engine/platform.js";
import { MountError } from "../vfs/mount-spec.js";
import { loadLibrary } from "./load-library.js";
import { openPackBytes } from "./pack.js";
import type { WebRuntime } from "./thread-messages.js";

/** What V8 has in a browser's worker is 500 kB, and nobody tells of it; others have more. */
const workerStackBytes = 480 * 1024;

const close = () => {};

/** What a browser's worker gives to its guests. */
export const webGuestPlatform: GuestPlatform = {
  stackBytes: workerStackBytes,
  stackRatio: 2.8,
  openImage() {
    throw new TypeError("the image's bytes come with the runtime");
  },
  openLibrary({ library }: WebRuntime) {
    return library === undefined ? undefined : withClose(openPackBytes(() => loadLibrary(library)));
  },
  async openPackages() {
    throw new TypeError("there are no packages in a browser");
  },
  loadCodec: async () => (await import("./codec.js")).webCodec,
  openHostDirectories(mounts) {
    if (mounts.length > 0) throw new MountError("a browser has no directories to mount");
    return [];
  },
  async openStandardStreams() {
    throw new TypeError("a browser has no standard streams");
  },
  openTrace: () => ({ write: (line) => console.error(line), close }),
};

/** Keeps the source's own properties, which are read when they are needed. */
function withClose<Source extends object>(source: Source): Source & { close(): void } {
  return Object.defineProperty(source, "close", { value: close }) as Source & { close(): void };
}
