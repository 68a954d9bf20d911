import { type Errno, ErrnoError } from "../errno.js";
import type { GuestFiles } from "../guest/files.js";
import { checkPath, maxPathBytes } from "../vfs/names.js";
import { removeTree } from "../vfs/remove-tree.js";
import type { FileStat, FileSystem, OpenFile, PathContext } from "../vfs/types.js";
import type {
  DirectoryEntry,
  FileInfo,
  FilePart,
  FileRequest,
  FileStep,
  OverlayChange,
} from "./file-requests.js";

/** Bytes that are read in one step. */
const pieceBytes = 1024 * 1024;
/** Entries that are told of in one step. */
const batch = 1024;
/** The most characters of all paths of an answer together. */
const maxPathCharacters = 32 * 1024 * 1024;

/** As those are that the guest makes, whose mask for new files is 022. */
const fileMode = 0o644;
const directoryMode = 0o755;

/** Work in steps, none of which takes long, that can be given up between two of them. */
type Work = Generator<FilePart | undefined, FilePart | undefined>;

/** Does what is asked of a guest's files, one request at a time. */
export interface FileWork {
  /** The first step of a request, in place of the one before; or, without one, the next step. */
  step(request?: FileRequest): FileStep;
  /** Gives up what is not done yet. */
  stop(): void;
}

/** @param base Where relative paths begin: an open directory, or an absolute path. */
export function createFileWork(
  files: Pick<GuestFiles, "fileSystem" | "overlays">,
  base: () => OpenFile | string,
): FileWork {
  let work: Work | undefined;

  function stop(): void {
    const given = work;
    work = undefined;
    given?.return(undefined);
  }

  return {
    step(request) {
      if (request !== undefined) {
        stop();
        work = start(files, request, base());
      }
      try {
        const { value, done } = work?.next() ?? { value: undefined, done: true };
        if (done) work = undefined;
        return { ...(value === undefined ? {} : { part: value }), isLast: done === true };
      } catch (error) {
        work = undefined;
        if (!(error instanceof ErrnoError)) throw error;
        return { isLast: true, failure: { errno: error.errno, reason: reasonOf(error) } };
      }
    },
    stop,
  };
}

function start(
  { fileSystem, overlays }: Pick<GuestFiles, "fileSystem" | "overlays">,
  request: FileRequest,
  base: OpenFile | string,
): Work {
  if (request.op === "overlayChanges") return overlayChanges(overlays, request.maxEntries);
  const isBelow = typeof base === "string" && request.path !== "" && !request.path.startsWith("/");
  const path = isBelow ? `${base}/${request.path}` : request.path;
  const context = typeof base === "string" ? {} : { base };
  switch (request.op) {
    case "read":
      return read(fileSystem, path, request.maxBytes, context);
    case "write":
      return once(() => write(fileSystem, path, request.bytes, request.parents, context));
    case "list":
      return list(fileSystem, path, request.maxEntries, context);
    case "stat":
      return once(() => stat(fileSystem, path, request.followSymlinks, context));
    case "makeDirectory":
      return once(() => makeDirectory(fileSystem, path, request.parents, context));
    case "remove":
      return remove(fileSystem, path, request.recursive, context);
  }
}

// biome-ignore lint/correctness/useYield: it is one step.
function* once(action: () => FilePart | undefined): Work {
  return action();
}

function* read(fileSystem: FileSystem, path: string, maxBytes: number, context: PathContext): Work {
  const { type } = fileSystem.stat(path, {}, context);
  if (type === "directory") throw new ErrnoError("EISDIR");
  // Some devices have no end, and what they give is the guest's chance.
  if (type !== "file") throw new ErrnoError("EINVAL", "it is no regular file");
  const file = fileSystem.open(path, { read: true, nonBlocking: true }, context);
  try {
    const { size } = file.stat();
    const tooLarge = () => new ErrnoError("EFBIG", `it has more than the ${maxBytes} bytes that may be read`);
    if (size > maxBytes) throw tooLarge();
    let done = 0;
    for (;;) {
      // What its size says is only likely: a file of the host's may grow meanwhile, or be longer than it says.
      const piece = new Uint8Array(Math.min(pieceBytes, Math.max(size - done, 0) + 1));
      const bytes = readFully(file, piece);
      done += bytes.length;
      if (done > maxBytes) throw tooLarge();
      if (bytes.length < piece.length) return { bytes: bytes.slice() };
      yield { bytes };
    }
  } finally {
    file.close();
  }
}

function readFully(file: OpenFile, buffer: Uint8Array): Uint8Array {
  let done = 0;
  while (done < buffer.length) {
    const count = file.read(buffer.subarray(done));
    if (count === 0) break;
    done += count;
  }
  return buffer.subarray(0, done);
}

function write(
  fileSystem: FileSystem,
  path: string,
  bytes: Uint8Array,
  parents: boolean,
  context: PathContext,
): undefined {
  checkPath(path);
  const made = parents ? makeParents(fileSystem, path, context) : [];
  try {
    fileSystem.writeFile(path, bytes, fileMode, context);
  } catch (error) {
    for (const directory of made.reverse()) fileSystem.removeDirectory(directory, context);
    throw error;
  }
  return undefined;
}

/** Makes what is missing of the directories above a path. Gives those that it has made; all or none are made. */
function makeParents(fileSystem: FileSystem, path: string, context: PathContext): string[] {
  const made: string[] = [];
  try {
    for (let slash = path.indexOf("/", 1); slash > 0; slash = path.indexOf("/", slash + 1)) {
      const directory = path.slice(0, slash);
      if (path.slice(slash).replaceAll("/", "") === "") break;
      try {
        fileSystem.makeDirectory(directory, directoryMode, context);
        made.push(directory);
      } catch (error) {
        if (isDirectory(fileSystem, directory, context)) continue;
        throw error instanceof ErrnoError && error.errno === "EEXIST" ? new ErrnoError("ENOTDIR") : error;
      }
    }
  } catch (error) {
    for (const directory of made.reverse()) fileSystem.removeDirectory(directory, context);
    throw error;
  }
  return made;
}

function isDirectory(fileSystem: FileSystem, path: string, context: PathContext): boolean {
  try {
    return fileSystem.stat(path, {}, context).type === "directory";
  } catch {
    return false;
  }
}

function makeDirectory(
  fileSystem: FileSystem,
  path: string,
  parents: boolean,
  context: PathContext,
): undefined {
  checkPath(path);
  const made = parents ? makeParents(fileSystem, path, context) : [];
  try {
    fileSystem.makeDirectory(path, directoryMode, context);
  } catch (error) {
    if (parents && isDirectory(fileSystem, path, context)) return undefined;
    for (const directory of made.reverse()) fileSystem.removeDirectory(directory, context);
    throw error;
  }
  return undefined;
}

function* list(fileSystem: FileSystem, path: string, maxEntries: number, context: PathContext): Work {
  const directory = fileSystem.open(path, { read: true, directory: true }, context);
  const inside = { base: directory };
  try {
    let count = 0;
    for (let cookie = 0n; ; ) {
      const batchOfNames = directory.readDirectory(cookie, batch);
      if (batchOfNames.length === 0) return undefined;
      cookie = batchOfNames.at(-1)?.cookie ?? cookie;
      const entries: DirectoryEntry[] = [];
      for (const { name } of batchOfNames) {
        if (name === "." || name === "..") continue;
        const found = statIfThere(fileSystem, name, inside);
        if (found !== undefined) entries.push({ name, type: found.type, bytes: found.size });
      }
      count += entries.length;
      if (count > maxEntries) {
        throw new ErrnoError("EOVERFLOW", `it has more than the ${maxEntries} entries that may be listed`);
      }
      yield { entries };
    }
  } finally {
    directory.close();
  }
}

/** Undefined for what has gone since it was listed. */
function statIfThere(fileSystem: FileSystem, name: string, context: PathContext): FileStat | undefined {
  try {
    return fileSystem.stat(name, { followSymlinks: false }, context);
  } catch (error) {
    if (error instanceof ErrnoError && error.errno === "ENOENT") return undefined;
    throw error;
  }
}

function stat(fileSystem: FileSystem, path: string, followSymlinks: boolean, context: PathContext): FilePart {
  const found = fileSystem.stat(path, { followSymlinks }, context);
  const target = found.type === "symlink" ? fileSystem.readLink(path, context) : undefined;
  return { info: infoOf(found, target) };
}

function* remove(fileSystem: FileSystem, path: string, recursive: boolean, context: PathContext): Work {
  const { type } = fileSystem.stat(path, { followSymlinks: false }, context);
  if (type !== "directory") fileSystem.unlink(path, context);
  else if (!recursive) fileSystem.removeDirectory(path, context);
  else for (const _ of removeTree(fileSystem, path, context)) yield undefined;
  return undefined;
}

function* overlayChanges(overlays: GuestFiles["overlays"], maxEntries: number): Work {
  const changes: OverlayChange[] = [];
  let characters = 0;
  for (const { path: mountPath, volume } of overlays) {
    let steps = 0;
    for (const each of volume.changes(mountPath)) {
      if (each === undefined) {
        volume.beginOperation?.();
      } else {
        const { path } = each;
        if (path.length > maxPathBytes) throw new ErrnoError("ENAMETOOLONG", "an overlay has too long paths");
        characters += path.length;
        if (changes.length === maxEntries || characters > maxPathCharacters) {
          throw new ErrnoError("EOVERFLOW", `there are more than the ${maxEntries} that may be told`);
        }
        if (each.change === "removed") {
          changes.push({ path, change: each.change });
        } else {
          const { change, node } = each;
          const target = node.type === "symlink" ? node.readTarget() : undefined;
          changes.push({ path, change, ...infoOf(node.stat(), target) });
        }
      }
      if (++steps % batch === 0) yield undefined;
    }
  }
  // What was removed stays in front of what was made in its place.
  changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  for (let done = 0; done < changes.length; done += batch)
    yield { changes: changes.slice(done, done + batch) };
  return undefined;
}

function infoOf({ type, size, mode, modifyTimeNs }: FileStat, target: string | undefined): FileInfo {
  return {
    type,
    bytes: size,
    mode,
    modifiedMs: Number(modifyTimeNs / 1_000_000n),
    ...(target === undefined ? {} : { target }),
  };
}

/** What the names of errors mean to people; what is not here comes seldom, and is named alone. */
const meanings: { readonly [Name in Errno]?: string } = {
  EACCES: "the host does not allow it",
  EBUSY: "it is a mount, or on the way to one",
  EEXIST: "there is something of that name",
  EFBIG: "it is larger than files may be",
  EINVAL: "it cannot be",
  EISDIR: "it is a directory",
  ELOOP: "there are too many links on the way",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "there is no such file or directory",
  ENOSPC: "there is no room left for files",
  ENOTDIR: "something on the way is no directory",
  ENOTEMPTY: "the directory is not empty",
  EROFS: "it can only be read",
};

function reasonOf(error: ErrnoError): string {
  const detail = error.message.slice(error.errno.length + 2);
  return detail || meanings[error.errno] || error.errno;
}
