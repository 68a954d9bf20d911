import { homeDirectory } from "../guest/files.js";

/** What applies where nothing else is asked for. */
export const defaults = {
  home: homeDirectory,
  memoryBytes: 1024 * 1024 * 1024,
  maxOutputBytes: 16 * 1024 * 1024,
} as const;
