/** Below this, a mapping takes more than the bytes do. */
const leastMappedBytes = 64 * 1024;

/**
 * Bytes, all zero, whose memory goes back to the operating system as soon as it is freed: they are mapped by
 * themselves, as resizable buffers are. Ordinary buffers lie in the C library's heaps, one for each few threads, and
 * those keep what was freed in them. The buffer holds nothing else, and can be transferred to another thread.
 */
export function createReturnable(length: number): Uint8Array<ArrayBuffer> {
  if (length < leastMappedBytes) return new Uint8Array(length);
  // The types of ES2023 do not have resizable buffers; Node.js 20 does.
  const buffer: ArrayBuffer = Reflect.construct(ArrayBuffer, [length, { maxByteLength: length }]);
  return new Uint8Array(buffer, 0, length);
}
