import { ErrnoError } from "../../errno.js";
import { encodePath } from "../../path-bytes.js";
import type { WasiContext } from "./host.js";
import {
  beneath,
  filestatBytes,
  readLookupFlags,
  readPath,
  readTimeChange,
  writeFilestat,
} from "./layout.js";

/**
 * Names in directories (`wasi_snapshot_preview1.witx`: `path_*`, apart from `path_open`).
 *
 * All of them give `EBADF`, `ENOTDIR` (the descriptor is no directory), `ENOTCAPABLE`, `EPERM` (the path leaves the
 * directory), `ENOENT`, `EROFS`, `ELOOP`, `ENAMETOOLONG`, `EILSEQ` (a new name that is not UTF-8, in memory), `EINVAL` (a zero byte in the path,
 * unknown flags) and `EFAULT`; what is particular to a call stands with it.
 */
export function pathFunctions({ descriptors, host: { fileSystem }, memory }: WasiContext) {
  return {
    /** `path_create_directory(fd, path, path_len)`. `EEXIST`. */
    path_create_directory(fd: number, pathPointer: number, pathLength: number): void {
      const directory = descriptors.directory(fd, "path_create_directory");
      fileSystem.makeDirectory(readPath(memory, pathPointer, pathLength), undefined, beneath(directory));
    },

    /** `path_filestat_get(fd, flags, path, path_len, buf)`. */
    path_filestat_get(
      fd: number,
      flags: number,
      pathPointer: number,
      pathLength: number,
      pointer: number,
    ): void {
      const directory = descriptors.directory(fd, "path_filestat_get");
      const options = readLookupFlags(flags);
      const path = readPath(memory, pathPointer, pathLength);
      memory.check(pointer, filestatBytes);
      writeFilestat(memory, pointer, fileSystem.stat(path, options, beneath(directory)));
    },

    /** `path_filestat_set_times(fd, flags, path, path_len, atim, mtim, fst_flags)`. `EINVAL` (contradictory flags). */
    path_filestat_set_times(
      fd: number,
      flags: number,
      pathPointer: number,
      pathLength: number,
      accessTimeNs: bigint,
      modifyTimeNs: bigint,
      timeFlags: number,
    ): void {
      const directory = descriptors.directory(fd, "path_filestat_set_times");
      const options = readLookupFlags(flags);
      const change = readTimeChange(accessTimeNs, modifyTimeNs, timeFlags);
      const path = readPath(memory, pathPointer, pathLength);
      fileSystem.setTimes(path, change, options, beneath(directory));
    },

    /**
     * `path_link(old_fd, old_flags, old_path, old_path_len, new_fd, new_path, new_path_len)`: a hard link. `EEXIST`,
     * `EXDEV`, `EPERM` (of a directory).
     */
    path_link(
      oldFd: number,
      oldFlags: number,
      oldPointer: number,
      oldLength: number,
      newFd: number,
      newPointer: number,
      newLength: number,
    ): void {
      const from = descriptors.directory(oldFd, "path_link_source");
      const to = descriptors.directory(newFd, "path_link_target");
      const options = readLookupFlags(oldFlags);
      const oldPath = readPath(memory, oldPointer, oldLength);
      const newPath = readPath(memory, newPointer, newLength);
      fileSystem.link(oldPath, newPath, options, beneath(from), beneath(to));
    },

    /**
     * `path_readlink(fd, path, path_len, buf, buf_len, bufused)`: a symbolic link's target, cut off to the buffer,
     * without a terminating zero. `EINVAL` (no link).
     */
    path_readlink(
      fd: number,
      pathPointer: number,
      pathLength: number,
      buffer: number,
      length: number,
      bufused: number,
    ): void {
      const directory = descriptors.directory(fd, "path_readlink");
      const path = readPath(memory, pathPointer, pathLength);
      const out = memory.bytes(buffer, length);
      memory.check(bufused, 4);
      const target = encodePath(fileSystem.readLink(path, beneath(directory)));
      const part = target.subarray(0, out.length);
      out.set(part);
      memory.setU32(bufused, part.length);
    },

    /** `path_remove_directory(fd, path, path_len)`. `ENOTDIR`, `ENOTEMPTY`, `EBUSY`. */
    path_remove_directory(fd: number, pathPointer: number, pathLength: number): void {
      const directory = descriptors.directory(fd, "path_remove_directory");
      fileSystem.removeDirectory(readPath(memory, pathPointer, pathLength), beneath(directory));
    },

    /** `path_rename(fd, old_path, old_path_len, new_fd, new_path, new_path_len)`. `EXDEV`, `ENOTEMPTY`, `EISDIR`, `ENOTDIR`. */
    path_rename(
      oldFd: number,
      oldPointer: number,
      oldLength: number,
      newFd: number,
      newPointer: number,
      newLength: number,
    ): void {
      const from = descriptors.directory(oldFd, "path_rename_source");
      const to = descriptors.directory(newFd, "path_rename_target");
      const oldPath = readPath(memory, oldPointer, oldLength);
      const newPath = readPath(memory, newPointer, newLength);
      fileSystem.rename(oldPath, newPath, beneath(from), beneath(to));
    },

    /**
     * `path_symlink(old_path, old_path_len, fd, new_path, new_path_len)`: `old_path` is the target. `EPERM` if it is
     * absolute: no guest could follow such a link, but a program of the host's that looks into a mount would.
     * `EEXIST`.
     */
    path_symlink(
      targetPointer: number,
      targetLength: number,
      fd: number,
      pathPointer: number,
      pathLength: number,
    ): void {
      const directory = descriptors.directory(fd, "path_symlink");
      const target = readPath(memory, targetPointer, targetLength);
      const path = readPath(memory, pathPointer, pathLength);
      if (target.startsWith("/")) throw new ErrnoError("EPERM");
      fileSystem.symlink(target, path, beneath(directory));
    },

    /** `path_unlink_file(fd, path, path_len)`. `EISDIR`. */
    path_unlink_file(fd: number, pathPointer: number, pathLength: number): void {
      const directory = descriptors.directory(fd, "path_unlink_file");
      fileSystem.unlink(readPath(memory, pathPointer, pathLength), beneath(directory));
    },
  };
}
