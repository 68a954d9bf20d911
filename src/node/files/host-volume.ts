import { type Dir, statfsSync, statSync } from "node:fs";
import { ErrnoError } from "../../errno.js";
import { createGuestDescriptors, type GuestDescriptors } from "./guest-descriptors.js";
import { createHandleAnchors, createPathAnchors } from "./host-anchors.js";
import { HostDirectory } from "./host-directory.js";
import { hostCall } from "./host-errors.js";
import { canAnchorByHandle, typeOf } from "./host-open.js";
import { createHostTimes } from "./host-times.js";
import type { MountedVolume } from "./mounted.js";

export interface HostVolumeOptions {
  /** Default false: nothing below the directory is ever changed. */
  readonly writable?: boolean;
  /**
   * How directories are held: by `handles` (Linux), which nothing can mislead, or by checked `paths`. Default:
   * handles wherever they work.
   */
  readonly anchors?: "handles" | "paths";
  /** Shared by all mounts of a guest. Default: the volume's own. */
  readonly descriptors?: GuestDescriptors;
}

/** In which `stat` counts what a file takes. */
const blockBytes = 512;

/** A mounted host directory. */
export interface HostVolume extends MountedVolume {
  readonly root: HostDirectory;
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
    const descriptors = options.descriptors ?? createGuestDescriptors();
    const anchors = usesHandles ? createHandleAnchors(hostPath, descriptors) : createPathAnchors(hostPath);
    const openDescriptors = new Set<number>();
    const openStreams = new Set<Dir>();
    const volume: Omit<HostVolume, "root"> & { root?: HostDirectory } = {
      device: 0n,
      readOnly: options.writable !== true,
      anchors,
      usesHandles,
      descriptors,
      openDescriptors,
      openStreams,
      times: createHostTimes(),
      operation: 0,
      beginOperation() {
        volume.operation++;
        anchors.trim();
      },
      requireWritable() {
        if (volume.readOnly) throw new ErrnoError("EROFS");
      },
      space() {
        // How full the host's disk is, is its own business unless the guest is to fill it.
        if (volume.readOnly) return { totalBytes: 0, freeBytes: 0, totalNodes: 0, freeNodes: 0 };
        const { bsize, blocks, bavail, files, ffree } = complete.root.at((path) => statfsSync(path));
        return {
          totalBytes: blocks * bsize,
          freeBytes: bavail * bsize,
          totalNodes: files,
          freeNodes: ffree,
        };
      },
      toFileStat(stats) {
        return {
          // Host file systems mounted inside the directory stay apart from each other, under numbers of ours.
          device:
            stats.dev === rootStats.dev
              ? volume.device
              : volume.device + BigInt.asUintN(64, (stats.dev - rootStats.dev) << 16n),
          inode: stats.ino,
          type: typeOf(stats),
          mode: Number(stats.mode) & 0o7777,
          linkCount: Number(stats.nlink),
          size: Number(stats.size),
          storedBytes: Number(stats.blocks) * blockBytes,
          accessTimeNs: volume.times.accessTimeNs(stats),
          modifyTimeNs: volume.times.modifyTimeNs(stats),
          changeTimeNs: stats.ctimeNs,
        };
      },
      close() {
        for (const stream of openStreams) {
          stream.closeSync();
          descriptors.release();
        }
        for (const descriptor of openDescriptors) descriptors.close(descriptor);
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
