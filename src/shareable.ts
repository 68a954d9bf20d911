/**
 * A buffer that threads share when they are given it, where the platform lets them: a browser's page must be
 * cross-origin isolated. Elsewhere it is copied for each of them.
 */
export function createShareable(length: number): ArrayBufferLike {
  return globalThis.SharedArrayBuffer === undefined ? new ArrayBuffer(length) : new SharedArrayBuffer(length);
}
