import { ErrnoError } from "../errno.js";
import type { FileStat, FileSystem, OpenFile, PathContext } from "./types.js";

/** Entries that are looked at in one go. */
const batch = 256;

/** A directory that is being emptied. */
interface Level {
  readonly name: string;
  /** Of the directory above, which must be found again. */
  readonly above: FileStat;
}

/**
 * Removes a directory with all that is in it, however deep, in steps that do not take long. Follows no link. If it fails
 * half way, what is left is left.
 *
 * @param path Names a directory.
 */
export function* removeTree(
  fileSystem: FileSystem,
  path: string,
  context: PathContext,
): Generator<void, void> {
  try {
    // Says whether it may be removed at all, before anything in it is.
    fileSystem.removeDirectory(path, context);
    return;
  } catch (error) {
    if (!(error instanceof ErrnoError && error.errno === "ENOTEMPTY")) throw error;
  }
  const levels: Level[] = [];
  let directory = openDirectory(fileSystem, path, context);
  try {
    for (;;) {
      const below = emptyFiles(fileSystem, directory);
      yield;
      if (below === undefined) continue;
      if (below !== "") {
        const above = directory.stat();
        const next = openDirectory(fileSystem, below, { base: directory });
        directory.close();
        directory = next;
        levels.push({ name: below, above });
        continue;
      }
      const level = levels.pop();
      if (level === undefined) break;
      const above = openDirectory(fileSystem, "..", { base: directory });
      directory.close();
      directory = above;
      // Somebody else may have moved it meanwhile, where a mount leads to directories of the host.
      if (!isSame(directory.stat(), level.above)) throw new ErrnoError("EBUSY", "it is moved meanwhile");
      fileSystem.removeDirectory(level.name, { base: directory });
    }
  } finally {
    directory.close();
  }
  fileSystem.removeDirectory(path, context);
}

/** Removes some of what can be. Gives a directory to go on in; "" if there is nothing left at all. */
function emptyFiles(fileSystem: FileSystem, directory: OpenFile): string | undefined {
  const entries = directory.readDirectory(0n, batch).slice(2);
  const base = { base: directory };
  let below = entries.length === 0 ? "" : undefined;
  let failure: unknown;
  let hasRemoved = false;
  for (const { name, type } of entries) {
    try {
      if (type === "directory") fileSystem.removeDirectory(name, base);
      else fileSystem.unlink(name, base);
      hasRemoved = true;
    } catch (error) {
      const { errno } = error as ErrnoError;
      if (errno === "ENOTEMPTY") below ??= name;
      // It has come, gone or changed since it was listed, on the host: the next time it is listed as it is.
      else if (errno === "ENOENT" || errno === "EISDIR" || errno === "ENOTDIR") failure = error;
      else throw error;
    }
  }
  if (failure !== undefined && !hasRemoved && below === undefined) throw failure;
  return below;
}

function openDirectory(fileSystem: FileSystem, path: string, context: PathContext): OpenFile {
  return fileSystem.open(path, { read: true, directory: true, followSymlinks: false }, context);
}

function isSame(left: FileStat, right: FileStat): boolean {
  return left.device === right.device && left.inode === right.inode;
}
