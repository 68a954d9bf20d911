import { ErrnoError } from "../../errno.js";
import type { OpenFile } from "../../vfs/types.js";
import { directoryRights, fileRights, type Right, rights, terminalRights } from "./rights.js";

/** Enough for any program, and a bound on what the guest can make the host hold open. */
const maxDescriptors = 1024;

/** What a guest's descriptor number stands for. */
export interface Descriptor {
  readonly file: OpenFile;
  /** Rights to the descriptor itself. */
  base: number;
  /** The most that may be given to descriptors opened through this one. */
  inheriting: number;
  /** `dsync`, `rsync` and `sync` of `fdflags` as the file was opened; they do not change. */
  readonly syncFlags: number;
  /** The guest path under which it was preopened. */
  readonly preopen?: Uint8Array;
  /** The host keeps the file when the guest closes its descriptor. */
  readonly borrowed?: boolean;
}

/** The most that can be done with a file of this kind, whatever is asked for. */
export function applicableRights(file: OpenFile): number {
  if (file.type === "directory") return directoryRights;
  let possible: number = file.terminal ? terminalRights : fileRights;
  if (!file.readable) possible &= ~rights.fd_read;
  if (!file.writable) possible &= ~(rights.fd_write | rights.fd_allocate);
  return possible;
}

/** A guest's descriptors: small numbers, the lowest free one first. */
export class Descriptors {
  readonly #entries: Array<Descriptor | undefined> = [];

  /** `EBADF` if it is not open. */
  get(fd: number): Descriptor {
    const descriptor = this.#entries[fd];
    if (descriptor === undefined) throw new ErrnoError("EBADF");
    return descriptor;
  }

  /**
   * A descriptor that may do this. `EBADF` if it is not open, or was not opened for reading or writing as asked;
   * `EISDIR` if only files can do it and this is a directory; `ENOTCAPABLE` if the right was given away.
   */
  permitted(fd: number, right: Right): Descriptor {
    const descriptor = this.get(fd);
    const bit = rights[right];
    if ((descriptor.base & bit) === bit) return descriptor;
    if (descriptor.file.type === "directory" && (directoryRights & bit) === 0) throw new ErrnoError("EISDIR");
    if (bit === rights.fd_read || bit === rights.fd_write) throw new ErrnoError("EBADF");
    if (descriptor.file.terminal && (bit === rights.fd_seek || bit === rights.fd_tell)) {
      throw new ErrnoError("ESPIPE");
    }
    throw new ErrnoError("ENOTCAPABLE");
  }

  /** As `permitted`, for the calls that work on a directory: `ENOTDIR` for anything else. */
  directory(fd: number, right: Right): Descriptor {
    if (this.get(fd).file.type !== "directory") throw new ErrnoError("ENOTDIR");
    return this.permitted(fd, right);
  }

  /** Fails with `EMFILE` if no further descriptor can be had; ask before opening what is to be added. */
  checkRoom(): void {
    if (this.#lowestFree() >= maxDescriptors) throw new ErrnoError("EMFILE");
  }

  /** Takes over the file and gives it the lowest free number. */
  add(descriptor: Descriptor): number {
    const fd = this.#lowestFree();
    this.#entries[fd] = descriptor;
    return fd;
  }

  /** Takes over the file at a number that is free. */
  addAt(fd: number, descriptor: Descriptor): void {
    this.#entries[fd] = descriptor;
  }

  /** `EBADF` if it is not open. */
  close(fd: number): void {
    const descriptor = this.get(fd);
    this.#entries[fd] = undefined;
    if (descriptor.borrowed !== true) descriptor.file.close();
  }

  /** Makes `from` the number `to`, which must be open and is closed. `EBADF` unless both are open. */
  renumber(from: number, to: number): void {
    const descriptor = this.get(from);
    this.get(to);
    if (from === to) return;
    this.close(to);
    this.#entries[to] = descriptor;
    this.#entries[from] = undefined;
  }

  closeAll(): void {
    for (const fd of this.#entries.keys()) {
      if (this.#entries[fd] !== undefined) this.close(fd);
    }
  }

  #lowestFree(): number {
    let fd = 0;
    while (this.#entries[fd] !== undefined) fd++;
    return fd;
  }
}
