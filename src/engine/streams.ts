import { ErrnoError } from "../errno.js";
import { createStreamFile } from "../vfs/stream-file.js";
import type { OpenFile } from "../vfs/types.js";
import { createGatheredOutput } from "./gathered-output.js";
import type { GuestRun, OutputStream, WrittenOutput } from "./messages.js";

/** Standard streams that do not lead to this process's own: input and output belong to single runs. */
export interface RunStreams {
  readonly stdin: OpenFile;
  readonly stdout: OpenFile;
  readonly stderr: OpenFile;
  begin(run: GuestRun): void;
  /** What was gathered since. Bytes that are no UTF-8 become U+FFFD. */
  takeOutput(): WrittenOutput;
  /** Whether output was refused since `begin`, because it went over the limit. */
  isLimited(): boolean;
}

export interface RunStreamsHost {
  /** Takes streamed output; the bytes are its own. */
  send(stream: OutputStream, bytes: Uint8Array): void;
  /** Waits for standard input: the next piece, empty at its end, undefined if an interrupt came first. Absent: nobody can be asked. */
  ask?(): Uint8Array | undefined;
}

/**
 * @param maxBytes The most output of one run; the first write that goes over it fails with `EFBIG`, and later ones are
 *   dropped.
 * @param onRefused Hears of that first one.
 */
export function createRunStreams(
  maxBytes: number,
  host: RunStreamsHost,
  onRefused: () => void = () => {},
): RunStreams {
  let input: Uint8Array = new Uint8Array(0);
  let asks = false;
  let streams = false;
  let keeps = true;
  const gathered = createGatheredOutput();
  let written = 0;
  let refused = false;

  const write = (stream: OutputStream) => (bytes: Uint8Array) => {
    const room = maxBytes - written;
    if (room === 0) {
      // Told once. What follows is dropped: an interpreter that kept what was refused would write it in later runs.
      if (refused) return bytes.length;
      refused = true;
      onRefused();
      throw new ErrnoError("EFBIG", "the run's output limit is reached");
    }
    const part = bytes.subarray(0, room);
    written += part.length;
    if (keeps) gathered.add(stream, part);
    if (streams) host.send(stream, part.slice());
    return part.length;
  };

  return {
    stdin: createStreamFile({
      type: "fifo",
      read(buffer) {
        if (input.length === 0 && asks) {
          const more = host.ask === undefined ? new Uint8Array(0) : host.ask();
          if (more === undefined) throw new ErrnoError("EINTR");
          input = more;
        }
        const part = input.subarray(0, buffer.length);
        buffer.set(part);
        input = input.subarray(part.length);
        return part.length;
      },
      poll: () => ({ ready: true, bytes: input.length, hangup: input.length === 0 && !asks }),
    }),
    stdout: createStreamFile({ type: "fifo", write: write("stdout") }),
    stderr: createStreamFile({ type: "fifo", write: write("stderr") }),
    begin({ stdin, stream = false, keepOutput = true }) {
      asks = stdin === "ask";
      // What was typed ahead for one run is there for the next; a text belongs to its run alone.
      if (!asks) input = typeof stdin === "object" ? new TextEncoder().encode(stdin.text) : new Uint8Array(0);
      streams = stream;
      keeps = keepOutput;
      gathered.take();
      written = 0;
      refused = false;
    },
    isLimited: () => refused,
    takeOutput: gathered.take,
  };
}
