import { ErrnoError } from "../errno.js";

/** Bytes that are read in order, from wherever they come: they need not all be there at once. */
export interface ByteSource {
  /** How many bytes are still to come. */
  readonly left: number;
  /** Fills the whole target with the next bytes. Fails if fewer are left. */
  fill(target: Uint8Array): void;
}

/** Bytes that are at hand. `EINVAL` from a read beyond their end. */
export function sourceOf(bytes: Uint8Array): ByteSource {
  let offset = 0;
  return {
    get left() {
      return bytes.length - offset;
    },
    fill(target) {
      if (target.length > bytes.length - offset) throw new ErrnoError("EINVAL", "the bytes end too soon");
      target.set(bytes.subarray(offset, offset + target.length));
      offset += target.length;
    },
  };
}
