import { statSync } from "node:fs";
import { checkMounts, type Mount, MountError } from "../../vfs/mount-spec.js";
import type { Volume } from "../../vfs/volume.js";
import { createHostVolume } from "./host-volume.js";

/** Fails with a `MountError` of one line if one of the mounts cannot be: it is wrong in itself, or its host path is no directory. */
export function checkHostMounts(mounts: readonly Mount[]): void {
  checkMounts(mounts);
  for (const mount of mounts) checkHostPath(mount);
}

/** Opens the host directory of a mount, to be changed only in the mode `rw`. Fails with a `MountError` of one line. */
export function openHostDirectory(mount: Mount): Volume {
  checkHostPath(mount);
  try {
    return createHostVolume(mount.hostPath, { writable: mount.mode === "rw" });
  } catch (cause) {
    throw new MountError(`mount ${quote(mount.hostPath)}: the host directory cannot be opened`, { cause });
  }
}

function checkHostPath({ hostPath, guestPath }: Mount): void {
  const what = `${hostPath}:${guestPath}`;
  if (hostPath.includes("\0")) throw new MountError(`mount ${quote(what)}: the host path has a NUL in it`);
  let isDirectory: boolean;
  try {
    isDirectory = statSync(hostPath).isDirectory();
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const reason = isMissing ? "does not exist" : "cannot be reached";
    throw new MountError(`mount ${quote(what)}: the host directory ${quote(hostPath)} ${reason}`, { cause });
  }
  if (!isDirectory) throw new MountError(`mount ${quote(what)}: ${quote(hostPath)} is not a directory`);
}

/** On one line, whatever is in it. */
function quote(text: string): string {
  return JSON.stringify(text);
}
