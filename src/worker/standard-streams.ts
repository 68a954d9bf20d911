import { fstatSync, readSync, type Stats, statSync, writeSync } from "node:fs";
import { ErrnoError } from "../errno.js";
import { GuestExit } from "../guest-end.js";
import { createStreamFile } from "../vfs/stream-file.js";
import type { FileType, OpenFile } from "../vfs/types.js";

/** A pipe or terminal that another program made non-blocking is tried again after this long. */
const retryMs = 5;
/** What a shell reports for a program that SIGPIPE ended: 128 + 13. */
const brokenPipeCode = 141;

export interface StandardStreams {
  readonly stdin: OpenFile;
  readonly stdout: OpenFile;
  readonly stderr: OpenFile;
}

/** The process's standard streams as the guest's. */
export async function openStandardStreams(): Promise<StandardStreams> {
  const devices = [0, 1, 2].map((descriptor) => characterDevice(() => fstatSync(descriptor)));
  // Loading `node:tty` takes longer than all else here, so it is loaded only if one of them can be a terminal.
  // Programs that start others often give them the null device.
  const nullDevice = characterDevice(() => statSync("/dev/null"));
  const canBeTerminal = devices.some((device) => device !== undefined && device !== nullDevice);
  const isTerminal = canBeTerminal ? (await import("node:tty")).isatty : () => false;
  const kind = (descriptor: 0 | 1 | 2) => ({
    terminal: isTerminal(descriptor),
    // A redirection to or from a file is a stream to the guest as well: it cannot seek in it.
    type: devices[descriptor] === undefined ? ("fifo" as const) : ("character" as const),
  });
  return {
    stdin: openInput(kind(0)),
    stdout: createStreamFile({ ...kind(1), write: (bytes) => writeFully(1, bytes) }),
    stderr: createStreamFile({ ...kind(2), write: (bytes) => writeFully(2, bytes) }),
  };
}

/** A read waits for input, and blocks this thread. A descriptor that is closed, as daemons have it, is at its end. */
function openInput(kind: { readonly terminal: boolean; readonly type: FileType }): OpenFile {
  const file: OpenFile = createStreamFile({
    ...kind,
    read(buffer) {
      for (;;) {
        try {
          return readSync(0, buffer);
        } catch (error) {
          const code = codeOf(error);
          // Windows reports the end of a pipe as an error.
          if (code === "EOF" || code === "EBADF") return 0;
          if (code === "EISDIR") throw new ErrnoError("EISDIR");
          if (code !== "EAGAIN" && code !== "EINTR") throw new ErrnoError("EIO", undefined, { cause: error });
          if (file.nonBlocking) throw new ErrnoError("EAGAIN");
          nap();
        }
      }
    },
  });
  return file;
}

/** If nobody reads any more the guest ends, as SIGPIPE would have ended it: a `GuestExit`. */
function writeFully(descriptor: 1 | 2, bytes: Uint8Array): number {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      const code = codeOf(error);
      if (code === "EPIPE") throw new GuestExit(brokenPipeCode);
      if (code === "ENOSPC" || code === "EFBIG" || code === "EBADF") throw new ErrnoError(code);
      if (code !== "EAGAIN" && code !== "EINTR") throw new ErrnoError("EIO", undefined, { cause: error });
      nap();
    }
  }
  return bytes.length;
}

/** The number of a character device; undefined for any other file and for none. */
function characterDevice(stat: () => Stats): number | undefined {
  try {
    const stats = stat();
    return stats.isCharacterDevice() ? stats.rdev : undefined;
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function nap(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
}
