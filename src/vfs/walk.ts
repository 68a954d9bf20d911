import { ErrnoError, noEntry } from "../errno.js";
import { checkNameLength, checkPath, components } from "./names.js";
import type { DirectoryNode, Node } from "./volume.js";

/** As Linux: the 41st symbolic link on one way is taken for a loop. */
const maxLinks = 40;

/** What the walk needs to know about the name space. */
export interface Tree {
  readonly root: DirectoryNode;
  /** The entry as the guest sees it, mount points included. */
  child(directory: DirectoryNode, name: string): Node | undefined;
  /** The directory above; the root is above itself. */
  parent(directory: DirectoryNode): DirectoryNode;
}

/**
 * What to do with a symbolic link in the last component. `follow`: as `stat`. `keep`: as `lstat`, where a slash
 * behind the link still follows it. `entry`: never, for calls that make, move or remove the entry itself. `create`:
 * as `follow`, for opening what may have to be made: a name with a slash behind it is `EISDIR`, whatever is there.
 */
export type FinalLink = "follow" | "keep" | "entry" | "create";

/** Where a path leads: an entry of a directory, which need not exist. */
export interface Place {
  readonly directory: DirectoryNode;
  /** Empty unless `last` is `name`. */
  readonly name: string;
  readonly node: Node | undefined;
  /** What the path ended in. For all but `name`, `node` is `directory`. */
  readonly last: "name" | "." | ".." | "/";
  /** A slash stood behind the last component. */
  readonly trailingSlash: boolean;
}

/**
 * Resolves a path: the one place where links, `..` and the `beneath` rule are understood. With `beneath` the depth
 * below `base` is counted, so that the rule does not hang on two handles of one directory being recognised.
 */
export function locate(
  tree: Tree,
  path: string,
  final: FinalLink,
  base: DirectoryNode | undefined,
  beneath: boolean,
): Place {
  checkPath(path);
  let directory = base ?? tree.root;
  let depth = 0;
  let links = 0;
  let last: Place["last"] = ".";
  let trailingSlash = path.endsWith("/");
  const enter = (text: string) => {
    if (!text.startsWith("/")) return;
    if (beneath) throw new ErrnoError("EPERM", "an absolute path leaves the directory");
    directory = tree.root;
    last = "/";
  };
  enter(path);
  const pending = components(path).reverse();
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === ".") {
      last = ".";
      continue;
    }
    if (name === "..") {
      if (beneath && depth-- === 0) throw new ErrnoError("EPERM", "the path leaves the directory");
      directory = tree.parent(directory);
      last = "..";
      continue;
    }
    checkNameLength(name);
    const isLast = pending.length === 0;
    if (isLast && trailingSlash && final === "create") throw new ErrnoError("EISDIR");
    const node = tree.child(directory, name);
    if (node?.type === "symlink" && (!isLast || follows(final, trailingSlash))) {
      if (++links > maxLinks) throw new ErrnoError("ELOOP");
      const target = node.readTarget();
      checkPath(target);
      last = ".";
      enter(target);
      if (isLast && target.endsWith("/")) trailingSlash = true;
      pending.push(...components(target).reverse());
      continue;
    }
    if (isLast) return { directory, name, node, last: "name", trailingSlash };
    if (node === undefined) throw noEntry;
    if (node.type !== "directory") throw new ErrnoError("ENOTDIR");
    directory = node;
    depth++;
  }
  return { directory, name: "", node: directory, last, trailingSlash };
}

/** Whether a link in the last component is followed. */
function follows(final: FinalLink, trailingSlash: boolean): boolean {
  return final === "follow" || final === "create" || (final === "keep" && trailingSlash);
}
