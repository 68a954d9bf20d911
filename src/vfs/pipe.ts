import { ErrnoError } from "../errno.js";
import { createStreamFile } from "./stream-file.js";
import type { OpenFile } from "./types.js";

/** What a pipe holds at most. */
export const pipeBytes = 65536;
/** A write up to this length is taken whole or not at all (`PIPE_BUF`). */
const atomicBytes = 4096;

/**
 * An in-memory pipe. There is nobody to wait for within one thread, so both ends behave as if non-blocking: a read
 * from an empty pipe and a write to a full one give `EAGAIN`; a write without a reader gives `EPIPE`, and a read
 * without a writer the end of the file.
 */
export function createPipe(): { readonly reader: OpenFile; readonly writer: OpenFile } {
  const ring = new Uint8Array(pipeBytes);
  let start = 0;
  let length = 0;
  let readerOpen = true;
  let writerOpen = true;

  const reader = createStreamFile({
    type: "fifo",
    nonBlocking: true,
    read(buffer) {
      if (length === 0) {
        if (!writerOpen) return 0;
        throw new ErrnoError("EAGAIN");
      }
      const count = Math.min(buffer.length, length);
      const head = ring.subarray(start, Math.min(pipeBytes, start + count));
      buffer.set(head);
      buffer.set(ring.subarray(0, count - head.length), head.length);
      start = (start + count) % pipeBytes;
      length -= count;
      return count;
    },
    poll: () => ({ ready: length > 0 || !writerOpen, bytes: length, hangup: !writerOpen }),
    close() {
      readerOpen = false;
    },
  });
  const writer = createStreamFile({
    type: "fifo",
    nonBlocking: true,
    write(bytes) {
      if (!readerOpen) throw new ErrnoError("EPIPE");
      const room = pipeBytes - length;
      const count = Math.min(bytes.length, room);
      if (count === 0 || (count < bytes.length && bytes.length <= atomicBytes))
        throw new ErrnoError("EAGAIN");
      const end = (start + length) % pipeBytes;
      const head = bytes.subarray(0, Math.min(count, pipeBytes - end));
      ring.set(head, end);
      ring.set(bytes.subarray(head.length, count), 0);
      length += count;
      return count;
    },
    poll: () => ({
      ready: !readerOpen || pipeBytes - length >= atomicBytes,
      bytes: pipeBytes - length,
      hangup: !readerOpen,
    }),
    close() {
      writerOpen = false;
    },
  });
  return { reader, writer };
}
