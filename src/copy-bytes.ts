/** What Node.js has for it. */
const { Buffer: native } = globalThis as {
  readonly Buffer?: {
    from(buffer: ArrayBufferLike, start: number, length: number): { fill(bytes: Uint8Array): unknown };
  };
};

/**
 * Copies `source` over `target`, which has its length. From shared memory a typed array's own `set` copies word by word,
 * as other threads may see it: that takes ten times as long, and nobody changes what is copied with this.
 */
export function copyBytes(target: Uint8Array, source: Uint8Array): void {
  if (source.length === 0) return;
  if (native === undefined) target.set(source);
  else native.from(target.buffer, target.byteOffset, target.length).fill(source);
}
