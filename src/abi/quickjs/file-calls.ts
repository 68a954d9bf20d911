import { type JsonBounds, parseBoundedJson } from "../../bounded-json.js";
import { ErrnoError } from "../../errno.js";
import type { FileStat, FileSystem, OpenFile } from "../../vfs/types.js";

/** The most that one read brings into the guest, in bytes. */
const maxReadBytes = 256 * 1024 * 1024;
const chunkBytes = 65_536;

/** A request has two paths at most, each character of which may be six in JSON. */
export const requestBounds: JsonBounds = { bytes: 64 * 1024, depth: 2, members: 32 };

/** What `node:fs` in the guest asks for. Paths are absolute; all of it is the guest's choice and unchecked. */
export interface FileRequest {
  readonly call?: unknown;
  readonly path?: unknown;
  /** The second path of a rename, link or copy. */
  readonly to?: unknown;
  readonly target?: unknown;
  readonly mode?: unknown;
  readonly flag?: unknown;
  readonly size?: unknown;
  readonly accessMs?: unknown;
  readonly modifyMs?: unknown;
  readonly follow?: unknown;
  readonly recursive?: unknown;
  readonly force?: unknown;
  readonly exclusive?: unknown;
  /** The part of the buffer that is written. */
  readonly offset?: unknown;
  readonly length?: unknown;
}

type Call = (files: FileSystem, path: string, request: FileRequest) => unknown;

const calls: Readonly<Record<string, Call>> = {
  stat: (files, path, { follow }) => plainStat(files.stat(path, { followSymlinks: follow !== false })),
  readdir: listDirectory,
  mkdir: (files, path, { mode, recursive }) =>
    recursive === true ? makeDirectories(files, path, bits(mode)) : files.makeDirectory(path, bits(mode)),
  rmdir: (files, path) => files.removeDirectory(path),
  unlink: (files, path) => files.unlink(path),
  rm: remove,
  rename: (files, path, { to }) => files.rename(path, text(to)),
  link: (files, path, { to }) => files.link(path, text(to)),
  symlink: (files, path, { target }) => files.symlink(text(target), path),
  readlink: (files, path) => files.readLink(path),
  chmod: (files, path, { mode }) => files.setMode(path, bits(mode) ?? 0),
  truncate: (files, path, { size }) => files.truncate(path, count(size)),
  utimes: (files, path, { accessMs, modifyMs }) =>
    files.setTimes(path, { accessTimeNs: nanoseconds(accessMs), modifyTimeNs: nanoseconds(modifyMs) }),
  copyfile: copyFile,
};

/** `ENAMETOOLONG` if it is too long, `EINVAL` if it is no request. */
export function parseRequest(json: Uint8Array): FileRequest {
  if (json.length > requestBounds.bytes) throw new ErrnoError("ENAMETOOLONG");
  try {
    return Object(parseBoundedJson(json, requestBounds));
  } catch (cause) {
    throw new ErrnoError("EINVAL", undefined, { cause });
  }
}

/** Answers a request with what an action gives: `{ value }`, or `{ errno }` if it fails, as JSON. */
export function answerRequest(action: () => unknown): string {
  try {
    return JSON.stringify({ value: action() });
  } catch (error) {
    if (error instanceof ErrnoError) return JSON.stringify({ errno: error.errno });
    throw error;
  }
}

/** Does what a request asks for. */
export function callFiles(files: FileSystem, request: FileRequest): unknown {
  const name = text(request.call);
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
  if (call === undefined) throw new ErrnoError("ENOSYS");
  return call(files, text(request.path), request);
}

/** The whole contents of a file, or the name of the error. */
export function readWholeFile(files: FileSystem, path: string, mostBytes: number): Uint8Array | string {
  const limit = Math.min(maxReadBytes, mostBytes);
  try {
    return withFile(files.open(path, { read: true }), (file) => {
      if (file.type === "directory") throw new ErrnoError("EISDIR");
      const { size } = file.stat();
      if (size > limit) throw new ErrnoError("EFBIG");
      // One byte more tells the end of the file, without a further step.
      let bytes = new Uint8Array(size + 1);
      let length = 0;
      for (;;) {
        const read = file.read(bytes.subarray(length));
        if (read === 0) return bytes.subarray(0, length);
        length += read;
        if (length > limit) throw new ErrnoError("EFBIG");
        if (length === bytes.length) {
          const larger = new Uint8Array(Math.max(length * 2, chunkBytes));
          larger.set(bytes);
          bytes = larger;
        }
      }
    });
  } catch (error) {
    if (error instanceof ErrnoError) return error.errno;
    throw error;
  }
}

const writeFlags: Readonly<Record<string, object>> = {
  w: { create: true, truncate: true },
  wx: { create: true, exclusive: true },
  a: { create: true, append: true },
  ax: { create: true, append: true, exclusive: true },
  "r+": {},
};

/** Writes a whole file. The request names `path`, `flag` and `mode`. */
export function writeWholeFile(
  files: FileSystem,
  { path, flag, mode }: FileRequest,
  bytes: Uint8Array,
): void {
  const name = text(flag);
  if (!Object.hasOwn(writeFlags, name)) throw new ErrnoError("EINVAL");
  const permissions = bits(mode);
  const options = {
    write: true,
    ...writeFlags[name],
    ...(permissions === undefined ? {} : { mode: permissions }),
  };
  withFile(files.open(text(path), options), (file) => writeFully(file, bytes));
}

function withFile<Result>(file: OpenFile, use: (file: OpenFile) => Result): Result {
  try {
    return use(file);
  } finally {
    file.close();
  }
}

function writeFully(file: OpenFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    const taken = file.write(bytes.subarray(written));
    if (taken === 0) throw new ErrnoError("EIO");
    written += taken;
  }
}

function plainStat(stat: FileStat) {
  const { type, mode, size, linkCount } = stat;
  return {
    type,
    mode,
    size,
    linkCount,
    device: Number(stat.device),
    inode: Number(stat.inode),
    accessMs: Number(stat.accessTimeNs) / 1e6,
    modifyMs: Number(stat.modifyTimeNs) / 1e6,
    changeMs: Number(stat.changeTimeNs) / 1e6,
  };
}

/** Names and types, sorted by name, as Node.js gives them. */
function listDirectory(files: FileSystem, path: string): Array<[name: string, type: string]> {
  return withFile(files.open(path, { read: true, directory: true }), (directory) => {
    const names: Array<[string, string]> = [];
    for (let cookie = 0n; ; ) {
      const entries = directory.readDirectory(cookie, 1024);
      const last = entries.at(-1);
      if (last === undefined) break;
      for (const { name, type } of entries) if (name !== "." && name !== "..") names.push([name, type]);
      cookie = last.cookie;
    }
    return names.sort(([a], [b]) => (a < b ? -1 : 1));
  });
}

/** Makes a directory and those above it that are missing. Gives the first that was made. */
function makeDirectories(files: FileSystem, path: string, mode: number | undefined): string | undefined {
  let first: string | undefined;
  let directory = "";
  for (const name of path.split("/").filter((part) => part !== "")) {
    directory += `/${name}`;
    const type = typeOf(files, directory);
    if (type === "directory") continue;
    if (type !== undefined) throw new ErrnoError(directory === path ? "EEXIST" : "ENOTDIR");
    files.makeDirectory(directory, mode);
    first ??= directory;
  }
  return first;
}

function typeOf(files: FileSystem, path: string, followSymlinks = true): string | undefined {
  try {
    return files.stat(path, { followSymlinks }).type;
  } catch (error) {
    if (error instanceof ErrnoError && error.errno === "ENOENT") return undefined;
    throw error;
  }
}

function remove(files: FileSystem, path: string, { recursive, force }: FileRequest): void {
  const type = typeOf(files, path, false);
  if (type === undefined) {
    if (force !== true) throw new ErrnoError("ENOENT");
  } else if (type !== "directory") files.unlink(path);
  else if (recursive !== true) throw new ErrnoError("EISDIR");
  else removeTree(files, path);
}

/** The limit on the length of paths bounds how deep this goes. */
function removeTree(files: FileSystem, path: string): void {
  for (const [name, type] of listDirectory(files, path)) {
    if (type === "directory") removeTree(files, `${path}/${name}`);
    else files.unlink(`${path}/${name}`);
  }
  files.removeDirectory(path);
}

function copyFile(files: FileSystem, path: string, { to, exclusive }: FileRequest): void {
  withFile(files.open(path, { read: true }), (source) => {
    if (source.type === "directory") throw new ErrnoError("EISDIR");
    const from = source.stat();
    const other = exclusive === true ? undefined : statIfThere(files, text(to));
    // To truncate the target would empty the source.
    if (other?.device === from.device && other.inode === from.inode) return;
    const options = exclusive === true ? { exclusive: true } : { truncate: true };
    const target = files.open(text(to), { write: true, create: true, mode: from.mode & 0o777, ...options });
    withFile(target, () => {
      const buffer = new Uint8Array(chunkBytes);
      for (let read = source.read(buffer); read > 0; read = source.read(buffer)) {
        writeFully(target, buffer.subarray(0, read));
      }
    });
  });
}

function statIfThere(files: FileSystem, path: string): FileStat | undefined {
  return typeOf(files, path) === undefined ? undefined : files.stat(path);
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new ErrnoError("EINVAL");
  return value;
}

/** A size or a place; `EINVAL` if it is none. */
export function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new ErrnoError("EINVAL");
  return value as number;
}

function bits(value: unknown): number | undefined {
  return value === undefined ? undefined : count(value) & 0o7777;
}

function nanoseconds(value: unknown): bigint {
  if (typeof value !== "number" || !(Math.abs(value) < 9e12)) throw new ErrnoError("EINVAL");
  return BigInt(Math.round(value * 1000)) * 1000n;
}
