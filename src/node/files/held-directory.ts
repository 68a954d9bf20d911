import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
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

/** A directory that was walked to. */
export interface HeldDirectory {
  /** A host path of it, without links but for `/proc`'s own. */
  readonly path: string;
  /** Absent where there are no handles. */
  readonly handle?: number;
  readonly device: bigint;
  readonly inode: bigint;
}

/** As on Linux. */
const mostLinks = 40;
const isWindows = process.platform === "win32";
export const separators = isWindows ? /[\\/]/ : /\//;

export interface WalkOptions {
  readonly untrusted: readonly UntrustedDirectory[];
  /** Whether the directory may be one of the untrusted ones or lie below one. */
  readonly mayLieThere: boolean;
  /** Default: wherever they work. */
  readonly usesHandles?: boolean;
}

/**
 * Walks to a directory and holds it, until `leave`. Links on the way are followed, as everywhere; but none that lies in
 * one of the `untrusted` directories. These are recognised by what they are, not by their names.
 *
 * Linux: each directory on the way is opened below the one before, and nothing that is renamed or swapped meanwhile
 * matters. Where there is no `openat` (macOS, Windows, Linux without `/proc`) it is a path without links.
 *
 * Throws a `FileRefusedError`, or the system's error.
 */
export function openDirectory(path: string, options: WalkOptions): HeldDirectory {
  const { untrusted, mayLieThere, usesHandles = canAnchorByHandle("/") } = options;
  const absolute = isWindows ? resolve(path) : isAbsolute(path) ? path : `${process.cwd()}/${path}`;
  const { root } = parse(absolute);
  const forbidden = untrusted.map((directory) => ({ ...directory, stats: statsOf(directory) }));
  /** The root, and each directory below the one before. */
  const steps: HeldDirectory[] = [];
  const untrustedStep = () => forbidden.find(({ stats }) => steps.some((step) => isSame(step, stats)));
  const todo = namesIn(absolute, root);
  let links = 0;
  try {
    steps.push(enter(root, usesHandles) as HeldDirectory);
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
      if (name === "" || name === ".") continue;
      if (name === "..") {
        if (steps.length > 1) leave(steps.splice(-1));
        continue;
      }
      const entry = join((steps.at(-1) as HeldDirectory).path, name);
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
      if (steps.length === 0) steps.push(enter(start, usesHandles) as HeldDirectory);
    }
    const owner = mayLieThere ? undefined : untrustedStep();
    if (owner !== undefined) throw new FileRefusedError(`it lies in ${owner.name}: keep it outside of that`);
    return steps.pop() as HeldDirectory;
  } finally {
    leave(steps);
  }
}

/** The components below the root, the last one first. */
function namesIn(path: string, root: string): string[] {
  return path.slice(root.length).split(separators).reverse();
}

/** Undefined for a link. */
function enter(path: string, usesHandles: boolean): HeldDirectory | undefined {
  if (!usesHandles) return stepOf(path, lstatSync(path, { bigint: true }));
  const handle = openSync(path, O_PATH | constants.O_NOFOLLOW);
  let step: HeldDirectory | undefined;
  try {
    step = stepOf(descriptorPath(handle), fstatSync(handle, { bigint: true }), handle);
    return step;
  } finally {
    if (step === undefined) closeSync(handle);
  }
}

function stepOf(path: string, stats: BigIntStats, handle?: number): HeldDirectory | undefined {
  if (stats.isSymbolicLink()) return undefined;
  if (!stats.isDirectory()) throw new FileRefusedError("what should be its directory is none");
  return { path, device: stats.dev, inode: stats.ino, ...(handle === undefined ? {} : { handle }) };
}

export function leave(steps: readonly HeldDirectory[]): void {
  for (const { handle } of steps) if (handle !== undefined) closeSync(handle);
}

function statsOf({ path, name }: UntrustedDirectory): BigIntStats {
  try {
    return statSync(path, { bigint: true });
  } catch {
    throw new FileRefusedError(`whether it lies in ${name} cannot be told, for that cannot be reached`);
  }
}

export function isSame({ device, inode }: HeldDirectory, stats: BigIntStats): boolean {
  return stats.dev === device && stats.ino === inode;
}
