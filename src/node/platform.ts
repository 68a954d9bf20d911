import { resolve } from "node:path";
import type { Platform } from "../engine/platform.js";
import { withImageBytes } from "./runtimes/bundled.js";
import { loadRuntime } from "./runtimes/load.js";
import { createThreadHandle } from "./threads/thread-handle.js";

/** What Node.js gives to the owner of sessions. */
export const nodePlatform: Platform = {
  loadRuntime: async (language, directory) => withImageBytes(await loadRuntime(language, directory)),
  nameDirectory: (directory) => resolve(directory),
  startThread: () => createThreadHandle(),
};
