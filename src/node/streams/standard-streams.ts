import { fstatSync, readSync, type Stats, statSync } from "node:fs";
import type { StandardStreams, StreamsOwner } from "../../engine/platform.js";
import { ErrnoError } from "../../errno.js";
import { GuestExit, signalExitCodes } from "../../guest-end.js";
import type { TerminalState } from "../../terminal/changes.js";
import { createStreamFile } from "../../vfs/stream-file.js";
import type { FileType, OpenFile } from "../../vfs/types.js";
import { openTerminalAgain, sleep, type Wait, writePatiently } from "./patient-write.js";

/** A pipe or terminal that another program made non-blocking is tried again after this long. */
const retryMs = 5;

/**
 * The process's standard streams as the guest's.
 *
 * @param maxOutputBytes The most output of each stream, so that an error can still be told; a write that goes over it
 *   fails with `EFBIG`. Default: no limit.
 * @param owner Default: there is none, so input is read here, and nothing can interrupt that, nor a write.
 * @param terminalState Where it is kept what the guest has changed of the terminals that its output leads to, which then
 *   get no more of it than the filter lets through. Default: they get everything.
 * @param onRefused Hears of a write that has failed with `EFBIG`.
 */
export async function openStandardStreams(
  maxOutputBytes = Number.POSITIVE_INFINITY,
  owner?: StreamsOwner,
  terminalState?: TerminalState,
  onRefused: () => void = () => {},
): Promise<StandardStreams> {
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
  const restorers: Array<() => void> = [];
  /** What writes to each terminal, by its device. */
  const terminals = new Map<number, (bytes: Uint8Array) => void>();
  let isLimited = false;
  const output = async (descriptor: 1 | 2) => {
    const target = owner !== undefined && isTerminal(descriptor) ? openTerminalAgain(descriptor) : descriptor;
    let put = (bytes: Uint8Array) => write(target, bytes, owner?.wait ?? sleep);
    if (terminalState !== undefined && isTerminal(descriptor)) {
      const { createTerminalOutput, createTerminalWriter } = await import("./terminal-output.js");
      const device = devices[descriptor] as number;
      const writer = terminals.get(device) ?? createTerminalWriter(put);
      terminals.set(device, writer);
      const terminal = createTerminalOutput(descriptor, terminalState, writer);
      put = terminal.write;
      restorers.push(terminal.restore);
    }
    let written = 0;
    return (bytes: Uint8Array) => {
      const room = maxOutputBytes - written;
      if (room <= 0 && bytes.length > 0) {
        isLimited = true;
        onRefused();
        throw new ErrnoError("EFBIG", "the output limit is reached");
      }
      const count = put(bytes.subarray(0, room));
      written += count;
      return count;
    };
  };
  return {
    stdin: owner === undefined ? openInput(kind(0)) : openAskedInput(kind(0), owner.ask),
    stdout: createStreamFile({ ...kind(1), write: await output(1) }),
    stderr: createStreamFile({ ...kind(2), write: await output(2) }),
    restore() {
      for (const restore of restorers) restore();
    },
    isLimited: () => isLimited,
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
          sleep(retryMs);
        }
      }
    },
  });
  return file;
}

/** Input that another thread reads, so that a guest which waits for it can be interrupted. */
function openAskedInput(
  kind: { readonly terminal: boolean; readonly type: FileType },
  ask: () => Uint8Array | undefined,
): OpenFile {
  let input = new Uint8Array(0);
  return createStreamFile({
    ...kind,
    read(buffer) {
      if (input.length === 0) {
        const more = ask();
        if (more === undefined) throw new ErrnoError("EINTR");
        input = more as Uint8Array<ArrayBuffer>;
      }
      const part = input.subarray(0, buffer.length);
      buffer.set(part);
      input = input.subarray(part.length);
      return part.length;
    },
  });
}

/** If nobody reads any more the guest ends, as SIGPIPE would have ended it: a `GuestExit`. */
function write(descriptor: number, bytes: Uint8Array, wait: Wait): number {
  try {
    return writePatiently(descriptor, bytes, wait);
  } catch (error) {
    if (error instanceof ErrnoError) throw error;
    const code = codeOf(error);
    if (code === "EPIPE") throw new GuestExit(signalExitCodes.brokenPipe);
    if (code === "ENOSPC" || code === "EFBIG" || code === "EBADF") throw new ErrnoError(code);
    throw new ErrnoError("EIO", undefined, { cause: error });
  }
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
