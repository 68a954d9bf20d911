import type { Platform } from "../engine/platform.js";
import { loadCodec } from "./load-codec.js";
import { openNetwork } from "./network/open.js";
import { withImageBytes } from "./runtimes/bundled.js";
import { loadRuntime } from "./runtimes/load.js";
import { stampOf } from "./runtimes/stock-stamp.js";
import { startThread } from "./threads/start-thread.js";
import { tellsThreadTime } from "./threads/thread-time.js";

/** What Node.js gives to the owner of sessions. */
export const nodePlatform: Platform = {
  loadRuntime: async (language, directory) => withImageBytes(await loadRuntime(language, directory)),
  addPackages: async (runtime, request) =>
    withImageBytes(await (await import("./packages/add-packages.js")).addPackages(runtime, request)),
  stampOf,
  loadCodec,
  tellsCpuTime: tellsThreadTime,
  openNetwork,
  startThread: () => startThread(),
};
