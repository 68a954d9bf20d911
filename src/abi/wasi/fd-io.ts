import { ErrnoError } from "../../errno.js";
import type { WasiContext } from "./host.js";
import { readFileSize } from "./layout.js";

const whences = ["start", "current", "end"] as const;

/** Reading, writing and seeking (`wasi_snapshot_preview1.witx`: `fd_read` and its kin). */
export function fdIoFunctions({ descriptors, memory }: WasiContext) {
  return {
    /**
     * `fd_read(fd, iovs, iovs_len, nread)`: reads at the descriptor's position; 0 bytes is the end. On a stream it
     * returns what is at hand rather than wait for more. `EBADF`, `EISDIR`, `EINVAL` (more than 1,024 buffers),
     * `EFAULT`, `EAGAIN` (nothing at hand, and the descriptor does not block).
     */
    fd_read(fd: number, list: number, count: number, nread: number): void {
      const { file } = descriptors.permitted(fd, "fd_read");
      memory.check(nread, 4);
      const moved = memory.transfer(list, count, file.type !== "file", (buffer) => file.read(buffer));
      memory.setU32(nread, moved);
    },

    /** `fd_pread(fd, iovs, iovs_len, offset, nread)`: as `fd_read`, at an offset. Also `ESPIPE`, `EFBIG`, `ENOTCAPABLE`. */
    fd_pread(fd: number, list: number, count: number, offset: bigint, nread: number): void {
      const { file } = descriptors.permitted(fd, "fd_read");
      descriptors.permitted(fd, "fd_seek");
      memory.check(nread, 4);
      let position = readFileSize(offset);
      const moved = memory.transfer(list, count, false, (buffer) => {
        const part = file.read(buffer, position);
        position += part;
        return part;
      });
      memory.setU32(nread, moved);
    },

    /**
     * `fd_write(fd, iovs, iovs_len, nwritten)`: writes at the descriptor's position, or at the end with the flag
     * `append`. `EBADF`, `EISDIR`, `EINVAL` (more than 1,024 buffers), `EFAULT`, `EAGAIN`, `EPIPE`, `ENOSPC`, `EFBIG`.
     */
    fd_write(fd: number, list: number, count: number, nwritten: number): void {
      const { file } = descriptors.permitted(fd, "fd_write");
      memory.check(nwritten, 4);
      const moved = memory.transfer(list, count, false, (buffer) => file.write(buffer));
      memory.setU32(nwritten, moved);
    },

    /** `fd_pwrite(fd, iovs, iovs_len, offset, nwritten)`: as `fd_write`, at an offset. Also `ESPIPE`, `ENOTCAPABLE`. */
    fd_pwrite(fd: number, list: number, count: number, offset: bigint, nwritten: number): void {
      const { file } = descriptors.permitted(fd, "fd_write");
      descriptors.permitted(fd, "fd_seek");
      memory.check(nwritten, 4);
      let position = readFileSize(offset);
      const moved = memory.transfer(list, count, false, (buffer) => {
        const part = file.write(buffer, position);
        position += part;
        return part;
      });
      memory.setU32(nwritten, moved);
    },

    /**
     * `fd_seek(fd, offset, whence, newoffset)`: moves the position. `EBADF`, `EISDIR`, `ESPIPE` (a stream),
     * `EINVAL` (unknown whence, or before the beginning), `EFBIG`, `ENOTCAPABLE`, `EFAULT`.
     */
    fd_seek(fd: number, offset: bigint, whence: number, newOffset: number): void {
      const { file } = descriptors.permitted(fd, "fd_seek");
      const from = whences[whence];
      const distance = Number(offset);
      if (from === undefined) throw new ErrnoError("EINVAL");
      if (!Number.isSafeInteger(distance)) throw new ErrnoError(distance < 0 ? "EINVAL" : "EFBIG");
      memory.check(newOffset, 8);
      memory.setU64(newOffset, BigInt(file.seek(distance, from)));
    },

    /** `fd_tell(fd, offset)`: the position. `EBADF`, `EISDIR`, `ESPIPE`, `ENOTCAPABLE`, `EFAULT`. */
    fd_tell(fd: number, offset: number): void {
      const { file } = descriptors.permitted(fd, "fd_tell");
      memory.check(offset, 8);
      memory.setU64(offset, BigInt(file.seek(0, "current")));
    },
  };
}
