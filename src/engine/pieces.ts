/**
 * A stream of bytes in compressed pieces: each a length (u32) and so many bytes, deflated by themselves. Every piece
 * expands to `pieceBytes` exactly, the last to what is left, so neither can a few bytes expand to more than a piece at
 * a time, nor can there be more pieces than the whole needs.
 */
import type { ByteSource } from "../vfs/byte-source.js";
import type { Codec } from "./codec.js";

const pieceBytes = 256 * 1024;

/** What was stored is not as it should be. */
export class DamagedError extends Error {
  override readonly name = "DamagedError";

  constructor(message = "it is damaged", options?: { cause?: unknown }) {
    super(message, options);
  }
}

export interface PieceWriter {
  /** The bytes are copied. */
  write(bytes: Uint8Array): void;
  /** The compressed pieces, in order. */
  finish(): Uint8Array[];
}

export function writePieces(codec: Codec): PieceWriter {
  const piece = new Uint8Array(pieceBytes);
  const written: Uint8Array[] = [];
  let length = 0;
  const end = () => {
    const compressed = codec.deflate(piece.subarray(0, length));
    const prefix = new Uint8Array(4);
    new DataView(prefix.buffer).setUint32(0, compressed.length, true);
    written.push(prefix, compressed);
    length = 0;
  };
  return {
    write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const part = bytes.subarray(done, done + pieceBytes - length);
        piece.set(part, length);
        length += part.length;
        done += part.length;
        if (length === pieceBytes) end();
      }
    },
    finish() {
      if (length > 0) end();
      return written;
    },
  };
}

/**
 * Expands pieces that may come from anywhere, one at a time. Fails as soon as one of them is not as it should be.
 *
 * @param length Of all that they expand to.
 */
export function readPieces(codec: Codec, compressed: Uint8Array, length: number): ByteSource {
  let left = length;
  let offset = 0;
  let piece: Uint8Array = new Uint8Array(0);
  const next = () => {
    const expected = Math.min(pieceBytes, left);
    if (compressed.length - offset < 4) throw new DamagedError();
    const view = new DataView(compressed.buffer, compressed.byteOffset + offset, 4);
    const end = offset + 4 + view.getUint32(0, true);
    if (end > compressed.length || expected === 0) throw new DamagedError();
    piece = inflate(codec, compressed.subarray(offset + 4, end), expected);
    offset = end;
  };
  return {
    get left() {
      return left;
    },
    fill(target) {
      for (let done = 0; done < target.length; ) {
        if (piece.length === 0) next();
        const part = piece.subarray(0, target.length - done);
        target.set(part, done);
        piece = piece.subarray(part.length);
        done += part.length;
        left -= part.length;
      }
    },
  };
}

/** The next `length` bytes of a source, as a source of their own. The other is not to be read before they are. */
export function partOf(source: ByteSource, length: number): ByteSource {
  let left = length;
  return {
    get left() {
      return left;
    },
    fill(target) {
      if (target.length > left) throw new DamagedError();
      source.fill(target);
      left -= target.length;
    },
  };
}

function inflate(codec: Codec, compressed: Uint8Array, length: number): Uint8Array {
  try {
    return codec.inflate(compressed, length);
  } catch (cause) {
    throw new DamagedError(undefined, { cause });
  }
}
