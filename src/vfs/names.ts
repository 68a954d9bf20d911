import { ErrnoError } from "../errno.js";
import { encodePath, isUtf8 } from "../path-bytes.js";

/** The longest component, in bytes. */
export const maxNameBytes = 255;
/** The longest path or link target, in bytes. */
export const maxPathBytes = 4096;

/** Length in bytes, as far as the limits need it: the exact count is only taken where it could matter. */
function exceeds(text: string, limit: number): boolean {
  if (text.length * 3 <= limit) return false;
  return text.length > limit || encodePath(text).length > limit;
}

/** `ENOENT` for an empty path, `EINVAL` for a NUL, `ENAMETOOLONG` beyond 4,096 bytes. */
export function checkPath(path: string): void {
  if (path === "") throw new ErrnoError("ENOENT", "empty path");
  if (path.includes("\0")) throw new ErrnoError("EINVAL", "NUL in a path");
  if (exceeds(path, maxPathBytes)) throw new ErrnoError("ENAMETOOLONG");
}

/** `ENAMETOOLONG` for a component beyond 255 bytes. */
export function checkNameLength(name: string): void {
  if (exceeds(name, maxNameBytes)) throw new ErrnoError("ENAMETOOLONG");
}

/** `EILSEQ` for names and link targets that are not UTF-8, which nothing in memory has. */
export function checkUtf8(text: string): void {
  if (!isUtf8(text)) throw new ErrnoError("EILSEQ", "not UTF-8");
}

/** Whether `name` can stand in a directory: what `walk.ts` guarantees to volumes. */
export function isValidName(name: unknown): name is string {
  if (typeof name !== "string" || name === "" || name === "." || name === "..") return false;
  return !name.includes("/") && !name.includes("\0") && !exceeds(name, maxNameBytes);
}

/** The components of a path without the empty ones; `.` and `..` are kept. */
export function components(path: string): string[] {
  if (path !== "" && !path.includes("/")) return [path];
  return path.split("/").filter((part) => part !== "");
}
