import {
  type BigIntStats,
  closeSync,
  constants,
  type Dir,
  fstatSync,
  lstatSync,
  openSync,
  statSync,
} from "node:fs";
import { ErrnoError } from "../errno.js";
import {
  type Anchors,
  canAnchorByHandle,
  createHandleAnchors,
  createPathAnchors,
  descriptorPath,
  O_PATH,
} from "./host-anchors.js";
import { HostDirectory } from "./host-directory.js";
import { hostCall } from "./host-errors.js";
import type { FileStat, FileType } from "./types.js";
import type { Volume } from "./volume.js";

export interface HostVolumeOptions {
  /** Default false: nothing below the directory is ever changed. */
  readonly writable?: boolean;
  /**
   * How directories are held: by `handles` (Linux), which nothing can mislead, or by checked `paths`. Default:
   * handles wherever they work.
   */
  readonly anchors?: "handles" | "paths";
}

/** A mounted host directory. */
export interface HostVolume extends Volume {
  readonly root: HostDirectory;
  readonly anchors: Anchors;
  readonly usesHandles: boolean;
  /** Everything open, so that `close` can close it. */
  readonly openDescriptors: Set<number>;
  readonly openStreams: Set<Dir>;
  /** Counts operations: what was seen in one is not believed in the next. */
  operation: number;
  /** `EROFS` on a read-only mount: the guard before every call that changes something. */
  requireWritable(): void;
  toFileStat(stats: BigIntStats): FileStat;
}

/**
 * Mounts a host directory, which must exist; links in `hostPath` itself are followed once, now. `ENOENT` or
 * `ENOTDIR` if it is no directory.
 */
export function createHostVolume(hostPath: string, options: HostVolumeOptions = {}): HostVolume {
  return hostCall(() => {
    const rootStats = statSync(hostPath, { bigint: true });
    if (!rootStats.isDirectory()) throw new ErrnoError("ENOTDIR", "not a directory");
    const usesHandles = options.anchors !== "paths" && canAnchorByHandle(hostPath);
    const anchors = usesHandles ? createHandleAnchors(hostPath) : createPathAnchors(hostPath);
    const openDescriptors = new Set<number>();
    const openStreams = new Set<Dir>();
    const volume: Omit<HostVolume, "root"> & { root?: HostDirectory } = {
      device: 0n,
      readOnly: options.writable !== true,
      anchors,
      usesHandles,
      openDescriptors,
      openStreams,
      operation: 0,
      beginOperation() {
        volume.operation++;
        anchors.trim();
      },
      requireWritable() {
        if (volume.readOnly) throw new ErrnoError("EROFS");
      },
      toFileStat(stats) {
        return {
          // Host file systems mounted inside the directory stay apart from each other, under numbers of ours.
          device: volume.device + BigInt.asUintN(64, (stats.dev - rootStats.dev) << 16n),
          inode: stats.ino,
          type: typeOf(stats),
          mode: Number(stats.mode & 0o7777n),
          linkCount: Number(stats.nlink),
          size: Number(stats.size),
          accessTimeNs: stats.atimeNs,
          modifyTimeNs: stats.mtimeNs,
          changeTimeNs: stats.ctimeNs,
        };
      },
      close() {
        for (const stream of openStreams) stream.closeSync();
        for (const descriptor of openDescriptors) closeSync(descriptor);
        openStreams.clear();
        openDescriptors.clear();
        anchors.close();
      },
    };
    const complete = volume as HostVolume & { root: HostDirectory };
    complete.root = new HostDirectory(complete, undefined, "", rootStats);
    // Held from now on, so that the mount stays this directory whatever its host path leads to later.
    anchors.retain(complete.root);
    return complete;
  });
}

export function typeOf(stats: BigIntStats): FileType {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isCharacterDevice()) return "character";
  if (stats.isBlockDevice()) return "block";
  if (stats.isFIFO()) return "fifo";
  return stats.isSocket() ? "socket" : "unknown";
}

/**
 * Opens a regular file, given by one name below an anchor. Never follows a link, and never opens anything else, not
 * even for a moment: a FIFO would block and some devices act on being opened.
 */
export function openRegularFile(path: string, flags: number, usesHandles: boolean): number {
  if (!usesHandles) {
    const seen = lstatSync(path, { bigint: true });
    requireRegular(seen);
    const descriptor = openSync(path, flags | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const opened = fstatSync(descriptor, { bigint: true });
    if (opened.ino === seen.ino && opened.dev === seen.dev && opened.isFile()) return descriptor;
    closeSync(descriptor);
    throw new ErrnoError("EACCES", "the file was replaced");
  }
  // First without access, which has no effect on anything; then, once it is known to be a file, that very object.
  const object = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    requireRegular(fstatSync(object, { bigint: true }));
    return openSync(descriptorPath(object), flags | constants.O_NONBLOCK);
  } finally {
    closeSync(object);
  }
}

function requireRegular(stats: BigIntStats): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw new ErrnoError("EISDIR");
  if (stats.isSymbolicLink()) throw new ErrnoError("ELOOP");
  throw new ErrnoError("EACCES", "devices, FIFOs and sockets are not opened");
}
