import type { GuestPlatform } from "../engine/platform.js";
import { chargedStackRatio } from "../guest/stack-ratio.js";
import { MountError } from "../vfs/mount-spec.js";
import { fetchNow } from "./fetch-now.js";
import { openLibrary } from "./load-library.js";
import { measureStack } from "./measure-stack.js";
import { openPackParts } from "./pack.js";
import type { WebRuntime } from "./thread-messages.js";

/**
 * Functions that are optimised may have larger frames than those that were counted, and what runs below the
 * interpreters' checks needs some as well.
 */
const safetyFactor = 1.25;

const close = () => {};

/** What a browser's worker gives to its guests. */
export function createWebGuestPlatform(): GuestPlatform {
  let typeStripper: WebAssembly.Module | undefined;
  return {
    stackBytes: measureStack(),
    stackRatio: chargedStackRatio * safetyFactor,
    boundsMemory: true,
    openImage() {
      throw new TypeError("the image's bytes come with the runtime");
    },
    loadTypeStripper({ typeStripper: place }: WebRuntime) {
      if (place === undefined) throw new TypeError("there is no module that strips types");
      typeStripper ??= new WebAssembly.Module(fetchNow(place));
      return typeStripper;
    },
    openLibrary({ library }: WebRuntime) {
      return library === undefined ? undefined : withClose(openPackParts(openLibrary(library)));
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
}

/** Keeps the source's own properties, which are read when they are needed. */
function withClose<Source extends object>(source: Source): Source & { close(): void } {
  return Object.defineProperty(source, "close", { value: close }) as Source & { close(): void };
}
