import { ErrnoError } from "../errno.js";
import type { DirectoryEntry, FileStat, OpenFile, OpenOptions, TimeChange } from "./types.js";

/** The bytes of one open file, addressed by offset. Offsets and sizes are safe integers, never negative. */
export interface Content {
  stat(): FileStat;
  size(): number;
  readAt(buffer: Uint8Array, offset: number): number;
  writeAt(bytes: Uint8Array, offset: number): number;
  /** Writes at the end, wherever that is by then. */
  append(bytes: Uint8Array): number;
  truncate(size: number): void;
  allocate(offset: number, length: number): void;
  sync(dataOnly: boolean): void;
  setTimes(change: TimeChange): void;
  setMode(mode: number): void;
  /** Called once. Never throws. */
  close(): void;
}

/** The open file description of a regular file, the same on every volume. */
export class RegularFile implements OpenFile {
  readonly type = "file";
  readonly terminal = false;
  readonly readable: boolean;
  readonly writable: boolean;
  append: boolean;
  nonBlocking: boolean;
  readonly #content: Content;
  #position = 0;

  constructor(content: Content, options: OpenOptions) {
    this.#content = content;
    this.readable = options.read === true;
    this.writable = options.write === true || options.append === true;
    this.append = options.append === true;
    this.nonBlocking = options.nonBlocking === true;
  }

  /** What it stands on. */
  get content(): Content {
    return this.#content;
  }

  /** Where the next read or write without a position of its own takes place, in bytes. */
  get position(): number {
    return this.#position;
  }

  stat(): FileStat {
    return this.#content.stat();
  }

  read(buffer: Uint8Array, position?: number): number {
    if (!this.readable) throw new ErrnoError("EBADF", "not open for reading");
    if (position !== undefined) return this.#content.readAt(buffer, checkOffset(position));
    const count = this.#content.readAt(buffer, this.#position);
    this.#position += count;
    return count;
  }

  write(buffer: Uint8Array, position?: number): number {
    if (!this.writable) throw new ErrnoError("EBADF", "not open for writing");
    if (position !== undefined) checkOffset(position);
    if (this.append) {
      const count = this.#content.append(buffer);
      if (position === undefined && count > 0) this.#position = this.#content.size();
      return count;
    }
    if (position !== undefined) return this.#content.writeAt(buffer, position);
    const count = this.#content.writeAt(buffer, this.#position);
    this.#position += count;
    return count;
  }

  seek(offset: number, from: "start" | "current" | "end"): number {
    const start = from === "start" ? 0 : from === "current" ? this.#position : this.#content.size();
    this.#position = checkOffset(start + offset);
    return this.#position;
  }

  truncate(size: number): void {
    if (!this.writable) throw new ErrnoError("EINVAL", "not open for writing");
    this.#content.truncate(checkOffset(size));
  }

  allocate(offset: number, length: number): void {
    if (!this.writable) throw new ErrnoError("EBADF", "not open for writing");
    if (checkOffset(length) === 0) throw new ErrnoError("EINVAL", "nothing to allocate");
    if (!Number.isSafeInteger(checkOffset(offset) + length)) throw new ErrnoError("EFBIG");
    this.#content.allocate(offset, length);
  }

  sync(dataOnly: boolean): void {
    this.#content.sync(dataOnly);
  }

  setTimes(change: TimeChange): void {
    this.#content.setTimes(change);
  }

  setMode(mode: number): void {
    this.#content.setMode(mode);
  }

  readDirectory(): DirectoryEntry[] {
    throw new ErrnoError("ENOTDIR");
  }

  poll(direction: "read" | "write") {
    const bytes = direction === "write" ? 0 : Math.max(0, this.#content.size() - this.#position);
    return { ready: true, bytes, hangup: false };
  }

  close(): void {
    this.#content.close();
  }
}

/** `EINVAL` for what is no offset: negative, not whole, or beyond 2^53. */
export function checkOffset(offset: number): number {
  if (!Number.isSafeInteger(offset) || offset < 0) throw new ErrnoError("EINVAL", "not an offset");
  return offset;
}
