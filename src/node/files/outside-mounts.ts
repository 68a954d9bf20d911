import type { Mount } from "../../vfs/mount-spec.js";
import { type FilePlace, openPlace } from "./file-place.js";
import type { UntrustedDirectory } from "./held-directory.js";

/**
 * Opens the place of a file of the host's, which must not be where a guest with these mounts can make and change
 * names: it would choose what is read, and where it is written. Throws a `FileRefusedError` or the system's error.
 */
export function openOutside(path: string, mounts: readonly Mount[]): FilePlace {
  const writable = mounts.filter(({ mode }) => mode === "rw");
  return openPlace(
    path,
    writable.map(
      ({ hostPath, guestPath }): UntrustedDirectory => ({
        path: hostPath,
        name: `the read-write mount ${JSON.stringify(`${hostPath}:${guestPath}`)}`,
      }),
    ),
  );
}
