import { FileRefusedError } from "./held-directory.js";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "its directory does not exist",
  ENOTDIR: "its directory is none",
  EISDIR: "it is a directory",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "it would be larger than a file may be",
  ENAMETOOLONG: "its name is too long",
};

/** What went wrong with a file, as a line; undefined for an error that is not about files. */
export function fileProblem(
  verb: "use" | "read" | "write",
  path: string,
  error: unknown,
): string | undefined {
  const reason = error instanceof FileRefusedError ? error.message : reasonOf(error);
  return reason === undefined ? undefined : `cannot ${verb} ${path}: ${reason}`;
}

function reasonOf(error: unknown): string | undefined {
  // Node's errors have a name of the system in the one field, ours in the other.
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  const name = typeof code === "string" ? code : errno;
  return typeof name === "string" ? (reasons[name] ?? name) : undefined;
}
