import { readFileSync, realpathSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { standardLibraryPath } from "../guest/cpython/library-path.js";
import { homeDirectory } from "../guest/files.js";
import { type Mount, plainGuestPath } from "../vfs/mount-spec.js";
import { decodeProgram } from "./source-text.js";
import { UsageError } from "./usage-error.js";

/** A directory of the host that a program begins in. */
export interface GuestDirectory {
  /** Its path in the guest. */
  readonly directory: string;
  /** The user's mounts and, unless they show it already, the directory, read-only. */
  readonly mounts: readonly Mount[];
}

/** A script on the host and how the guest sees it: its directory is its working directory as well. */
export interface Script extends GuestDirectory {
  readonly code: string;
  readonly guestPath: string;
}

/** Where a script's directory is seen whose own path would hide what every guest has. */
const otherDirectory = "/script";
const ownPaths = ["/tmp", "/dev", homeDirectory, standardLibraryPath];

/** Reads a script, and shows its directory. Throws a `UsageError` if it cannot be read. */
export function findScript(path: string, mounts: readonly Mount[]): Script {
  const code = readScript(path);
  const shown = showDirectory(dirname(resolve(path)), mounts);
  return { ...shown, code, guestPath: `${shown.directory === "/" ? "" : shown.directory}/${basename(path)}` };
}

/**
 * A directory has the same path in the guest as on the host, so that tracebacks name files that the user knows. A mount
 * of the user's at that path, or one that shows the same directory there, is left to serve.
 */
export function showDirectory(hostDirectory: string, mounts: readonly Mount[]): GuestDirectory {
  const samePath = guestPathOf(hostDirectory);
  const directory = ownPaths.some((own) => isAtOrBelow(own, samePath)) ? otherDirectory : samePath;
  return {
    directory,
    mounts: isShown(hostDirectory, directory, mounts)
      ? mounts
      : [...mounts, { hostPath: hostDirectory, guestPath: directory, mode: "ro" }],
  };
}

/** `C:\a` is `/C:/a` in the guest. */
function guestPathOf(hostPath: string): string {
  return plainGuestPath(`/${process.platform === "win32" ? hostPath.replaceAll("\\", "/") : hostPath}`);
}

function isAtOrBelow(path: string, ancestor: string): boolean {
  return path === ancestor || ancestor === "/" || path.startsWith(`${ancestor}/`);
}

function isShown(hostDirectory: string, directory: string, mounts: readonly Mount[]): boolean {
  return mounts.some((mount) => {
    const guestPath = plainGuestPath(mount.guestPath);
    if (guestPath === directory) return true;
    if (!isAtOrBelow(directory, guestPath)) return false;
    const shown = resolve(mount.hostPath, `.${directory.slice(guestPath === "/" ? 0 : guestPath.length)}`);
    return isSameDirectory(shown, hostDirectory);
  });
}

function isSameDirectory(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

function readScript(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: "there is no such file",
      EISDIR: "it is a directory",
      EACCES: "permission denied",
    };
    throw new UsageError(`cannot read ${path}: ${reasons[code ?? ""] ?? code}`);
  }
  return decodeProgram(bytes, path);
}
