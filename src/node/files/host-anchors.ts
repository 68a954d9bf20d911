import { constants, fstatSync, openSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { ErrnoError } from "../../errno.js";
import type { GuestDescriptors } from "./guest-descriptors.js";
import { descriptorDirectory, descriptorPath, entryPath, O_PATH } from "./host-open.js";

/**
 * How a directory of a mount is held on to, so that a single name below it can be given to the host with nothing
 * else left to resolve. Every host call of a mount goes to `anchor + "/" + name` with one plain `name` and never
 * follows a link there, which is why a mount cannot be left.
 */
export interface Anchors {
  /** A host path that names the directory now. It is only good until the next call. */
  path(directory: AnchoredDirectory): string;
  /** Fails with `EACCES` if what was just done may have happened elsewhere. Absent where that cannot be. */
  readonly confirm?: (directory: AnchoredDirectory) => void;
  /** The directory must stay reachable even if it is renamed, until `release`. `EMFILE` if too much is held. */
  retain(directory: AnchoredDirectory): void;
  release(directory: AnchoredDirectory): void;
  /** The directory is gone. */
  forget(directory: AnchoredDirectory): void;
  /** Lets go of what has not been used for long. */
  trim(): void;
  close(): void;
}

export interface AnchoredDirectory {
  readonly parent: AnchoredDirectory | undefined;
  readonly name: string;
  /** What the directory was when it was found; what is opened later must be the same. */
  readonly device: bigint;
  readonly inode: bigint;
  /** Directories below it that are held, by name. */
  readonly held: Map<string, AnchoredDirectory>;
  /** How it is held now; the anchors' own. Absent: not at all. */
  anchor?: Anchor | undefined;
}

/** An open handle of a directory. */
interface Anchor {
  readonly handle: number;
  readonly path: string;
  /** How often it was retained. */
  holders: number;
}

/** How many directories are kept open without anybody standing on them. */
const maxIdleHandles = 64;

/**
 * Linux: every directory is an open handle, opened relative to its parent's without following a link. A handle is
 * bound to the directory, not to its name, so nothing that happens to names can lead it elsewhere. Handles that
 * nobody retains are closed after a while; such a directory is opened anew from its parent when it is needed, and
 * must then still be the one that was found.
 */
export function createHandleAnchors(rootPath: string, descriptors: GuestDescriptors): Anchors {
  const ownDescriptors = descriptorDirectory(rootPath);
  const open = new Set<AnchoredDirectory>();
  /** Open and not retained, the least recently used first. */
  const idle = new Set<AnchoredDirectory>();
  let closed = false;

  function touch(directory: AnchoredDirectory, anchor: Anchor): void {
    if (anchor.holders > 0) return;
    idle.delete(directory);
    idle.add(directory);
  }

  function openBelowParent(directory: AnchoredDirectory): Anchor {
    const { parent } = directory;
    const path = parent === undefined ? rootPath : entryPath(anchorOf(parent).path, directory.name);
    const followRoot = parent === undefined ? 0 : constants.O_NOFOLLOW;
    const flags = O_PATH | constants.O_DIRECTORY | followRoot;
    const handle = descriptors.open(() => openSync(path, flags), true);
    const { dev, ino } = fstatSync(handle, { bigint: true });
    if (dev !== directory.device || ino !== directory.inode) {
      descriptors.close(handle);
      throw new ErrnoError("ENOENT", "another directory has taken its place");
    }
    const anchor = { handle, path: descriptorPath(handle, ownDescriptors), holders: 0 };
    directory.anchor = anchor;
    open.add(directory);
    parent?.held.set(directory.name, directory);
    return anchor;
  }

  function anchorOf({ anchor }: AnchoredDirectory): Anchor {
    if (anchor === undefined) throw new ErrnoError("ESTALE");
    return anchor;
  }

  /** Opens the directory, and before it those above it that are not open. No recursion: a guest chooses the depth. */
  function ensure(directory: AnchoredDirectory): Anchor {
    if (closed) throw new ErrnoError("EBADF", "the file system is closed");
    const missing: AnchoredDirectory[] = [];
    for (
      let node: AnchoredDirectory | undefined = directory;
      node && node.anchor === undefined;
      node = node.parent
    ) {
      missing.push(node);
    }
    // Not to be closed to make room for what is below it.
    const above = missing.at(-1)?.parent;
    if (above?.anchor !== undefined) touch(above, above.anchor);
    for (const node of missing.reverse()) {
      touch(node, openBelowParent(node));
      trim(2 * maxIdleHandles);
    }
    return anchorOf(directory);
  }

  function shut(directory: AnchoredDirectory): void {
    const { anchor } = directory;
    directory.anchor = undefined;
    open.delete(directory);
    idle.delete(directory);
    if (anchor !== undefined) descriptors.close(anchor.handle);
    letGo(directory, (node) => node.anchor !== undefined);
  }

  function trim(limit: number): void {
    for (const directory of idle) {
      if (idle.size <= limit) break;
      shut(directory);
    }
  }

  // The one that was used last may be about to be used.
  descriptors.addIdle(() => {
    const before = idle.size;
    if (before > 1) trim(before - 1);
    return idle.size < before;
  });

  return {
    path(directory) {
      const anchor = directory.anchor ?? ensure(directory);
      touch(directory, anchor);
      return anchor.path;
    },
    retain(directory) {
      ensure(directory).holders++;
      idle.delete(directory);
    },
    release(directory) {
      const { anchor } = directory;
      if (anchor === undefined || --anchor.holders > 0) return;
      touch(directory, anchor);
      trim(maxIdleHandles);
    },
    forget(directory) {
      if (directory.anchor === undefined || directory.anchor.holders === 0) shut(directory);
    },
    trim: () => trim(maxIdleHandles),
    close() {
      closed = true;
      for (const directory of open) {
        descriptors.close(anchorOf(directory).handle);
        directory.anchor = undefined;
      }
      open.clear();
      idle.clear();
    },
  };
}

/** Takes a directory out of its parent's `held`, and those above that were only held for it. */
function letGo(directory: AnchoredDirectory, isInUse: (node: AnchoredDirectory) => boolean): void {
  let node: AnchoredDirectory | undefined = directory;
  while (node?.parent !== undefined && !isInUse(node) && node.held.size === 0) {
    if (node.parent.held.get(node.name) === node) node.parent.held.delete(node.name);
    node = node.parent;
  }
}

/**
 * Where there is no `openat` (macOS, Windows, Linux without `/proc`): a directory is a canonical path, compared with
 * what the host resolves it to before and after each call. A mount cannot be left by anything in it or made in it by
 * the guest, but a process on the host that swaps a directory for a link and back, just between check and use, can
 * redirect that one call. `docs/files.md` tells it to users.
 */
export function createPathAnchors(rootPath: string): Anchors {
  const root = realpathSync.native(rootPath);
  let closed = false;

  function canonicalPath(directory: AnchoredDirectory): string {
    const names: string[] = [];
    let node: AnchoredDirectory = directory;
    for (; node.parent !== undefined; node = node.parent) names.push(node.name);
    let path = root;
    for (const name of names.reverse()) {
      const next = realpathSync.native(join(path, name));
      if (dirname(next) !== path) throw new ErrnoError("EACCES", "a directory was replaced by a link");
      path = next;
    }
    return path;
  }

  function check(directory: AnchoredDirectory): string {
    if (closed) throw new ErrnoError("EBADF", "the file system is closed");
    const path = canonicalPath(directory);
    const { dev, ino } = statSync(path, { bigint: true });
    if (dev !== directory.device || ino !== directory.inode) {
      throw new ErrnoError("ENOENT", "another directory has taken its place");
    }
    return path;
  }

  const retained = new Map<AnchoredDirectory, number>();

  return {
    path: check,
    confirm: check,
    retain(directory) {
      retained.set(directory, (retained.get(directory) ?? 0) + 1);
      for (let node = directory; node.parent !== undefined; node = node.parent) {
        node.parent.held.set(node.name, node);
      }
    },
    release(directory) {
      const count = (retained.get(directory) ?? 0) - 1;
      if (count > 0) retained.set(directory, count);
      else retained.delete(directory);
      letGo(directory, (node) => retained.has(node));
    },
    forget(directory) {
      letGo(directory, (node) => retained.has(node));
    },
    trim() {},
    close() {
      closed = true;
      retained.clear();
    },
  };
}
