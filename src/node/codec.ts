import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Codec } from "../engine/codec.js";

/** Higher levels gain little. */
const compressionLevel = 1;
const outputChunkBytes = 64 * 1024;
/** The least that zlib takes. */
const leastChunkBytes = 64;

export const nodeCodec: Codec = {
  sha256() {
    const hash = createHash("sha256");
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
  },
  deflate: (bytes) => deflateRawSync(bytes, { level: compressionLevel, chunkSize: outputChunkBytes }),
  inflate(compressed, length) {
    const options = { maxOutputLength: length, chunkSize: Math.max(length, leastChunkBytes) };
    const bytes = inflateRawSync(compressed, options);
    if (bytes.length !== length) throw new RangeError("it expands to another length");
    return bytes;
  },
};
