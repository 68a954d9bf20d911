import { deflateSync, inflateSync } from "fflate";
import type { Codec } from "../engine/codec.js";
import { createSha256 } from "./sha256.js";

/** Higher levels gain little. */
const compressionLevel = 1;

/** Hashing and compression without Node.js, as synchronous as the engine's port is: what browsers have waits. */
export const webCodec: Codec = {
  sha256: createSha256,
  deflate: (bytes) => deflateSync(bytes, { level: compressionLevel }),
  inflate(compressed, length) {
    // What expands to more is cut off behind the one byte that tells of it.
    const bytes = inflateSync(compressed, { out: new Uint8Array(length + 1) });
    if (bytes.length !== length) throw new RangeError("it expands to another length");
    return bytes;
  },
};
