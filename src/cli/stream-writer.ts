import type { Writable } from "node:stream";

/** The exit code when nobody reads what we write: as a shell reports a program that SIGPIPE has ended. */
export const noReaderCode = 141;

/** Writes to a stream, in order, and knows how much of it waits for a reader. */
export interface StreamWriter {
  /** Resolves when the system has taken the text, or when nobody can take anything any more. */
  write(text: string): Promise<void>;
  /** Resolves when so little waits that more may be made; at the latest when the signal is aborted. */
  room(signal: AbortSignal): Promise<void>;
  /** Resolves, with the reason, once the stream cannot be written to. What is written then is dropped. */
  readonly broken: Promise<NodeJS.ErrnoException>;
}

/** @param maxWaitingBytes There is room while no more than this waits. */
export function createStreamWriter(stream: Writable, maxWaitingBytes = 0): StreamWriter {
  let waitingBytes = 0;
  let isBroken = false;
  const unwritten = new Set<() => void>();
  const wantRoom = new Set<() => void>();

  let tellBroken: (reason: NodeJS.ErrnoException) => void = () => {};
  const broken = new Promise<NodeJS.ErrnoException>((resolve) => {
    tellBroken = resolve;
  });
  const giveUp = (reason: NodeJS.ErrnoException) => {
    isBroken = true;
    tellBroken(reason);
    for (const done of [...unwritten, ...wantRoom]) done();
  };
  stream.on("error", giveUp);

  return {
    broken,
    async write(text) {
      if (isBroken) return;
      const bytes = Buffer.from(text);
      waitingBytes += bytes.length;
      await new Promise<void>((resolve) => {
        const done = () => {
          if (!unwritten.delete(done)) return;
          waitingBytes -= bytes.length;
          if (waitingBytes <= maxWaitingBytes) for (const ready of wantRoom) ready();
          resolve();
        };
        unwritten.add(done);
        try {
          stream.write(bytes, (error) => (error ? giveUp(error) : done()));
        } catch (error) {
          // Files are written at once, and some versions of Node.js throw what goes wrong there.
          giveUp(error as NodeJS.ErrnoException);
        }
      });
    },
    async room(signal) {
      if (isBroken || signal.aborted || waitingBytes <= maxWaitingBytes) return;
      await new Promise<void>((resolve) => {
        const ready = () => {
          wantRoom.delete(ready);
          signal.removeEventListener("abort", ready);
          resolve();
        };
        wantRoom.add(ready);
        signal.addEventListener("abort", ready);
      });
    },
  };
}

/** Nobody reads the stream any more; it has no other fault. */
export function isReaderGone({ code }: NodeJS.ErrnoException): boolean {
  return code === "EPIPE" || code === "ECONNRESET";
}
