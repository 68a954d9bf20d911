import { ErrnoError } from "../../errno.js";
import type { WasiContext } from "./host.js";
import {
  allFdFlags,
  fdFlags,
  filestatBytes,
  fileTypeNumber,
  readFileSize,
  readTimeChange,
  syncFlags,
  writeFilestat,
} from "./layout.js";
import { decodeRights } from "./rights.js";

const fdstatBytes = 24;
const lastAdvice = 5;

/** A descriptor's flags, rights, metadata and storage (`wasi_snapshot_preview1.witx`: `fd_fdstat_*`, `fd_filestat_*` …). */
export function fdStatusFunctions({ descriptors, memory }: WasiContext) {
  return {
    /** `fd_fdstat_get(fd, stat)`: file type, flags, rights, inheriting rights. `EBADF`, `EFAULT`. */
    fd_fdstat_get(fd: number, pointer: number): void {
      const { file, base, inheriting, syncFlags: sync } = descriptors.get(fd);
      const at = memory.check(pointer, fdstatBytes);
      const flags = (file.append ? fdFlags.append : 0) | (file.nonBlocking ? fdFlags.nonblock : 0) | sync;
      memory.setU64(at, 0n);
      memory.setU8(at, fileTypeNumber(file.type));
      memory.setU16(at + 2, flags);
      memory.setU64(at + 8, BigInt(base));
      memory.setU64(at + 16, BigInt(inheriting));
    },

    /**
     * `fd_fdstat_set_flags(fd, flags)`: sets `append` and `nonblock`. The flags for synchronous writing stay as the
     * file was opened: `ENOTSUP` if they would change. `EBADF`, `EINVAL` (unknown flags), `ENOTCAPABLE`.
     */
    fd_fdstat_set_flags(fd: number, flags: number): void {
      const { file, syncFlags: sync } = descriptors.permitted(fd, "fd_fdstat_set_flags");
      if ((flags & ~allFdFlags) !== 0) throw new ErrnoError("EINVAL");
      if ((flags & syncFlags) !== sync) throw new ErrnoError("ENOTSUP");
      file.append = (flags & fdFlags.append) !== 0;
      file.nonBlocking = (flags & fdFlags.nonblock) !== 0;
    },

    /** `fd_fdstat_set_rights(fd, base, inheriting)`: gives rights away for good. `EBADF`, `ENOTCAPABLE` (would add one). */
    fd_fdstat_set_rights(fd: number, base: bigint, inheriting: bigint): void {
      const descriptor = descriptors.get(fd);
      const newBase = decodeRights(base);
      const newInheriting = decodeRights(inheriting);
      if ((newBase & ~descriptor.base) !== 0 || (newInheriting & ~descriptor.inheriting) !== 0) {
        throw new ErrnoError("ENOTCAPABLE");
      }
      descriptor.base = newBase;
      descriptor.inheriting = newInheriting;
    },

    /** `fd_filestat_get(fd, buf)`: the file's metadata. `EBADF`, `ENOTCAPABLE`, `EFAULT`. */
    fd_filestat_get(fd: number, pointer: number): void {
      const { file } = descriptors.permitted(fd, "fd_filestat_get");
      memory.check(pointer, filestatBytes);
      writeFilestat(memory, pointer, file.stat());
    },

    /**
     * `fd_filestat_set_size(fd, size)`: cuts the file or fills it with zeros. `EBADF`, `EISDIR`, `EINVAL` (no file,
     * or not open for writing), `EFBIG`, `ENOSPC`, `ENOTCAPABLE`.
     */
    fd_filestat_set_size(fd: number, size: bigint): void {
      const { file } = descriptors.permitted(fd, "fd_filestat_set_size");
      file.truncate(readFileSize(size));
    },

    /** `fd_filestat_set_times(fd, atim, mtim, fst_flags)`. `EBADF`, `EINVAL` (contradictory or unknown flags), `ENOTCAPABLE`. */
    fd_filestat_set_times(fd: number, accessTimeNs: bigint, modifyTimeNs: bigint, flags: number): void {
      const { file } = descriptors.permitted(fd, "fd_filestat_set_times");
      file.setTimes(readTimeChange(accessTimeNs, modifyTimeNs, flags));
    },

    /** `fd_advise(fd, offset, len, advice)`: has no effect beyond its checks. `EBADF`, `EINVAL`, `ESPIPE`, `ENOTCAPABLE`. */
    fd_advise(fd: number, _offset: bigint, _length: bigint, advice: number): void {
      const { file } = descriptors.get(fd);
      if (file.type !== "file" && file.type !== "directory") throw new ErrnoError("ESPIPE");
      descriptors.permitted(fd, "fd_advise");
      if (advice >>> 0 > lastAdvice) throw new ErrnoError("EINVAL");
    },

    /**
     * `fd_allocate(fd, offset, len)`: makes sure of storage, growing the file if need be. `EBADF`, `EISDIR`, `EINVAL`
     * (length 0), `EFBIG`, `ENOSPC`, `ENOTCAPABLE`.
     */
    fd_allocate(fd: number, offset: bigint, length: bigint): void {
      const { file } = descriptors.permitted(fd, "fd_allocate");
      const start = readFileSize(offset);
      const size = readFileSize(length);
      if (size === 0) throw new ErrnoError("EINVAL");
      if (!Number.isSafeInteger(start + size)) throw new ErrnoError("EFBIG");
      file.allocate(start, size);
    },

    /** `fd_datasync(fd)`: the file's content is stored when it returns. `EBADF`, `EINVAL` (a stream), `ENOTCAPABLE`. */
    fd_datasync(fd: number): void {
      descriptors.permitted(fd, "fd_datasync").file.sync(true);
    },

    /** `fd_sync(fd)`: as `fd_datasync`, for content and metadata. */
    fd_sync(fd: number): void {
      descriptors.permitted(fd, "fd_sync").file.sync(false);
    },

    /** `fd_close(fd)`. Preopened directories and the standard streams may be closed as well. `EBADF`. */
    fd_close(fd: number): void {
      descriptors.close(fd);
    },

    /** `fd_renumber(fd, to)`: `to`, which must be open, becomes `fd`, and `fd` is open no longer. `EBADF`. */
    fd_renumber(fd: number, to: number): void {
      descriptors.renumber(fd, to);
    },
  };
}
