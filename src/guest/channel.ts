import { ErrnoError } from "../errno.js";
import type { FileStat, OpenFile } from "../vfs/types.js";

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

  const unsupported = (): never => {
    throw new ErrnoError("EINVAL");
  };
  const file: OpenFile = {
    type: "character",
    readable: true,
    writable: true,
    append: false,
    nonBlocking: false,
    terminal: false,
    stat: (): FileStat => ({
      device: 0n,
      inode: 0n,
      type: "character",
      mode: 0o600,
      linkCount: 1,
      size: 0,
      accessTimeNs: 0n,
      modifyTimeNs: 0n,
      changeTimeNs: 0n,
    }),
    read(buffer) {
      const part = incoming.subarray(position, position + buffer.length);
      buffer.set(part);
      position += part.length;
      return part.length;
    },
    write(buffer) {
      if (sent + buffer.length > maxBytes) throw new ErrnoError("EFBIG");
      parts.push(buffer.slice());
      sent += buffer.length;
      return buffer.length;
    },
    seek() {
      throw new ErrnoError("ESPIPE");
    },
    truncate: unsupported,
    allocate: unsupported,
    sync: unsupported,
    setTimes: unsupported,
    setMode: unsupported,
    readDirectory() {
      throw new ErrnoError("ENOTDIR");
    },
    poll: (direction) => ({
      ready: direction === "write" || position < incoming.length,
      bytes: direction === "read" ? incoming.length - position : 0,
      hangup: false,
    }),
    close() {},
  };

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
