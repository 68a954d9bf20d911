import type { Readable } from "node:stream";
import type { ByteReader } from "../../engine/network-port.js";
import { failureOf } from "./failure.js";

/** Reads a stream only as far as somebody asks: what has not been asked for stays with the sender. */
export function readerOf(stream: Readable): ByteReader {
  let failure: Error | undefined;
  let isOver = false;
  let wake = () => {};
  let isRead = false;
  stream.on("end", () => {
    isOver = true;
    wake();
  });
  stream.on("close", () => {
    isOver = true;
    wake();
  });
  stream.on("error", (error) => {
    failure = error;
    wake();
  });
  return {
    async read() {
      // Not before: from then on the stream takes what comes, which may be for somebody else until now.
      if (!isRead) stream.on("readable", () => wake());
      isRead = true;
      for (;;) {
        const bytes = stream.read() as Uint8Array | null;
        if (bytes !== null) return bytes;
        if (failure !== undefined) throw failureOf(failure);
        if (isOver) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: () => void stream.destroy(),
  };
}
