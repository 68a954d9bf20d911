import { ErrnoError } from "../errno.js";

function refuse(): never {
  throw new ErrnoError("EROFS");
}

/** Every way to change a node of a read-only volume, or its contents: refused. */
export const readOnly = {
  setTimes: refuse,
  setMode: refuse,
  truncate: refuse,
  writeAt: refuse,
  append: refuse,
  allocate: refuse,
  createFile: refuse,
  makeDirectory: refuse,
  symlink: refuse,
  link: refuse,
  unlink: refuse,
  removeDirectory: refuse,
  rename: refuse,
};
