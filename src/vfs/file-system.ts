import { ErrnoError, noEntry } from "../errno.js";
import { DirectoryFile } from "./directory-file.js";
import { checkPath } from "./names.js";
import { createNamespace, type MountedVolume } from "./namespace.js";
import type { FileSystem, OpenFile, OpenOptions, PathContext } from "./types.js";
import type { DirectoryNode, FileNode, Node, Volume } from "./volume.js";
import { type FinalLink, locate, type Place } from "./walk.js";

export interface FileSystemOptions {
  /** What the guest sees at `/`. */
  readonly root: Volume;
  /** Volumes at other paths, in any order; they may lie below each other. A volume is mounted once. */
  readonly mounts?: readonly MountedVolume[];
}

/** How often an open begins anew because a file came or went between look-up and open. */
const maxOpenTries = 16;

/** Of a device's number: what is above belongs to the volume itself, which may hold others of the host's. */
const volumeBits = 0xffffn;
const noSpace = { totalBytes: 0, freeBytes: 0, totalNodes: 0, freeNodes: 0 };

/** Builds the name space that one session sees. The errors of its calls are those that Linux gives. */
export function createFileSystem(options: FileSystemOptions): FileSystem {
  const tree = createNamespace(options.root, options.mounts ?? []);

  function find(path: string, final: FinalLink, context: PathContext | undefined): Place {
    for (const volume of tree.volumes) volume.beginOperation?.();
    return findMore(path, final, context);
  }

  /** As `find`, for the second path of a call: the handles of the first stay open. */
  function findMore(path: string, final: FinalLink, context: PathContext | undefined): Place {
    const base = context?.base;
    if (base !== undefined && !(base instanceof DirectoryFile)) throw new ErrnoError("ENOTDIR");
    return locate(tree, path, final, base?.node, context?.beneath === true);
  }

  function existing(path: string, follow: boolean, context: PathContext | undefined): Node {
    const { node, trailingSlash } = find(path, follow ? "follow" : "keep", context);
    if (node === undefined) throw noEntry;
    if (trailingSlash && node.type !== "directory") throw new ErrnoError("ENOTDIR");
    return node;
  }

  function changeable<T extends Node>(node: T): T {
    if (node.volume.readOnly) throw new ErrnoError("EROFS");
    return node;
  }

  /**
   * What a call is to take out of its directory. Of a name that is missing in a read-only one Linux says `EROFS`, POSIX
   * allows both, and programs that remove what may not be there expect `ENOENT`.
   */
  function removable(node: Node | undefined, directory: DirectoryNode): Node {
    if (node === undefined) throw noEntry;
    changeable(directory);
    return node;
  }

  /** The place of a new entry other than a directory. */
  function vacant(place: Place): Place {
    if (place.node !== undefined) throw new ErrnoError("EEXIST");
    if (place.trailingSlash) throw new ErrnoError("ENOENT", "a new name with a slash behind it");
    changeable(place.directory);
    return place;
  }

  function openOnce(
    path: string,
    options: OpenOptions,
    context: PathContext | undefined,
  ): OpenFile | undefined {
    const create = options.create === true;
    const exclusive = create && options.exclusive === true;
    const keepsLink = exclusive || options.followSymlinks === false;
    const final = keepsLink ? (create ? "entry" : "keep") : create ? "create" : "follow";
    const place = find(path, final, context);
    const { directory, name, node, last, trailingSlash } = place;
    if (create && trailingSlash && last === "name") throw new ErrnoError("EISDIR");
    const writes = options.write === true || options.append === true || options.truncate === true;
    if (node === undefined) {
      if (!create) throw noEntry;
      try {
        return changeable(directory).createFile(name, options);
      } catch (error) {
        if (!exclusive && isErrno(error, "EEXIST")) return undefined;
        throw error;
      }
    }
    if (exclusive) throw new ErrnoError("EEXIST");
    if (create && node.type === "directory") throw new ErrnoError("EISDIR");
    if (node.type === "symlink") throw new ErrnoError(options.directory === true ? "ENOTDIR" : "ELOOP");
    if (node.type === "directory") {
      if (writes) throw new ErrnoError("EISDIR");
      return new DirectoryFile(node, tree, options.nonBlocking === true);
    }
    if (trailingSlash || options.directory === true) throw new ErrnoError("ENOTDIR");
    if (writes && node.type === "file") changeable(node);
    return node.open(options);
  }

  /** Refuses what cannot be renamed, in the order in which Linux looks at it. Returns whether anything is to do. */
  function checkRename(source: Place, target: Place): boolean {
    if (source.last !== "name" || target.last !== "name") throw new ErrnoError("EBUSY");
    const { directory } = source;
    if (directory.volume !== target.directory.volume) throw new ErrnoError("EXDEV");
    const node = removable(source.node, directory);
    if (node.type !== "directory" && (source.trailingSlash || target.trailingSlash)) {
      throw new ErrnoError("ENOTDIR");
    }
    if (tree.isBusy(directory, source.name) || tree.isBusy(target.directory, target.name)) {
      throw new ErrnoError("EBUSY");
    }
    if (node.type === "directory" && isWithin(target.directory, node)) throw new ErrnoError("EINVAL");
    const replaced = target.node;
    if (replaced === undefined) return true;
    if (isSame(node, replaced)) return false;
    if (replaced.type === "directory" && isWithin(directory, replaced)) throw new ErrnoError("ENOTEMPTY");
    if (node.type === "directory" && replaced.type !== "directory") throw new ErrnoError("ENOTDIR");
    if (node.type !== "directory" && replaced.type === "directory") throw new ErrnoError("EISDIR");
    return true;
  }

  return {
    open(path, options, context) {
      if (options.create === true && options.directory === true) throw new ErrnoError("EINVAL");
      for (let tries = 0; tries < maxOpenTries; tries++) {
        const file = openOnce(path, options, context);
        if (file !== undefined) return file;
      }
      throw new ErrnoError("EAGAIN", "the file comes and goes");
    },

    stat(path, options, context) {
      return existing(path, options?.followSymlinks !== false, context).stat();
    },

    makeDirectory(path, mode = 0o777, context) {
      const { directory, name, node } = find(path, "entry", context);
      if (node !== undefined) throw new ErrnoError("EEXIST");
      changeable(directory).makeDirectory(name, mode);
    },

    removeDirectory(path, context) {
      const { directory, name, node, last } = find(path, "entry", context);
      if (last === ".") throw new ErrnoError("EINVAL");
      if (last === "..") throw new ErrnoError("ENOTEMPTY");
      if (last === "/") throw new ErrnoError("EBUSY");
      if (removable(node, directory).type !== "directory") throw new ErrnoError("ENOTDIR");
      if (tree.isBusy(directory, name)) throw new ErrnoError("EBUSY");
      directory.removeDirectory(name);
    },

    unlink(path, context) {
      const { directory, name, node, last, trailingSlash } = find(path, "entry", context);
      if (last !== "name") throw new ErrnoError("EISDIR");
      if (removable(node, directory).type === "directory") throw new ErrnoError("EISDIR");
      if (trailingSlash) throw new ErrnoError("ENOTDIR");
      directory.unlink(name);
    },

    rename(from, to, fromContext, toContext) {
      const source = find(from, "entry", fromContext);
      const target = findMore(to, "entry", toContext);
      if (checkRename(source, target)) source.directory.rename(source.name, target.directory, target.name);
    },

    link(from, to, options, fromContext, toContext) {
      const source = find(from, options?.followSymlinks === true ? "follow" : "keep", fromContext);
      if (source.node === undefined) throw new ErrnoError("ENOENT");
      if (source.trailingSlash && source.node.type !== "directory") throw new ErrnoError("ENOTDIR");
      const { directory, name } = vacant(findMore(to, "entry", toContext));
      if (source.node.volume !== directory.volume) throw new ErrnoError("EXDEV");
      if (source.node.type === "directory") throw new ErrnoError("EPERM");
      directory.link(name, source.node);
    },

    symlink(target, path, context) {
      checkPath(target);
      const { directory, name } = vacant(find(path, "entry", context));
      directory.symlink(name, target);
    },

    readLink(path, context) {
      const node = existing(path, false, context);
      if (node.type !== "symlink") throw new ErrnoError("EINVAL");
      return node.readTarget();
    },

    setTimes(path, change, options, context) {
      changeable(existing(path, options?.followSymlinks !== false, context)).setTimes(change);
    },

    setMode(path, mode, options, context) {
      const node = changeable(existing(path, options?.followSymlinks !== false, context));
      if (node.type === "symlink") throw new ErrnoError("ENOTSUP", "links have no permissions of their own");
      node.setMode(mode);
    },

    truncate(path, size, context) {
      const node = existing(path, true, context);
      if (node.type === "directory") throw new ErrnoError("EISDIR");
      if (node.type !== "file") throw new ErrnoError("EINVAL");
      changeable(node).truncate(size);
    },

    space({ device }) {
      const volume = tree.volumes.find((each) => each.device === (device & volumeBits));
      return { ...(volume?.space?.() ?? noSpace), readOnly: volume?.readOnly === true };
    },

    writeFile(path, bytes, mode = 0o666, context) {
      const { directory, name, node, last, trailingSlash } = find(path, "create", context);
      if (trailingSlash && last === "name") throw new ErrnoError("EISDIR");
      if (node === undefined) {
        changeable(directory).createFile(name, { write: true, mode }).close();
        const made = directory.lookup(name);
        if (made?.type !== "file") throw new ErrnoError("EAGAIN", "the file comes and goes");
        try {
          replaceContents(made, bytes);
        } catch (error) {
          directory.unlink(name);
          throw error;
        }
        return;
      }
      if (node.type === "directory") throw new ErrnoError("EISDIR");
      if (node.type !== "file") throw new ErrnoError("EINVAL", "it is no regular file");
      replaceContents(changeable(node), bytes);
    },

    pathOf(directory) {
      if (!(directory instanceof DirectoryFile)) throw new ErrnoError("ENOTDIR");
      return tree.pathOf(directory.node);
    },

    close() {
      for (const volume of tree.volumes) volume.close();
    },
  };
}

function replaceContents(node: FileNode, bytes: Uint8Array): void {
  if (node.replaceContents !== undefined) {
    node.replaceContents(bytes);
    return;
  }
  const file = node.open({ write: true, truncate: true });
  try {
    for (let done = 0; done < bytes.length; ) done += file.write(bytes.subarray(done));
  } finally {
    file.close();
  }
}

function isErrno(error: unknown, errno: string): boolean {
  return error instanceof ErrnoError && error.errno === errno;
}

/** Whether `directory` is `ancestor` or lies below it, on the same volume. */
function isWithin(directory: DirectoryNode, ancestor: DirectoryNode): boolean {
  for (let node: DirectoryNode | undefined = directory; node !== undefined; node = node.parent) {
    if (node.isSame(ancestor)) return true;
  }
  return false;
}

/** Two names of one object: nothing is to be renamed then. */
function isSame(a: Node, b: Node): boolean {
  if (a === b) return true;
  if (a.type === "directory" || b.type === "directory") {
    return a.type === "directory" && b.type === "directory" && a.isSame(b);
  }
  const [left, right] = [a.stat(), b.stat()];
  return left.device === right.device && left.inode === right.inode;
}
