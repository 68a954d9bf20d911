import { fstatSync, writeSync } from "node:fs";
import { Writable } from "node:stream";
import { signalExitCodes } from "../guest-end.js";
import { openTerminalAgain } from "../node/streams/patient-write.js";
import type { RunSignal } from "../session/options.js";
import { tell } from "./tell.js";

/** A terminal that takes nothing is tried again after this long. */
const retryMs = 5;

/** Writes to one of this process's own streams, in order, and knows how much of it waits for a reader. */
export interface StreamWriter {
  /** Resolves when the system has taken the text, or when nobody can take anything any more. */
  write(text: string): Promise<void>;
  /** Resolves when so little waits that more may be made; at the latest when the signal is aborted. */
  room(signal: RunSignal): Promise<void>;
  /** Resolves, with the reason, once the stream cannot be written to. What is written then is dropped. */
  readonly broken: Promise<NodeJS.ErrnoException>;
}

/**
 * @param descriptor Standard output or standard error.
 * @param maxWaitingBytes There is room while no more than this waits. Default 0.
 */
export function createStreamWriter(descriptor: 1 | 2, maxWaitingBytes = 0): StreamWriter {
  const stream = streamOf(descriptor);
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
        stream.write(bytes, (error) => (error ? giveUp(error) : done()));
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

function streamOf(descriptor: 1 | 2): Writable {
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  if (stream.isTTY === true) return terminalStream(descriptor);
  if (!isFile(descriptor)) return stream;
  // As Node.js's own stream to a file, which loses what a full disk does not take of a write, without an error.
  return new Writable({
    write(bytes: Uint8Array, _encoding, done) {
      try {
        for (let written = 0; written < bytes.length; ) {
          written += writeSync(descriptor, bytes, written);
        }
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

/** Node.js's own stream to a terminal would stop this thread, time limits and all, for as long as that takes nothing. */
function terminalStream(descriptor: 1 | 2): Writable {
  const terminal = openTerminalAgain(descriptor);
  return new Writable({
    write(bytes: Uint8Array, _encoding, done) {
      let written = 0;
      const goOn = () => {
        try {
          while (written < bytes.length) written += writeSync(terminal, bytes, written);
          done();
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === "EAGAIN") setTimeout(goOn, retryMs);
          else done(error as Error);
        }
      };
      goOn();
    },
  });
}

/** Also false for one that is closed. */
function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    return false;
  }
}

/** The exit code of a command whose output cannot be written. Standard error says why, unless its reader has gone. */
export function exitCodeWithoutOutput(command: string, { code, message }: NodeJS.ErrnoException): number {
  if (code === "EPIPE" || code === "ECONNRESET") return signalExitCodes.brokenPipe;
  tell(command, `cannot write output: ${message}`);
  return 1;
}
