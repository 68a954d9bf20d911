/** Bytes, as JSON lines have them. */
export interface JsonBytes {
  /** Base64, padded. */
  readonly $bytes: string;
}

export function isJsonBytes(value: unknown): value is JsonBytes {
  if (typeof value !== "object" || value === null || Object.keys(value).join() !== "$bytes") return false;
  const { $bytes } = value as { readonly $bytes: unknown };
  return typeof $bytes === "string" && $bytes.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test($bytes);
}

export function fromJsonBytes({ $bytes }: JsonBytes): Uint8Array {
  return Buffer.from($bytes, "base64");
}

export function toJsonBytes(bytes: Uint8Array): JsonBytes {
  return { $bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64") };
}
