import { ErrnoError } from "../../errno.js";
import { encodePath } from "../../path-bytes.js";
import { maxNameBytes } from "../../vfs/names.js";
import { createPipe } from "../../vfs/pipe.js";
import type { OpenFile } from "../../vfs/types.js";
import { toMs } from "../clocks.js";
import { type EmscriptenHost, type ImportFunction, systemCall, toOffset, wasiCall } from "./host.js";
import { directoryEntryTypes, statfsBytes, writeStat, writeStatfs } from "./layout.js";
import { setStatusFlags, statusFlags } from "./open-flags.js";

/** `struct dirent` with its fixed room for a name of 255 bytes. */
const direntBytes = 280;
/** The most entries that one `getdents64` looks up, whatever the guest's buffer holds. */
const maxEntries = 1024;

const fcntl = {
  dupFd: 0,
  getFd: 1,
  setFd: 2,
  getFl: 3,
  setFl: 4,
  getLk: 12,
  setLk: 13,
  setLkw: 14,
  dupFdCloexec: 1030,
};
const unlocked = 2;
const ioctl = { windowSize: 0x5413, bytesReadable: 0x541b, nonBlocking: 0x5421 };
/** Beyond the end of any file, with room for what one call reads. */
const lastOffset = 2n ** 52n;
const seekFrom = ["start", "current", "end"] as const;
const pollEvents = { in: 1, out: 4, hangup: 16, invalid: 32 };

/** The system calls that take a descriptor, and `poll`. */
export function descriptorCalls(host: EmscriptenHost): Record<string, ImportFunction> {
  const { memory, fileSystem, descriptors } = host;
  /** Where the next `getdents64` of a directory goes on. */
  const cookies = new WeakMap<OpenFile, bigint>();

  const transfer = (
    file: OpenFile,
    list: number,
    count: number,
    result: number,
    move: (buffer: Uint8Array, done: number) => number,
  ) => {
    let done = 0;
    memory.transfer(list, count, file.type !== "file", (buffer) => {
      const moved = move(buffer, done);
      done += moved;
      return moved;
    });
    memory.setU32(result, done);
  };

  const seek = (descriptor: number, offset: bigint, whence: number): number => {
    const file = descriptors.get(descriptor);
    const from = seekFrom[whence];
    if (from === undefined) throw new ErrnoError("EINVAL");
    const distance = Number(offset);
    if (!Number.isSafeInteger(distance)) throw new ErrnoError("EINVAL");
    if (file.type !== "directory") return file.seek(distance, from);
    const position = (from === "current" ? (cookies.get(file) ?? 0n) : 0n) + offset;
    if (from === "end" || position < 0n) throw new ErrnoError("EINVAL");
    cookies.set(file, position);
    return toOffset(position, "EINVAL");
  };

  const poll = (list: number, count: number): number => {
    let ready = 0;
    for (let index = 0; index < count; index++) {
      const entry = list + 8 * index;
      const descriptor = memory.u32(entry) | 0;
      const wanted = memory.u16(entry + 4);
      let found = 0;
      if (descriptor >= 0) {
        try {
          found = readiness(descriptors.get(descriptor), wanted);
        } catch (error) {
          if (!(error instanceof ErrnoError)) throw error;
          found = pollEvents.invalid;
        }
      }
      memory.setU16(entry + 6, found);
      if (found !== 0) ready++;
    }
    return ready;
  };

  /** Whether anything among these becomes ready by what comes from outside. */
  const watchesNetwork = (list: number, count: number): boolean => {
    if (host.network === undefined) return false;
    for (let index = 0; index < count; index++) {
      const descriptor = memory.u32(list + 8 * index) | 0;
      if (descriptors.has(descriptor) && descriptors.get(descriptor).type === "socket") return true;
    }
    return false;
  };

  const pollWaiting = (list: number, count: number, timeoutMs: number): number => {
    const line = host.network?.line;
    const end = toMs(host.clocks.monotonicNs()) + (timeoutMs < 0 ? Number.POSITIVE_INFINITY : timeoutMs);
    for (;;) {
      const leftMs = Math.max(end - toMs(host.clocks.monotonicNs()), 0);
      const outcome = line?.wait(leftMs);
      if (outcome === "interrupted") throw new ErrnoError("EINTR");
      const ready = poll(list, count);
      if (ready > 0 || outcome !== "answered") return ready;
    }
  };

  const systemCalls: Record<string, ImportFunction> = {
    __syscall_fstat64: (descriptor: number, buffer: number) =>
      writeStat(memory, buffer, descriptors.get(descriptor).stat()),
    __syscall_fchmod: (descriptor: number, mode: number) =>
      descriptors.get(descriptor).setMode(mode & 0o7777),
    __syscall_ftruncate64: (descriptor: number, size: bigint) =>
      descriptors.get(descriptor).truncate(toOffset(size, "EFBIG")),
    __syscall_fallocate: (descriptor: number, mode: number, offset: bigint, length: bigint) => {
      if (mode !== 0) throw new ErrnoError("ENOTSUP");
      descriptors.get(descriptor).allocate(toOffset(offset, "EFBIG"), toOffset(length, "EFBIG"));
    },
    __syscall_fadvise64: (descriptor: number) => {
      descriptors.get(descriptor);
    },
    __syscall_fdatasync: (descriptor: number) => descriptors.get(descriptor).sync(true),
    __syscall_fstatfs64: (descriptor: number, size: number, buffer: number) => {
      if (size < statfsBytes) throw new ErrnoError("EINVAL");
      writeStatfs(memory, buffer, fileSystem.space(descriptors.get(descriptor).stat()));
    },
    __syscall_dup: (descriptor: number) => descriptors.duplicate(descriptor),
    __syscall_dup3: (descriptor: number, to: number, _flags: number) => {
      if (descriptor === to) throw new ErrnoError("EINVAL");
      descriptors.duplicateTo(descriptor, to);
      return to;
    },
    __syscall_pipe: (result: number) => {
      memory.check(result, 8);
      const { reader, writer } = createPipe();
      memory.setU32(result, descriptors.add(reader));
      memory.setU32(result + 4, descriptors.add(writer));
    },
    __syscall_getdents64: (descriptor: number, buffer: number, size: number) => {
      const file = descriptors.get(descriptor);
      const limit = Math.min(Math.floor((size >>> 0) / direntBytes), maxEntries);
      if (limit === 0) throw new ErrnoError("EINVAL");
      let length = 0;
      for (const entry of file.readDirectory(cookies.get(file) ?? 0n, limit)) {
        const target = buffer + length;
        const bytes = memory.bytes(target, direntBytes);
        bytes.fill(0);
        memory.setU64(target, entry.inode);
        memory.setU64(target + 8, entry.cookie);
        memory.setU16(target + 16, direntBytes);
        memory.setU8(target + 18, directoryEntryTypes[entry.type]);
        bytes.set(encodePath(entry.name).subarray(0, maxNameBytes), 19);
        length += direntBytes;
        cookies.set(file, entry.cookie);
      }
      return length;
    },
    __syscall_fcntl64: (descriptor: number, command: number, varargs: number) => {
      const file = descriptors.get(descriptor);
      switch (command) {
        case fcntl.dupFd:
        case fcntl.dupFdCloexec:
          return descriptors.duplicate(descriptor, memory.u32(varargs) | 0);
        case fcntl.getFd:
        case fcntl.setFd:
          return 0;
        case fcntl.getFl:
          return statusFlags(file);
        case fcntl.setFl:
          setStatusFlags(file, memory.u32(varargs));
          return 0;
        case fcntl.getLk:
          // A guest has its files to itself, so there never is another's lock.
          memory.setU16(memory.u32(varargs), unlocked);
          return 0;
        case fcntl.setLk:
        case fcntl.setLkw:
          return 0;
        default:
          throw new ErrnoError("EINVAL");
      }
    },
    __syscall_ioctl: (descriptor: number, operation: number, varargs: number) => {
      const file = descriptors.get(descriptor);
      if (operation === ioctl.bytesReadable) {
        memory.setU32(memory.u32(varargs), file.poll("read").bytes);
        return 0;
      }
      if (operation === ioctl.nonBlocking && file.type === "socket") {
        file.nonBlocking = memory.u32(memory.u32(varargs)) !== 0;
        return 0;
      }
      if (operation === ioctl.windowSize && file.terminal) {
        memory.bytes(memory.u32(varargs), 8).fill(0);
        return 0;
      }
      throw new ErrnoError("ENOTTY");
    },
    __syscall_poll: (list: number, count: number, timeoutMs: number) => {
      if (count >>> 0 > 4096) throw new ErrnoError("EINVAL");
      memory.check(list, count * 8);
      const ready = poll(list, count);
      if (ready > 0 || timeoutMs === 0) return ready;
      if (watchesNetwork(list, count)) return pollWaiting(list, count, timeoutMs);
      // Nothing in a guest's world changes while it waits, so it is asked only once more, when the time is over.
      const longestMs = timeoutMs < 0 ? Number.POSITIVE_INFINITY : timeoutMs;
      if (host.clocks.sleep(longestMs, host.wait)) throw new ErrnoError("EINTR");
      return poll(list, count);
    },
  };

  const wasiCalls: Record<string, ImportFunction> = {
    fd_close: (descriptor: number) => descriptors.close(descriptor),
    fd_read: (descriptor: number, list: number, count: number, result: number) => {
      const file = descriptors.get(descriptor);
      transfer(file, list, count, result, (buffer) => file.read(buffer));
    },
    fd_write: (descriptor: number, list: number, count: number, result: number) => {
      const file = descriptors.get(descriptor);
      transfer(file, list, count, result, (buffer) => file.write(buffer));
    },
    fd_pread: (descriptor: number, list: number, count: number, offset: bigint, result: number) => {
      const file = descriptors.get(descriptor);
      // No file reaches so far.
      const start = offset > lastOffset ? Number(lastOffset) : toOffset(offset, "EINVAL");
      transfer(file, list, count, result, (buffer, done) => file.read(buffer, start + done));
    },
    fd_pwrite: (descriptor: number, list: number, count: number, offset: bigint, result: number) => {
      const file = descriptors.get(descriptor);
      const start = toOffset(offset, "EFBIG");
      transfer(file, list, count, result, (buffer, done) => file.write(buffer, start + done));
    },
    fd_seek: (descriptor: number, offset: bigint, whence: number, result: number) =>
      memory.setU64(result, BigInt(seek(descriptor, offset, whence))),
    fd_sync: (descriptor: number) => descriptors.get(descriptor).sync(false),
    fd_fdstat_get: (descriptor: number, buffer: number) => {
      const file = descriptors.get(descriptor);
      memory.bytes(buffer, 24).fill(0);
      // The C library's isatty asks here, and takes any character device for a terminal.
      memory.setU8(buffer, file.type === "directory" ? 3 : file.terminal ? 2 : 4);
    },
  };

  return {
    ...Object.fromEntries(Object.entries(systemCalls).map(([name, call]) => [name, systemCall(call)])),
    ...Object.fromEntries(Object.entries(wasiCalls).map(([name, call]) => [name, wasiCall(call)])),
  };
}

function readiness(file: OpenFile, wanted: number): number {
  let found = 0;
  if ((wanted & pollEvents.in) !== 0) {
    const { ready, hangup } = file.poll("read");
    if (ready) found |= pollEvents.in;
    if (hangup) found |= pollEvents.hangup;
  }
  if ((wanted & pollEvents.out) !== 0 && file.poll("write").ready) found |= pollEvents.out;
  return found;
}
