import { type Errno, ErrnoError, errnoNumbers } from "../../errno.js";

/**
 * Runs calls to `node:fs` and translates what they throw: the only place where the host's errors become ours. The
 * host's message names host paths, so it is kept as the cause and never becomes part of ours.
 */
export function hostCall<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof ErrnoError || !(cause instanceof Error) || !("code" in cause)) throw cause;
    const code = String(cause.code);
    throw new ErrnoError(Object.hasOwn(errnoNumbers, code) ? (code as Errno) : "EIO", undefined, { cause });
  }
}
