import { ErrnoError } from "../errno.js";

/** The longest component, in bytes of UTF-8. */
export const maxNameBytes = 255;
/** The longest path or link target, in bytes of UTF-8. */
export const maxPathBytes = 4096;

/** Length in UTF-8, as far as the limits need it: the exact count is only taken where it could matter. */
function exceeds(text: string, limit: number): boolean {
  if (text.length * 3 <= limit) return false;
  return text.length > limit || new TextEncoder().encode(text).length > limit;
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
