import { closeSync, openSync } from "node:fs";
import type { GuestPlatform } from "../../engine/platform.js";
import { decodeImage } from "../../guest/image.js";
import { openHostDirectories } from "../files/host-mounts.js";
import { loadCodec } from "../load-codec.js";
import { openPack } from "../runtimes/pack.js";
import { readFully } from "../runtimes/read-fully.js";
import { loadTypeStripper } from "../runtimes/type-stripper.js";
import { sleep } from "../streams/patient-write.js";
import { openStandardStreams } from "../streams/standard-streams.js";
import { openTraceOutput } from "../streams/trace-output.js";

/**
 * What Node.js gives to guests of the calling thread.
 *
 * @param stackBytes The stack that V8 has in it.
 * @param thread Its number, for those who look at several.
 */
export function nodeGuestPlatform(stackBytes: number, thread = 0): GuestPlatform {
  let typeStripper: WebAssembly.Module | undefined;
  return {
    stackBytes,
    openImage({ imagePath }) {
      if (imagePath === undefined) throw new TypeError("the runtime's image is in no file");
      const file = openSync(imagePath, "r");
      const image = decodeImage((offset, target) => readFully(file, target, offset));
      return { image, close: () => closeSync(file) };
    },
    openLibrary: ({ libraryPath }) => (libraryPath === undefined ? undefined : openPack(libraryPath)),
    openPackages: async (packages) => (await import("../packages/package-pack.js")).openPackagePack(packages),
    loadCodec,
    openHostDirectories,
    loadTypeStripper() {
      typeStripper ??= loadTypeStripper();
      return typeStripper;
    },
    openStandardStreams,
    openTrace: (isOneOfSeveral, wait = sleep) => openTraceOutput(isOneOfSeveral ? `[${thread}] ` : "", wait),
  };
}
