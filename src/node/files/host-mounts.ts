import { statSync } from "node:fs";
import { checkMounts, type Mount, MountError } from "../../vfs/mount-spec.js";
import type { Volume } from "../../vfs/volume.js";
import { createGuestDescriptors } from "./guest-descriptors.js";
import { FileRefusedError, leave, openDirectory, type UntrustedDirectory } from "./held-directory.js";
import { createHostVolume, type HostVolumeOptions } from "./host-volume.js";

/**
 * Fails with a `MountError` of one line if one of the mounts cannot be: it is wrong in itself, its host path is no
 * directory, or it is for a guest to say where that leads.
 */
export function checkHostMounts(mounts: readonly Mount[]): void {
  checkMounts(mounts);
  for (const mount of mounts) checkHostPath(mount);
  const changeable = changeableBy(mounts);
  if (changeable.length === 0) return;
  for (const mount of mounts) withHostPath(mount, changeable, () => undefined);
}

/**
 * Opens the host directories of a guest's mounts, in their order, to be changed only in the mode `rw`. Links in a host
 * path are followed; but none that lies in a directory which another mount lets the guest change, since the guest, or
 * one before it, could have made it. Fails with a `MountError` of one line, and holds nothing open then.
 */
export function openHostDirectories(mounts: readonly Mount[]): readonly Volume[] {
  for (const mount of mounts) checkHostPath(mount);
  const changeable = changeableBy(mounts);
  const descriptors = createGuestDescriptors();
  const volumes: Volume[] = [];
  try {
    for (const mount of mounts) {
      const options = { writable: mount.mode === "rw", descriptors };
      volumes.push(withHostPath(mount, changeable, (path) => openVolume(mount, path, options)));
    }
    return volumes;
  } catch (error) {
    for (const volume of volumes) volume.close();
    throw error;
  }
}

function openVolume({ hostPath }: Mount, path: string, options: HostVolumeOptions): Volume {
  try {
    return createHostVolume(path, options);
  } catch (cause) {
    throw new MountError(`mount ${quote(hostPath)}: the host directory cannot be opened`, { cause });
  }
}

function changeableBy(mounts: readonly Mount[]): UntrustedDirectory[] {
  return mounts
    .filter(({ mode }) => mode === "rw")
    .map((mount) => ({ path: mount.hostPath, name: `the read-write mount ${quote(shown(mount))}` }));
}

/** Does something with a path of a mount's host directory, which is held meanwhile if guests can change directories. */
function withHostPath<Result>(
  mount: Mount,
  changeable: readonly UntrustedDirectory[],
  act: (path: string) => Result,
): Result {
  if (changeable.length === 0) return act(mount.hostPath);
  const directory = walkTo(mount, changeable);
  try {
    return act(directory.path);
  } finally {
    leave([directory]);
  }
}

function walkTo(mount: Mount, changeable: readonly UntrustedDirectory[]) {
  try {
    return openDirectory(mount.hostPath, { untrusted: changeable, mayLieThere: true });
  } catch (cause) {
    const reason =
      cause instanceof FileRefusedError
        ? `${cause.message}: give the path that it should lead to`
        : "the host directory cannot be opened";
    throw new MountError(`mount ${quote(shown(mount))}: ${reason}`, { cause });
  }
}

function checkHostPath(mount: Mount): void {
  const { hostPath } = mount;
  const what = quote(shown(mount));
  if (hostPath.includes("\0")) throw new MountError(`mount ${what}: the host path has a NUL in it`);
  let isDirectory: boolean;
  try {
    isDirectory = statSync(hostPath).isDirectory();
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const reason = isMissing ? "does not exist" : "cannot be reached";
    throw new MountError(`mount ${what}: the host directory ${quote(hostPath)} ${reason}`, { cause });
  }
  if (!isDirectory) throw new MountError(`mount ${what}: ${quote(hostPath)} is not a directory`);
}

function shown({ hostPath, guestPath }: Mount): string {
  return `${hostPath}:${guestPath}`;
}

/** On one line, whatever is in it. */
function quote(text: string): string {
  return JSON.stringify(text);
}
