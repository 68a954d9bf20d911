import { type JsonBounds, parseBoundedJson } from "../bounded-json.js";

/**
 * A message between a guest's driver and the host: a small head in JSON, and texts or bytes as they are, to which the
 * head refers by their index. All numbers are 32 bits, little-endian:
 *
 *     length    of all that follows
 *     count     of the parts
 *     sizes     one of each part
 *     head      JSON in UTF-8: what the length leaves for it
 *     parts     one behind the other
 */
export interface Frame {
  readonly head: Readonly<Record<string, unknown>>;
  readonly parts: readonly Uint8Array[];
}

export interface FrameBounds {
  readonly head: JsonBounds;
  /** The most parts. */
  readonly parts: number;
}

/** These bytes are no frame that is taken. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

const wordBytes = 4;

export function encodeFrame({ head, parts }: Frame): Uint8Array {
  const headBytes = new TextEncoder().encode(JSON.stringify(head));
  const numbers = [parts.length, ...parts.map(({ length }) => length)];
  const contents = [headBytes, ...parts];
  const length = contents.reduce((sum, content) => sum + content.length, numbers.length * wordBytes);
  const frame = new Uint8Array(wordBytes + length);
  const view = new DataView(frame.buffer);
  for (const [index, number] of [length, ...numbers].entries()) {
    view.setUint32(index * wordBytes, number, true);
  }
  let at = (1 + numbers.length) * wordBytes;
  for (const content of contents) {
    frame.set(content, at);
    at += content.length;
  }
  return frame;
}

/**
 * Reads bytes that must be one whole frame, and may be a stranger's: a number that does not fit, and a head that is no
 * object or over its bounds, is a `FrameError`. The parts are views of the bytes.
 */
export function decodeFrame(bytes: Uint8Array, bounds: FrameBounds): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 2 * wordBytes || view.getUint32(0, true) !== bytes.length - wordBytes) {
    throw new FrameError("its length is wrong");
  }
  const count = view.getUint32(wordBytes, true);
  const headStart = (2 + count) * wordBytes;
  if (count > bounds.parts || headStart > bytes.length) throw new FrameError("it has too many parts");
  const sizes = Array.from({ length: count }, (_, index) => view.getUint32((2 + index) * wordBytes, true));
  let at = bytes.length - sizes.reduce((sum, size) => sum + size, 0);
  if (at < headStart) throw new FrameError("its parts are longer than it is");
  const head = decodeHead(bytes.subarray(headStart, at), bounds.head);
  const parts = sizes.map((size) => {
    at += size;
    return bytes.subarray(at - size, at);
  });
  return { head, parts };
}

function decodeHead(bytes: Uint8Array, bounds: JsonBounds): Frame["head"] {
  let head: unknown;
  try {
    head = parseBoundedJson(bytes, bounds);
  } catch (cause) {
    throw new FrameError("its head cannot be read", { cause });
  }
  if (typeof head !== "object" || head === null || Array.isArray(head)) {
    throw new FrameError("its head is no object");
  }
  return head as Frame["head"];
}
