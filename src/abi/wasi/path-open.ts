import { ErrnoError } from "../../errno.js";
import { applicableRights } from "./descriptors.js";
import type { WasiContext } from "./host.js";
import {
  allFdFlags,
  allOpenFlags,
  beneath,
  fdFlags,
  openFlags,
  readLookupFlags,
  readPath,
  syncFlags,
} from "./layout.js";
import { decodeRights, rights } from "./rights.js";

/** Opening (`wasi_snapshot_preview1.witx`: `path_open`). */
export function pathOpenFunctions({ descriptors, host, memory }: WasiContext) {
  return {
    /**
     * `path_open(fd, dirflags, path, path_len, oflags, fs_rights_base, fs_rights_inheriting, fdflags, opened_fd)`.
     *
     * Whether the file is opened for reading or writing follows from the rights `fd_read` and `fd_write`. Rights that
     * mean nothing for the kind of file are left out of what is granted; rights that the directory cannot pass on
     * fail with `ENOTCAPABLE`.
     *
     * Also `EBADF`, `ENOTDIR` (`fd`, or with the flag `directory` the path, is no directory), `EPERM` (the path leaves
     * the directory), `ENOENT`, `EEXIST`, `EISDIR` (a directory, for writing), `ELOOP`, `EROFS`, `EINVAL` (unknown
     * or contradictory flags), `EMFILE`, `ENAMETOOLONG`, `EILSEQ`, `EFAULT`.
     */
    path_open(
      fd: number,
      lookupFlags: number,
      pathPointer: number,
      pathLength: number,
      oflags: number,
      rightsBase: bigint,
      rightsInheriting: bigint,
      fdflags: number,
      openedFd: number,
    ): void {
      const directory = descriptors.directory(fd, "path_open");
      if ((oflags & openFlags.creat) !== 0) descriptors.permitted(fd, "path_create_file");
      if ((oflags & openFlags.trunc) !== 0) descriptors.permitted(fd, "path_filestat_set_size");
      const base = decodeRights(rightsBase);
      const inheriting = decodeRights(rightsInheriting);
      if (((base | inheriting) & ~directory.inheriting) !== 0) throw new ErrnoError("ENOTCAPABLE");
      if ((oflags & ~allOpenFlags) !== 0 || (fdflags & ~allFdFlags) !== 0) throw new ErrnoError("EINVAL");
      if ((oflags & openFlags.directory) !== 0 && (oflags & openFlags.creat) !== 0) {
        throw new ErrnoError("EINVAL");
      }
      const { followSymlinks } = readLookupFlags(lookupFlags);
      const path = readPath(memory, pathPointer, pathLength);
      memory.check(openedFd, 4);
      descriptors.checkRoom();

      const write = (base & rights.fd_write) !== 0 || (oflags & openFlags.trunc) !== 0;
      const append = (fdflags & fdFlags.append) !== 0;
      const file = host.fileSystem.open(
        path,
        {
          // With neither right a file is still to be opened, if only to look at its metadata.
          read: (base & rights.fd_read) !== 0 || !write,
          write,
          // To the file system appending is a way of writing; here it is a flag, which needs no right to write.
          append: append && write,
          create: (oflags & openFlags.creat) !== 0,
          exclusive: (oflags & openFlags.excl) !== 0,
          truncate: (oflags & openFlags.trunc) !== 0,
          directory: (oflags & openFlags.directory) !== 0,
          nonBlocking: (fdflags & fdFlags.nonblock) !== 0,
          sync: (fdflags & syncFlags) !== 0,
          followSymlinks,
        },
        beneath(directory),
      );
      file.append = append;
      const opened = descriptors.add({
        file,
        base: base & applicableRights(file),
        inheriting: file.type === "directory" ? inheriting : 0,
        syncFlags: fdflags & syncFlags,
      });
      memory.setU32(openedFd, opened);
    },
  };
}
