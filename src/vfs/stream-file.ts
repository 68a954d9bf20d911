import { ErrnoError } from "../errno.js";
import type { FileStat, FileType, OpenFile, TimeChange } from "./types.js";

export interface StreamSource {
  /** Fills the buffer and returns the number of bytes, 0 at the end. Absent: not readable. */
  read?(buffer: Uint8Array): number;
  /** Takes bytes and returns how many. The bytes are only lent: copy what is kept. Absent: not writable. */
  write?(bytes: Uint8Array): number;
  /** Default: always ready. */
  poll?(direction: "read" | "write"): { ready: boolean; bytes: number; hangup: boolean };
  close?(): void;
  /** Default false. */
  readonly terminal?: boolean;
  /** Default `character`. */
  readonly type?: FileType;
  /** Seeking works and stays at 0, as Linux has it for `/dev/null`. Default false: `ESPIPE`. */
  readonly seekable?: boolean;
  readonly nonBlocking?: boolean;
  /** Default: a character device of mode 0o620 and no times. */
  stat?(): FileStat;
  setTimes?(change: TimeChange): void;
  setMode?(mode: number): void;
}

/** An open file over callbacks, without position or length: standard input and output, pipes, devices. */
export function createStreamFile(source: StreamSource): OpenFile {
  const { type = "character", terminal = false } = source;
  return {
    type,
    terminal,
    readable: source.read !== undefined,
    writable: source.write !== undefined,
    append: false,
    nonBlocking: source.nonBlocking ?? false,
    stat: () => source.stat?.() ?? { ...unknownStat, type },
    read(buffer, position) {
      if (source.read === undefined) throw new ErrnoError("EBADF", "not open for reading");
      if (position !== undefined) checkSeekable(source);
      return buffer.length === 0 ? 0 : source.read(buffer);
    },
    write(buffer, position) {
      if (source.write === undefined) throw new ErrnoError("EBADF", "not open for writing");
      if (position !== undefined) checkSeekable(source);
      return buffer.length === 0 ? 0 : source.write(buffer);
    },
    seek() {
      checkSeekable(source);
      return 0;
    },
    truncate() {
      throw new ErrnoError("EINVAL", "a stream has no length");
    },
    allocate() {
      throw new ErrnoError(type === "fifo" ? "ESPIPE" : "ENODEV");
    },
    sync() {
      if (type !== "file") throw new ErrnoError("EINVAL", "nothing to synchronise");
    },
    setTimes(change) {
      if (source.setTimes === undefined) throw new ErrnoError("EPERM");
      source.setTimes(change);
    },
    setMode(mode) {
      if (source.setMode === undefined) throw new ErrnoError("EPERM");
      source.setMode(mode);
    },
    readDirectory() {
      throw new ErrnoError("ENOTDIR");
    },
    poll: (direction) => source.poll?.(direction) ?? { ready: true, bytes: 0, hangup: false },
    close: () => source.close?.(),
  };
}

function checkSeekable(source: StreamSource): void {
  if (source.seekable !== true) throw new ErrnoError("ESPIPE");
}

const unknownStat: FileStat = {
  device: 0n,
  inode: 0n,
  type: "character",
  mode: 0o620,
  linkCount: 1,
  size: 0,
  accessTimeNs: 0n,
  modifyTimeNs: 0n,
  changeTimeNs: 0n,
  storedBytes: 0,
};
