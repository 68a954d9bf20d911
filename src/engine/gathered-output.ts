import { createGatheredBytes, type GatheredBytes } from "./gathered-bytes.js";
import type { OutputStream, WrittenOutput } from "./messages.js";

/** What a run writes, in the order written, and each stream by itself. */
export interface GatheredOutput {
  add(stream: OutputStream, bytes: Uint8Array): void;
  /** What was added since the last time, as text. Bytes that are no UTF-8 become U+FFFD. */
  take(): WrittenOutput;
}

/** As long as one stream alone is written to, which is so for most runs, nothing is kept twice. */
export function createGatheredOutput(): GatheredOutput {
  const all = createGatheredBytes();
  let only: OutputStream | undefined;
  let apart: Record<OutputStream, GatheredBytes> | undefined;

  function takeApart(): Record<OutputStream, GatheredBytes> {
    const parts = { stdout: createGatheredBytes(), stderr: createGatheredBytes() };
    if (only !== undefined) parts[only].add(all.now);
    return parts;
  }

  return {
    add(stream, bytes) {
      if (only !== undefined && only !== stream) apart ??= takeApart();
      only ??= stream;
      all.add(bytes);
      apart?.[stream].add(bytes);
    },
    take() {
      const output = decode(all.take());
      const written = {
        output,
        ...(apart === undefined
          ? only === "stderr" && { only }
          : { apart: { stdout: decode(apart.stdout.take()), stderr: decode(apart.stderr.take()) } }),
      };
      only = undefined;
      apart = undefined;
      return written;
    },
  };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
