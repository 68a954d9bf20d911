import { ErrnoError } from "../../errno.js";
import { encodePath } from "../../path-bytes.js";
import type { PathContext, TimeChange } from "../../vfs/types.js";
import { maxPathBytes } from "../guest-memory.js";
import { type EmscriptenHost, type ImportFunction, systemCall, toOffset } from "./host.js";
import { readTime, statfsBytes, writeStat, writeStatfs } from "./layout.js";
import { openOptions } from "./open-flags.js";

const atFdcwd = -100;
const atSymlinkNofollow = 0x100;
const atRemovedir = 0x200;
const atEmptyPath = 0x1000;
const fileTypeMask = 0o170000;
const regularFile = 0o100000;

/** The system calls that take a path. */
export function pathCalls(host: EmscriptenHost): Record<string, ImportFunction> {
  const { memory, fileSystem, descriptors } = host;
  let umask = 0o022;

  const readPath = (pointer: number) => memory.zeroTerminatedString(pointer, maxPathBytes);
  const here = (): PathContext => ({ base: host.workingDirectory });
  const at = (directory: number): PathContext =>
    directory === atFdcwd ? here() : { base: descriptors.get(directory) };
  const following = (flags: number) => ({ followSymlinks: (flags & atSymlinkNofollow) === 0 });

  const statPath = (path: number, buffer: number, followSymlinks: boolean) =>
    writeStat(memory, buffer, fileSystem.stat(readPath(path), { followSymlinks }, here()));

  const readTimes = (times: number): TimeChange => {
    if (times === 0) return { accessTimeNs: "now", modifyTimeNs: "now" };
    const accessTimeNs = readTime(memory, times);
    const modifyTimeNs = readTime(memory, times + 16);
    return {
      ...(accessTimeNs === undefined ? {} : { accessTimeNs }),
      ...(modifyTimeNs === undefined ? {} : { modifyTimeNs }),
    };
  };

  const calls: Record<string, ImportFunction> = {
    __syscall_openat: (directory: number, path: number, flags: number, varargs: number) => {
      const mode = varargs === 0 ? 0 : memory.u32(varargs) & 0o7777 & ~umask;
      return descriptors.open(() => fileSystem.open(readPath(path), openOptions(flags, mode), at(directory)));
    },
    __syscall_stat64: (path: number, buffer: number) => statPath(path, buffer, true),
    __syscall_lstat64: (path: number, buffer: number) => statPath(path, buffer, false),
    __syscall_newfstatat: (directory: number, path: number, buffer: number, flags: number) => {
      const name = readPath(path);
      const stat =
        name === "" && (flags & atEmptyPath) !== 0
          ? (at(directory).base ?? host.workingDirectory).stat()
          : fileSystem.stat(name, following(flags), at(directory));
      writeStat(memory, buffer, stat);
    },
    __syscall_faccessat: (directory: number, path: number, wanted: number, _flags: number) => {
      if ((wanted & ~7) !== 0) throw new ErrnoError("EINVAL");
      const { mode } = fileSystem.stat(readPath(path), {}, at(directory));
      if ((wanted & ~(mode >> 6)) !== 0) throw new ErrnoError("EACCES");
    },
    __syscall_mkdirat: (directory: number, path: number, mode: number) =>
      fileSystem.makeDirectory(readPath(path), mode & 0o7777 & ~umask, at(directory)),
    __syscall_mknodat: (directory: number, path: number, mode: number, _device: number) => {
      if ((mode & fileTypeMask) !== regularFile && (mode & fileTypeMask) !== 0) throw new ErrnoError("EPERM");
      const options = { write: true, create: true, exclusive: true, mode: mode & 0o7777 & ~umask };
      fileSystem.open(readPath(path), options, at(directory)).close();
    },
    __syscall_unlinkat: (directory: number, path: number, flags: number) => {
      if ((flags & ~atRemovedir) !== 0) throw new ErrnoError("EINVAL");
      if (flags === 0) fileSystem.unlink(readPath(path), at(directory));
      else fileSystem.removeDirectory(readPath(path), at(directory));
    },
    __syscall_rmdir: (path: number) => fileSystem.removeDirectory(readPath(path), here()),
    __syscall_renameat: (fromDirectory: number, from: number, toDirectory: number, to: number) =>
      fileSystem.rename(readPath(from), readPath(to), at(fromDirectory), at(toDirectory)),
    __syscall_symlinkat: (target: number, directory: number, path: number) =>
      fileSystem.symlink(readPath(target), readPath(path), at(directory)),
    __syscall_readlinkat: (directory: number, path: number, buffer: number, size: number) => {
      if (size <= 0) throw new ErrnoError("EINVAL");
      const target = encodePath(fileSystem.readLink(readPath(path), at(directory)));
      const length = Math.min(size, target.length);
      memory.bytes(buffer, length).set(target.subarray(0, length));
      return length;
    },
    __syscall_chmod: (path: number, mode: number) =>
      fileSystem.setMode(readPath(path), mode & 0o7777, {}, here()),
    __syscall_fchmodat2: (directory: number, path: number, mode: number, flags: number) =>
      fileSystem.setMode(readPath(path), mode & 0o7777, following(flags), at(directory)),
    // Everything belongs to one user, so only giving a file to that user can succeed.
    __syscall_fchownat: (directory: number, path: number, user: number, group: number, flags: number) => {
      fileSystem.stat(readPath(path), following(flags), at(directory));
      requireOwnUser(user, group);
    },
    __syscall_fchown32: (descriptor: number, user: number, group: number) => {
      descriptors.get(descriptor);
      requireOwnUser(user, group);
    },
    __syscall_utimensat: (directory: number, path: number, times: number, flags: number) => {
      const change = readTimes(times);
      if (path === 0) descriptors.get(directory).setTimes(change);
      else fileSystem.setTimes(readPath(path), change, following(flags), at(directory));
    },
    __syscall_truncate64: (path: number, size: bigint) =>
      fileSystem.truncate(readPath(path), toOffset(size, "EFBIG"), here()),
    __syscall_statfs64: (path: number, size: number, buffer: number) => {
      if (size < statfsBytes) throw new ErrnoError("EINVAL");
      const stat = fileSystem.stat(readPath(path), {}, here());
      writeStatfs(memory, buffer, fileSystem.space(stat));
    },
    __syscall_chdir: (path: number) => {
      changeDirectory(fileSystem.open(readPath(path), { read: true, directory: true }, here()));
    },
    __syscall_fchdir: (descriptor: number) => {
      const path = fileSystem.pathOf(descriptors.get(descriptor));
      changeDirectory(fileSystem.open(path, { read: true, directory: true }));
    },
    __syscall_getcwd: (buffer: number, size: number) => {
      if (size === 0) throw new ErrnoError("EINVAL");
      const path = encodePath(`${fileSystem.pathOf(host.workingDirectory)}\0`);
      if (path.length > size >>> 0) throw new ErrnoError("ERANGE");
      memory.bytes(buffer, path.length).set(path);
      return path.length;
    },
    __syscall_umask_js: (mask: number) => {
      const previous = umask;
      umask = mask & 0o777;
      return previous;
    },
  };

  function changeDirectory(directory: typeof host.workingDirectory): void {
    host.workingDirectory.close();
    host.workingDirectory = directory;
  }

  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, systemCall(call)]));
}

function requireOwnUser(user: number, group: number): void {
  if ((user !== 0 && user !== -1) || (group !== 0 && group !== -1)) throw new ErrnoError("EPERM");
}
