import { ErrnoError } from "../errno.js";
import { createStreamFile } from "../vfs/stream-file.js";
import type { OpenFile } from "../vfs/types.js";

/** Standard streams for cells: input is given with each run, output is gathered until it ends. */
export interface CollectedStreams {
  readonly stdin: OpenFile;
  readonly stdout: OpenFile;
  readonly stderr: OpenFile;
  /** Starts a run with its standard input. */
  begin(stdin: string): void;
  /** What was written since, to both streams in the order written; bytes that are no UTF-8 become U+FFFD. */
  takeOutput(): string;
}

/** @param maxBytes The most output of one run; a write that goes over it fails with `EFBIG`. */
export function collectStreams(maxBytes: number): CollectedStreams {
  let input: Uint8Array = new Uint8Array(0);
  let position = 0;
  let parts: Uint8Array[] = [];
  let length = 0;

  const write = (bytes: Uint8Array) => {
    const room = maxBytes - length;
    if (room === 0) throw new ErrnoError("EFBIG", "the run's output limit is reached");
    const part = bytes.slice(0, room);
    parts.push(part);
    length += part.length;
    return part.length;
  };

  return {
    stdin: createStreamFile({
      type: "fifo",
      read(buffer) {
        const part = input.subarray(position, position + buffer.length);
        buffer.set(part);
        position += part.length;
        return part.length;
      },
      poll: () => ({ ready: true, bytes: input.length - position, hangup: position === input.length }),
    }),
    stdout: createStreamFile({ type: "fifo", write }),
    stderr: createStreamFile({ type: "fifo", write }),
    begin(stdin) {
      input = stdin === "" ? new Uint8Array(0) : new TextEncoder().encode(stdin);
      position = 0;
      parts = [];
      length = 0;
    },
    takeOutput() {
      if (parts.length === 0) return "";
      const bytes = parts.length === 1 ? (parts[0] as Uint8Array) : join(parts, length);
      parts = [];
      length = 0;
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    },
  };
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
