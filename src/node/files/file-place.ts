import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  promises,
  readdirSync,
  readlinkSync,
  statSync,
} from "node:fs";
import { isAbsolute, join, parse, resolve } from "node:path";
import { canAnchorByHandle, descriptorPath, O_PATH } from "./host-open.js";

/** A directory where somebody else can make names and change them, such as a guest that it is mounted for. */
export interface UntrustedDirectory {
  /** A host path. */
  readonly path: string;
  /** What messages call it. */
  readonly name: string;
}

/** A file that is not read or written. `message` is a clause that says why: "it is a directory". */
export class FileRefusedError extends Error {
  override readonly name = "FileRefusedError";
}

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

/** A directory on the way to a file. */
interface Step {
  readonly path: string;
  /** Absent where there are no handles. */
  readonly handle?: number;
  readonly device: bigint;
  readonly inode: bigint;
}

/** As on Linux. */
const mostLinks = 40;
const isWindows = process.platform === "win32";
const separators = isWindows ? /[\\/]/ : /\//;

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
  const directory = openDirectory(path.slice(0, path.length - name.length), untrusted, usesHandles);
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

function openDirectory(path: string, untrusted: readonly UntrustedDirectory[], usesHandles: boolean): Step {
  const absolute = isWindows ? resolve(path) : isAbsolute(path) ? path : `${process.cwd()}/${path}`;
  const { root } = parse(absolute);
  const forbidden = untrusted.map((directory) => ({ ...directory, stats: statsOf(directory) }));
  /** The root, and each directory below the one before. */
  const steps: Step[] = [];
  const untrustedStep = () => forbidden.find(({ stats }) => steps.some((step) => isSame(step, stats)));
  const todo = namesIn(absolute, root);
  let links = 0;
  try {
    steps.push(enter(root, usesHandles) as Step);
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
      if (name === "" || name === ".") continue;
      if (name === "..") {
        if (steps.length > 1) leave(steps.splice(-1));
        continue;
      }
      const entry = join((steps.at(-1) as Step).path, name);
      const step = enter(entry, usesHandles);
      if (step !== undefined) {
        steps.push(step);
        continue;
      }
      const owner = untrustedStep();
      if (owner !== undefined) throw new FileRefusedError(`a symbolic link in ${owner.name} leads to it`);
      if (++links > mostLinks) throw new FileRefusedError("too many symbolic links lead to it");
      const target = readlinkSync(entry);
      const { root: start } = parse(target);
      todo.push(...namesIn(target, start));
      // From the root of all, or of another drive.
      if (start !== "") leave(steps.splice(isWindows ? 0 : 1));
      if (steps.length === 0) steps.push(enter(start, usesHandles) as Step);
    }
    const owner = untrustedStep();
    if (owner !== undefined) throw new FileRefusedError(`it lies in ${owner.name}: keep it outside of that`);
    return steps.pop() as Step;
  } finally {
    leave(steps);
  }
}

/** The components below the root, the last one first. */
function namesIn(path: string, root: string): string[] {
  return path.slice(root.length).split(separators).reverse();
}

/** Undefined for a link. */
function enter(path: string, usesHandles: boolean): Step | undefined {
  if (!usesHandles) return stepOf(path, lstatSync(path, { bigint: true }));
  const handle = openSync(path, O_PATH | constants.O_NOFOLLOW);
  let step: Step | undefined;
  try {
    step = stepOf(descriptorPath(handle), fstatSync(handle, { bigint: true }), handle);
    return step;
  } finally {
    if (step === undefined) closeSync(handle);
  }
}

function stepOf(path: string, stats: BigIntStats, handle?: number): Step | undefined {
  if (stats.isSymbolicLink()) return undefined;
  if (!stats.isDirectory()) throw new FileRefusedError("what should be its directory is none");
  return { path, device: stats.dev, inode: stats.ino, ...(handle === undefined ? {} : { handle }) };
}

function leave(steps: readonly Step[]): void {
  for (const { handle } of steps) if (handle !== undefined) closeSync(handle);
}

function statsOf({ path, name }: UntrustedDirectory): BigIntStats {
  try {
    return statSync(path, { bigint: true });
  } catch {
    throw new FileRefusedError(`whether it lies in ${name} cannot be told, for that cannot be reached`);
  }
}

function isSame({ device, inode }: Step, stats: BigIntStats): boolean {
  return stats.dev === device && stats.ino === inode;
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
