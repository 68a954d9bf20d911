import { ErrnoError } from "../../errno.js";
import { encodePath } from "../../path-bytes.js";
import type { DirectoryEntry } from "../../vfs/types.js";
import type { GuestMemory } from "../guest-memory.js";
import type { Descriptor } from "./descriptors.js";
import type { WasiContext } from "./host.js";
import { fileTypeNumber } from "./layout.js";

const prestatBytes = 8;
const preopenTypeDir = 0;
const direntBytes = 24;
/** Entries asked for at a time, so that a large buffer does not make one large array. */
const batchEntries = 128;

/** Preopened directories and directory listings (`wasi_snapshot_preview1.witx`: `fd_prestat_*`, `fd_readdir`). */
export function fdDirectoryFunctions({ descriptors, memory }: WasiContext) {
  return {
    /** `fd_prestat_get(fd, prestat)`: the length of a preopened directory's name. `EBADF` (not preopened), `EFAULT`. */
    fd_prestat_get(fd: number, pointer: number): void {
      const name = preopenName(descriptors.get(fd));
      const at = memory.check(pointer, prestatBytes);
      memory.setU32(at, preopenTypeDir);
      memory.setU32(at + 4, name.length);
    },

    /**
     * `fd_prestat_dir_name(fd, path, path_len)`: the name itself, without a terminating zero. `EBADF` (not
     * preopened), `ENAMETOOLONG` (the buffer is too short), `EFAULT`.
     */
    fd_prestat_dir_name(fd: number, pointer: number, length: number): void {
      const name = preopenName(descriptors.get(fd));
      if (length >>> 0 < name.length) throw new ErrnoError("ENAMETOOLONG");
      memory.bytes(pointer, name.length).set(name);
    },

    /**
     * `fd_readdir(fd, buf, buf_len, cookie, bufused)`: writes entries behind `cookie` until the buffer is full, the
     * last one cut off if it does not fit; less than a full buffer is the end. `EBADF`, `ENOTDIR`, `ENOTCAPABLE`,
     * `EINVAL` (a cookie never given out), `EFAULT`.
     */
    fd_readdir(fd: number, buffer: number, length: number, cookie: bigint, bufused: number): void {
      const { file } = descriptors.directory(fd, "fd_readdir");
      const end = memory.check(buffer, length) + (length >>> 0);
      memory.check(bufused, 4);
      let at = buffer >>> 0;
      let next = BigInt.asUintN(64, cookie);
      while (at < end) {
        // Every entry takes more than its header, so this many are enough to fill what is left.
        const limit = Math.min(batchEntries, Math.ceil((end - at) / direntBytes));
        const entries = file.readDirectory(next, limit);
        for (const entry of entries) {
          at += writeEntry(memory, at, end - at, entry);
          if (at === end) break;
          next = entry.cookie;
        }
        if (entries.length < limit) break;
      }
      memory.setU32(bufused, at - (buffer >>> 0));
    },
  };
}

function preopenName(descriptor: Descriptor): Uint8Array {
  if (descriptor.preopen === undefined) throw new ErrnoError("EBADF");
  return descriptor.preopen;
}

/** Writes a `dirent` (d_next, d_ino, d_namlen, d_type) and the name, cut off after `room` bytes; returns the length. */
function writeEntry(memory: GuestMemory, at: number, room: number, entry: DirectoryEntry): number {
  const name = encodePath(entry.name);
  const bytes = new Uint8Array(direntBytes + name.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, entry.cookie, true);
  view.setBigUint64(8, entry.inode, true);
  view.setUint32(16, name.length, true);
  view.setUint8(20, fileTypeNumber(entry.type));
  bytes.set(name, direntBytes);
  const length = Math.min(room, bytes.length);
  memory.bytes(at, length).set(bytes.subarray(0, length));
  return length;
}
