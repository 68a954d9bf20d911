import { type Errno, ErrnoError, errnoNumbers } from "../../errno.js";

/** Runs calls to `node:fs` and translates what they throw. */
export function hostCall<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw toErrnoError(error);
  }
}

/**
 * What a call to `node:fs` threw, as an error of ours: the only place where the host's errors are translated. The
 * host's message names host paths, so it is kept as the cause and never becomes part of ours. An error that is not
 * the system's is given back as it is.
 */
export function toErrnoError(cause: unknown): unknown {
  if (cause instanceof ErrnoError || !(cause instanceof Error) || !("code" in cause)) return cause;
  const code = String(cause.code);
  return new ErrnoError(Object.hasOwn(errnoNumbers, code) ? (code as Errno) : "EIO", undefined, { cause });
}
