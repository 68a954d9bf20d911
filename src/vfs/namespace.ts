import { ErrnoError } from "../errno.js";
import { createBundleVolume } from "./bundle-volume.js";
import { components, isValidName } from "./names.js";
import type { DirectoryNode, ListedEntry, Node, Volume } from "./volume.js";
import type { Tree } from "./walk.js";

export interface MountedVolume {
  /** An absolute guest path without `.` and `..`. */
  readonly path: string;
  readonly volume: Volume;
}

/** A directory on the way to a mounted volume. All of them are visible, whatever the volume below them holds. */
interface MountPoint {
  readonly parent: MountPoint | undefined;
  readonly name: string;
  readonly children: Map<string, MountPoint>;
  /** The volume mounted here. */
  volume: Volume | undefined;
  /** Stands in where the volume below has no directory of that name. */
  placeholder: Volume | undefined;
}

export interface Namespace extends Tree {
  readonly volumes: readonly Volume[];
  list(directory: DirectoryNode): Iterator<ListedEntry>;
  /** Whether the entry is a mount point or lies on the way to one, and so cannot be moved or removed. */
  isBusy(directory: DirectoryNode, name: string): boolean;
  /** The absolute path. `ENOENT` if the directory, or one above it, is removed. */
  pathOf(directory: DirectoryNode): string;
}

export function createNamespace(root: Volume, mounts: readonly MountedVolume[]): Namespace {
  const top = mountPoint(undefined, "");
  top.volume = root;
  const points = new WeakMap<DirectoryNode, MountPoint>([[root.root, top]]);
  const volumes = [root];

  for (const { path, volume } of mounts) {
    const names = components(path);
    if (!path.startsWith("/") || names.length === 0 || !names.every(isValidName)) {
      throw new ErrnoError("EINVAL", `not a mount point: ${path}`);
    }
    let point = top;
    for (const name of names) {
      let next = point.children.get(name);
      if (next === undefined) {
        next = mountPoint(point, name);
        point.children.set(name, next);
      }
      point = next;
    }
    if (point.volume !== undefined) throw new ErrnoError("EBUSY", `mounted twice: ${path}`);
    point.volume = volume;
    points.set(volume.root, point);
    volumes.push(volume);
  }
  for (const [index, volume] of volumes.entries()) volume.device = BigInt(index + 1);

  function enter(point: MountPoint, below: DirectoryNode): DirectoryNode {
    if (point.volume !== undefined) return point.volume.root;
    const node = below.lookup(point.name);
    if (node?.type === "directory") {
      points.set(node, point);
      return node;
    }
    if (point.placeholder === undefined) {
      point.placeholder = createBundleVolume({ entries: {}, read: () => 0 });
      point.placeholder.device = BigInt(volumes.length + 1);
      volumes.push(point.placeholder);
      points.set(point.placeholder.root, point);
    }
    return point.placeholder.root;
  }

  function resolve(point: MountPoint): DirectoryNode {
    return point.parent === undefined ? root.root : enter(point, resolve(point.parent));
  }

  /** The mount point, if the directory is the root of a volume (and not an ordinary directory on the way). */
  function pointOfRoot(directory: DirectoryNode): MountPoint | undefined {
    return directory.parent === undefined ? points.get(directory) : undefined;
  }

  function child(directory: DirectoryNode, name: string): Node | undefined {
    if (mounts.length === 0) return directory.lookup(name);
    const point = points.get(directory)?.children.get(name);
    return point === undefined ? directory.lookup(name) : enter(point, directory);
  }

  function parent(directory: DirectoryNode): DirectoryNode {
    if (directory.parent !== undefined) return directory.parent;
    const above = points.get(directory)?.parent;
    return above === undefined ? root.root : resolve(above);
  }

  function* list(directory: DirectoryNode): Generator<ListedEntry, void> {
    const children = points.get(directory)?.children;
    const own = directory.list();
    try {
      for (let next = own.next(); !next.done; next = own.next()) {
        if (children?.has(next.value.name) !== true) yield next.value;
      }
    } finally {
      own.return?.();
    }
    for (const point of children?.values() ?? []) {
      yield { name: point.name, type: "directory", inode: enter(point, directory).stat().inode };
    }
  }

  function pathOf(directory: DirectoryNode): string {
    const names: string[] = [];
    for (let node = directory; ; node = parent(node)) {
      if (node.removed) throw new ErrnoError("ENOENT", "the directory is removed");
      const point = pointOfRoot(node);
      if (point === top) break;
      names.push(point?.name ?? node.name);
    }
    return `/${names.reverse().join("/")}`;
  }

  return {
    root: root.root,
    volumes,
    child,
    parent,
    list,
    isBusy: (directory, name) => points.get(directory)?.children.has(name) === true,
    pathOf,
  };
}

function mountPoint(parent: MountPoint | undefined, name: string): MountPoint {
  return { parent, name, children: new Map(), volume: undefined, placeholder: undefined };
}
