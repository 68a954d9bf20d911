import { ErrnoError } from "../errno.js";
import { createStreamFile } from "../vfs/stream-file.js";
import type { OpenFile } from "../vfs/types.js";

/**
 * The one line between a guest's driver and the host: a descriptor on which the guest reads the host's messages, each
 * with its length in four bytes before it, and writes its own. The guest's code can reach the descriptor as well, so
 * what comes from it is no more to be trusted than any output.
 */
export interface Channel {
  /** What the guest opens as the channel's descriptor. */
  readonly file: OpenFile;
  /**
   * Lays out the next message for the guest, as JSON, and forgets what the guest has sent before.
   *
   * @param maxAnswerBytes The most that the guest may send until the next message, as it is when that is sent; more fails
   *   with `EFBIG`.
   */
  put(message: unknown, maxAnswerBytes: number | (() => number)): void;
  /**
   * Whether the guest has taken the message and looked for more: the driver does so when it has made ready to run the
   * session's code.
   */
  isTaken(): boolean;
  /** Takes what the guest has sent since `put`; undefined if that is nothing. */
  take(): Uint8Array | undefined;
}

export function createChannel(): Channel {
  let incoming = new Uint8Array(0);
  let position = 0;
  let isTaken = false;
  let sent = new Uint8Array(0);
  let sentBytes = 0;
  let maxBytes: () => number = () => 0;

  function makeRoom(bytes: number): void {
    if (bytes <= sent.length) return;
    // An answer mostly comes in one piece; one that comes byte by byte is not to be copied each time.
    const larger = new Uint8Array(Math.min(Math.max(bytes, 2 * sent.length), maxBytes()));
    larger.set(sent.subarray(0, sentBytes));
    sent = larger;
  }

  const file = createStreamFile({
    read(buffer) {
      if (position === incoming.length) isTaken = true;
      const part = incoming.subarray(position, position + buffer.length);
      buffer.set(part);
      position += part.length;
      return part.length;
    },
    write(bytes) {
      const part = bytes.subarray(0, Math.max(maxBytes() - sentBytes, 0));
      if (part.length === 0) throw new ErrnoError("EFBIG");
      makeRoom(sentBytes + part.length);
      sent.set(part, sentBytes);
      sentBytes += part.length;
      return part.length;
    },
  });

  return {
    file,
    put(message, maxAnswerBytes) {
      const text = new TextEncoder().encode(JSON.stringify(message));
      incoming = new Uint8Array(4 + text.length);
      new DataView(incoming.buffer).setUint32(0, text.length, true);
      incoming.set(text, 4);
      position = 0;
      isTaken = false;
      sent = new Uint8Array(0);
      sentBytes = 0;
      maxBytes = typeof maxAnswerBytes === "number" ? () => maxAnswerBytes : maxAnswerBytes;
    },
    isTaken: () => isTaken,
    take() {
      if (sentBytes === 0) return undefined;
      const answer = sent.subarray(0, sentBytes);
      sent = new Uint8Array(0);
      sentBytes = 0;
      return answer;
    },
  };
}
