/** Hashing and compression, which each platform has of its own. */
export interface Codec {
  /** A SHA-256 that is fed part by part. */
  sha256(): Sha256;
  /** Deflates fast rather than well (RFC 1951, no header): a session at rest waits for it. */
  deflate(bytes: Uint8Array): Uint8Array;
  /** Expands what was deflated to so many bytes. Throws if it is not well formed, or expands to any other number. */
  inflate(compressed: Uint8Array, length: number): Uint8Array;
}

export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** In hexadecimal. To be called once, at the end. */
  digest(): string;
}

export function sha256Of(codec: Codec, ...parts: readonly Uint8Array[]): string {
  const hash = codec.sha256();
  for (const part of parts) hash.update(part);
  return hash.digest();
}
