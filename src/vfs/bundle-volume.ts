import { ErrnoError } from "../errno.js";
import { readOnly } from "./read-only.js";
import { type Content, RegularFile } from "./regular-file.js";
import type { FileStat, FileType, OpenFile, OpenOptions } from "./types.js";
import type { DirectoryNode, FileNode, ListedEntry, Node, Volume } from "./volume.js";

/** A tree of files packed into one sequence of bytes, which the caller reads as it likes. */
export interface BundleSource {
  /** Paths relative to the volume's root, without `.`, `..` or doubled slashes; directories are implied. */
  readonly entries: Readonly<Record<string, BundleEntry>>;
  /** Fills `buffer` with the pack's bytes from `offset` on and returns how many there were. */
  read(offset: number, buffer: Uint8Array): number;
  /** The time of every file and directory, in nanoseconds since 1970. Default 0. */
  readonly timeNs?: bigint;
}

export interface BundleEntry {
  readonly offset: number;
  readonly size: number;
}

/** A read-only volume over a pack of files. Making one costs nothing; its tree is built on the first look-up. */
export function createBundleVolume(source: BundleSource): Volume {
  const volume: Volume & { root: DirectoryNode } = {
    device: 0n,
    readOnly: true,
    root: undefined as unknown as DirectoryNode,
    space() {
      const entries = Object.values(source.entries);
      const totalBytes = entries.reduce((sum, { size }) => sum + size, 0);
      return { totalBytes, freeBytes: 0, totalNodes: entries.length, freeNodes: 0 };
    },
    close() {},
  };
  let directories: Map<string, Map<string, Entry>> | undefined;
  const root = bundleDirectory(1n, "", undefined, "");
  volume.root = root;
  return volume;

  function entriesOf(path: string): Map<string, Entry> {
    directories ??= indexByDirectory(source.entries);
    return directories.get(path) ?? new Map();
  }

  function stat(type: FileType, inode: bigint, size: number): FileStat {
    const timeNs = source.timeNs ?? 0n;
    return {
      device: volume.device,
      inode,
      type,
      mode: type === "directory" ? 0o555 : 0o444,
      linkCount: type === "directory" ? 2 : 1,
      size,
      storedBytes: size,
      accessTimeNs: timeNs,
      modifyTimeNs: timeNs,
      changeTimeNs: timeNs,
    };
  }

  function bundleFile(inode: bigint, entry: BundleEntry): FileNode {
    const content: Content = {
      stat: () => stat("file", inode, entry.size),
      size: () => entry.size,
      readAt(buffer, offset) {
        const count = Math.min(buffer.length, entry.size - offset);
        return count <= 0 ? 0 : source.read(entry.offset + offset, buffer.subarray(0, count));
      },
      sync() {},
      close() {},
      ...readOnly,
    };
    return {
      type: "file",
      volume,
      stat: content.stat,
      open(options: OpenOptions): OpenFile {
        if (options.write || options.append || options.truncate) throw new ErrnoError("EROFS");
        return new RegularFile(content, options);
      },
      ...readOnly,
    };
  }

  function bundleDirectory(
    inode: bigint,
    path: string,
    parent: DirectoryNode | undefined,
    name: string,
  ): DirectoryNode {
    const nodes = new Map<string, Node>();
    const directory: DirectoryNode = {
      type: "directory",
      volume,
      parent,
      name,
      removed: false,
      isSame: (other) => other === directory,
      stat: () => stat("directory", inode, 0),
      lookup(child) {
        let node = nodes.get(child);
        if (node !== undefined) return node;
        const entry = entriesOf(path).get(child);
        if (entry === undefined) return undefined;
        node =
          entry.file === undefined
            ? bundleDirectory(entry.inode, join(path, child), directory, child)
            : bundleFile(entry.inode, entry.file);
        nodes.set(child, node);
        return node;
      },
      *list(): Generator<ListedEntry, void> {
        for (const [child, { inode, file }] of entriesOf(path)) {
          yield { name: child, inode, type: file === undefined ? "directory" : "file" };
        }
      },
      retain() {},
      release() {},
      ...readOnly,
    };
    return directory;
  }
}

interface Entry {
  readonly inode: bigint;
  /** Absent for a directory. */
  readonly file: BundleEntry | undefined;
}

function indexByDirectory(entries: BundleSource["entries"]): Map<string, Map<string, Entry>> {
  const directories = new Map<string, Map<string, Entry>>([["", new Map()]]);
  let inode = 1n;
  const contentsOf = (path: string): Map<string, Entry> => {
    let contents = directories.get(path);
    if (contents === undefined) {
      contents = new Map();
      directories.set(path, contents);
      const slash = path.lastIndexOf("/");
      contentsOf(path.slice(0, Math.max(0, slash))).set(path.slice(slash + 1), {
        inode: ++inode,
        file: undefined,
      });
    }
    return contents;
  };
  for (const path of Object.keys(entries)) {
    const slash = path.lastIndexOf("/");
    const contents = contentsOf(path.slice(0, Math.max(0, slash)));
    contents.set(path.slice(slash + 1), { inode: ++inode, file: entries[path] });
  }
  return directories;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}
