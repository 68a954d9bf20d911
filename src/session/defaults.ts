import { homeDirectory } from "../guest/files.js";

const mebibyte = 1024 * 1024;

/** What applies where nothing else is asked for. */
export const defaults = {
  home: homeDirectory,
  memoryBytes: 1024 * mebibyte,
  maxOutputBytes: 16 * mebibyte,
  maxFileBytes: 256 * mebibyte,
  maxFiles: 65_536,
  maxSessions: 256,
  /** How long a thread that was ended is waited for. It may be in the middle of a call of the system. */
  longestEndMs: 5000,
} as const;

/** A session that has not begun from its snapshot by then is taken not to. */
export const longestRestoreMs = 5000;

/** How long code that was asked to stop has until it is asked again without pause, and then until it is ended. */
export const graceMs = { first: 250, second: 750 } as const;

/** How long a question about the session may take before it is given up. */
export const inspectTimeoutMs = 1000;
