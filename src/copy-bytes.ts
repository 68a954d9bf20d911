/**
 * Copies `source` over `target`, which has its length. From shared memory a typed array's own `set` copies word by word,
 * as other threads may see it: that takes ten times as long, and nobody changes what is copied with this.
 */
export function copyBytes(target: Uint8Array, source: Uint8Array): void {
  if (source.length === 0) return;
  const { buffer, byteOffset, length } = target;
  if (globalThis.Buffer === undefined) target.set(source);
  else Buffer.from(buffer, byteOffset, length).fill(source);
}
