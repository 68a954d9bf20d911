import { closeSync, fsyncSync, lstatSync, openSync, promises, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  FileRefusedError,
  isSame,
  leave,
  openDirectory,
  separators,
  type UntrustedDirectory,
} from "./held-directory.js";
import { canAnchorByHandle } from "./host-open.js";

/** Where a file is or is to be: a name in a directory that is held. */
export interface FilePlace {
  /** The last component of the path. It is never followed. */
  readonly name: string;
  /** Whether the directory is held by a handle (Linux), so that nothing that happens to names leads elsewhere. */
  readonly usesHandles: boolean;
  /**
   * A host path of the file, or of the one beside it with `suffix` added to its name. Good for one call, which must
   * not follow a link there.
   */
  path(suffix?: string): string;
  /** The place with `suffix` added to its name. It is closed with this one. */
  beside(suffix: string): FilePlace;
  /** The place of another name in the same directory. It is closed with this one. */
  named(name: string): FilePlace;
  /** The names in the directory. */
  siblings(): string[];
  /** Has the names in the directory written to the disk, where the system can do that. */
  sync(): void;
  /** As `sync`, and others go on meanwhile. */
  syncLater(): Promise<void>;
  close(): void;
}

/**
 * Opens the directory of a file and holds it until `close`. Links on the way to it are followed, as everywhere;
 * but none that lies in one of the `untrusted` directories, and none of these may be the file's directory or one
 * above it. They are recognised by what they are, not by their names.
 *
 * Linux: each directory on the way is opened below the one before, and nothing that is renamed or swapped meanwhile
 * matters. Where there is no `openat` (macOS, Windows, Linux without `/proc`) the directory is a path without links,
 * and before each use it must be the directory that was found; a process that swaps it between check and use can
 * redirect that one use.
 *
 * Throws a `FileRefusedError`, or the system's error.
 *
 * @param usesHandles Default: wherever they work.
 */
export function openPlace(
  path: string,
  untrusted: readonly UntrustedDirectory[] = [],
  usesHandles = canAnchorByHandle("/"),
): FilePlace {
  const name = path.split(separators).at(-1) as string;
  if (["", ".", ".."].includes(name)) throw new FileRefusedError("it is the name of a directory");
  const directory = openDirectory(path.slice(0, path.length - name.length), {
    untrusted,
    mayLieThere: false,
    usesHandles,
  });
  let closed = false;

  function directoryPath(): string {
    // Its descriptor may by now be another file's.
    if (closed) throw new Error("the place of the file is closed");
    if (!usesHandles && !isSame(directory, lstatSync(directory.path, { bigint: true }))) {
      throw new FileRefusedError("another directory has taken the place of its own");
    }
    return directory.path;
  }

  const placeOf = (name: string): FilePlace => ({
    name,
    usesHandles,
    path: (suffix = "") => join(directoryPath(), name + suffix),
    beside: (suffix) => placeOf(name + suffix),
    named: placeOf,
    siblings: () => readdirSync(`${directoryPath()}/.`),
    sync: () => syncDirectory(`${directoryPath()}/.`),
    syncLater: () => syncDirectoryLater(`${directoryPath()}/.`),
    close() {
      if (!closed) leave([directory]);
      closed = true;
    },
  });
  return placeOf(name);
}

/** Does something with the place of a file and closes it. */
export function withPlace<Result>(place: FilePlace, action: (place: FilePlace) => Result): Result {
  try {
    return action(place);
  } finally {
    place.close();
  }
}

/** The new name lasts once its directory is on the disk. Not every system can do that with directories. */
function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, "r");
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  } catch {
    // The file itself is whole either way.
  }
}

async function syncDirectoryLater(path: string): Promise<void> {
  try {
    const directory = await promises.open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch {
    // The file itself is whole either way.
  }
}
