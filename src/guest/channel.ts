import { ErrnoError } from "../errno.js";
import { createStreamFile } from "../vfs/stream-file.js";
import type { OpenFile } from "../vfs/types.js";

/**
 * The one line between a guest's driver and the host: a descriptor on which the guest reads the host's messages,
 * each with its length in four bytes before it, and writes its own, each in one piece of JSON. The guest's code can
 * reach the descriptor as well, so what comes from it is no more to be trusted than any output.
 */
export interface Channel {
  /** What the guest opens as the channel's descriptor. */
  readonly file: OpenFile;
  /** Lays out the next message for the guest and forgets what the guest has sent before. */
  put(message: unknown): void;
  /** Takes what the guest has sent since `put`, as text; undefined if it sent nothing. */
  take(): string | undefined;
}

/** @param maxBytes The most that the guest may send as one answer; a longer one fails with `EFBIG`. */
export function createChannel(maxBytes: number): Channel {
  let incoming = new Uint8Array(0);
  let position = 0;
  let parts: Uint8Array[] = [];
  let sent = 0;

  const file = createStreamFile({
    read(buffer) {
      const part = incoming.subarray(position, position + buffer.length);
      buffer.set(part);
      position += part.length;
      return part.length;
    },
    write(bytes) {
      if (sent + bytes.length > maxBytes) throw new ErrnoError("EFBIG");
      parts.push(bytes.slice());
      sent += bytes.length;
      return bytes.length;
    },
  });

  return {
    file,
    put(message) {
      const text = new TextEncoder().encode(JSON.stringify(message));
      incoming = new Uint8Array(4 + text.length);
      new DataView(incoming.buffer).setUint32(0, text.length, true);
      incoming.set(text, 4);
      position = 0;
      parts = [];
      sent = 0;
    },
    take() {
      if (parts.length === 0) return undefined;
      const decoder = new TextDecoder();
      const text = parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
      parts = [];
      return text;
    },
  };
}
